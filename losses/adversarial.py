"""Adversarial losses, each three pure functions of logits: the discriminator's on real and on generated
images, and the generator's. Any objective is then a weighted sum of these.

Logits are cast to float32 first: a layer behind a float32 one may cast back under a mixed precision policy.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


class AdversarialLoss(NamedTuple):
    """What each side pays, as the mean over a replica's logits (any shape) in a float32 scalar.

    Attributes:
        real: (logits, target) -> what the discriminator pays on real images. `target` below 1 is one-sided label
            smoothing (Salimans et al. 2016, section 3.4), for the losses with targets; the others ignore it.
        fake: logits -> what the discriminator pays on generated (or mismatched) images.
        generator: logits of generated images -> what the generator pays.
        score: logits -> how real they say the images are, in a float32 scalar to look at: the mean probability, or the
            mean of what is no logit of a probability.
    """

    real: Callable[..., tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]
    score: Callable[[tf.Tensor], tf.Tensor]


def cross_entropy(logits: tf.Tensor, target: float) -> tf.Tensor:
    """Mean binary cross-entropy of sigmoid(logits) against one target in [0, 1], computed from the logits."""
    logits = tf.cast(logits, tf.float32)
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(tf.shape(logits), float(target)), logits=logits)
    )


def squared_error(logits: tf.Tensor, target: float) -> tf.Tensor:
    """The mean squared distance of the logits from one target."""
    return tf.reduce_mean(tf.square(tf.cast(logits, tf.float32) - target))


def mean(logits: tf.Tensor) -> tf.Tensor:
    """The mean of the logits, in float32."""
    return tf.reduce_mean(tf.cast(logits, tf.float32))


def hinge(logits: tf.Tensor) -> tf.Tensor:
    """The mean of max(0, 1 - logits)."""
    return tf.reduce_mean(tf.nn.relu(1.0 - tf.cast(logits, tf.float32)))


# Goodfellow et al. 2014, equation 1: both players have one value, which one maximizes and the other minimizes.
MINIMAX = AdversarialLoss(
    real=lambda logits, target=1.0: cross_entropy(logits, target),
    fake=lambda logits: cross_entropy(logits, 0.0),
    generator=lambda logits: -cross_entropy(logits, 0.0),
    score=lambda logits: mean(tf.sigmoid(tf.cast(logits, tf.float32))),
)
# Goodfellow et al. 2014, section 3: the generator maximizes log D(G(z)) instead of minimizing log(1 - D(G(z))).
NON_SATURATING = AdversarialLoss(
    real=lambda logits, target=1.0: cross_entropy(logits, target),
    fake=lambda logits: cross_entropy(logits, 0.0),
    generator=lambda logits: cross_entropy(logits, 1.0),
    score=lambda logits: mean(tf.sigmoid(tf.cast(logits, tf.float32))),
)
# Mao et al. 2017, equation 9: a = 0, b = c = 1; without their halves, as in Zhu et al. 2017, section 4.
LEAST_SQUARES = AdversarialLoss(
    real=lambda logits, target=1.0: squared_error(logits, target),
    fake=lambda logits: squared_error(logits, 0.0),
    generator=lambda logits: squared_error(logits, 1.0),
    score=mean,
)
# Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17.
HINGE = AdversarialLoss(
    real=lambda logits, target=1.0: hinge(logits),
    fake=lambda logits: hinge(-logits),
    generator=lambda logits: -mean(logits),
    score=mean,
)
# Arjovsky et al. 2017: the critic's estimate of the Wasserstein-1 distance, negated.
WASSERSTEIN = AdversarialLoss(
    real=lambda logits, target=1.0: -mean(logits),
    fake=lambda logits: mean(logits),
    generator=lambda logits: -mean(logits),
    score=mean,
)

ADVERSARIAL = {
    "minimax": MINIMAX,
    "non_saturating": NON_SATURATING,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "wasserstein": WASSERSTEIN,
}
