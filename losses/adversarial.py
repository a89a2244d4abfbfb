"""Adversarial losses: pure functions of a discriminator's logits, by name and with their parameters.

Most are separable: a function of the logits of real images, another of those of generated images, a third for the
generator, of which any objective is a weighted sum. Others are paired: functions of real and generated logits together.

Logits are cast to float32 first: a layer behind a float32 one may cast back under a mixed precision policy.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

Loss = Callable[[tf.Tensor], tf.Tensor]


class AdversarialLoss(NamedTuple):
    """A separable loss. All are means over a replica's logits (of any shape), float32 scalars.

    Attributes:
        real: logits of real images -> the discriminator's loss on them.
        fake: logits of generated (or mismatched) images -> the discriminator's loss on them.
        generator: logits of generated images -> the generator's loss; as a second argument it takes the real images'
            logits, so that it can be called as that of a paired loss, and ignores them.
        score: logits -> a number to watch: the mean probability of "real", or the mean logit where no probability is
            modeled.
    """

    real: Loss
    fake: Loss
    generator: Callable[..., tf.Tensor]
    score: Loss

    is_paired = False

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The discriminator's loss on real and on generated images."""
        return self.real(real_logits) + self.fake(fake_logits)


class PairedLoss(NamedTuple):
    """A loss of real and generated logits together, both of one shape; float32 scalars.

    Attributes:
        discriminator: (real_logits, fake_logits) -> the discriminator's loss.
        generator: (fake_logits, real_logits) -> the generator's loss.
        score: logits -> a number to watch, as of `AdversarialLoss`.
    """

    discriminator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    score: Loss

    is_paired = True


def cross_entropy(logits: tf.Tensor, target: float) -> tf.Tensor:
    """Mean binary cross-entropy of sigmoid(logits) against one target in [0, 1], computed from the logits."""
    logits = tf.cast(logits, tf.float32)
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(tf.shape(logits), float(target)), logits=logits)
    )


def squared_error(logits: tf.Tensor, target: float) -> tf.Tensor:
    """The mean squared error of the logits against one target."""
    return tf.reduce_mean(tf.square(tf.cast(logits, tf.float32) - target))


def mean(logits: tf.Tensor) -> tf.Tensor:
    """The mean of the logits, in float32."""
    return tf.reduce_mean(tf.cast(logits, tf.float32))


def mean_probability(logits: tf.Tensor) -> tf.Tensor:
    """The mean of sigmoid(logits), in float32."""
    return mean(tf.sigmoid(tf.cast(logits, tf.float32)))


def mean_hinge(logits: tf.Tensor, margin: float) -> tf.Tensor:
    """The mean of max(0, margin - logits)."""
    return tf.reduce_mean(tf.nn.relu(margin - tf.cast(logits, tf.float32)))


def minimax(label_smoothing: float = 0.0) -> AdversarialLoss:
    """Goodfellow et al. 2014, equation 1: one value function, maximized by one player and minimized by the other.

    Args:
        label_smoothing: subtracted from the target of real images only (Salimans et al. 2016, section 3.4).
    """
    return non_saturating(label_smoothing)._replace(generator=lambda fake, real=None: -cross_entropy(fake, 0.0))


def non_saturating(label_smoothing: float = 0.0) -> AdversarialLoss:
    """Goodfellow et al. 2014, section 3: the generator maximizes log D(G(z)), not minimizes log(1 - D(G(z))).

    Args:
        label_smoothing: subtracted from the target of real images only (Salimans et al. 2016, section 3.4).
    """
    return AdversarialLoss(
        real=lambda logits: cross_entropy(logits, 1.0 - label_smoothing),
        fake=lambda logits: cross_entropy(logits, 0.0),
        generator=lambda fake, real=None: cross_entropy(fake, 1.0),
        score=mean_probability,
    )


def least_squares(label_smoothing: float = 0.0) -> AdversarialLoss:
    """Mao et al. 2017, equation 9, with a = 0 and b = c = 1; without the halves, as in Zhu et al. 2017, section 4.

    Args:
        label_smoothing: subtracted from the target of real images only.
    """
    return AdversarialLoss(
        real=lambda logits: squared_error(logits, 1.0 - label_smoothing),
        fake=lambda logits: squared_error(logits, 0.0),
        generator=lambda fake, real=None: squared_error(fake, 1.0),
        score=mean,
    )


def hinge(margin: float = 1.0) -> AdversarialLoss:
    """Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17.

    Args:
        margin: the discriminator's loss is 0 for real logits above it and for generated logits below its negative.
    """
    return AdversarialLoss(
        real=lambda logits: mean_hinge(logits, margin),
        fake=lambda logits: mean_hinge(-logits, margin),
        generator=lambda fake, real=None: -mean(fake),
        score=mean,
    )


def boundary_seeking() -> AdversarialLoss:
    """Hjelm et al. 2018, for continuous images: the generator seeks the boundary, where D(G(z)) = 1/2.

    Its loss is (log D - log(1 - D))^2 / 2, half the squared logit; the discriminator's that of Goodfellow et al. 2014.
    """
    return non_saturating()._replace(generator=lambda fake, real=None: squared_error(fake, 0.0) / 2.0)


def energy(margin: float = 1.0) -> AdversarialLoss:
    """Zhao et al. 2017, equations 1 and 2, of energies, which are not negative: the lower, the more real.

    Args:
        margin: above it the energy of generated images is high enough; in the units of the energy.
    """
    return AdversarialLoss(
        real=mean,
        fake=lambda energies: mean_hinge(energies, margin),
        generator=lambda fake, real=None: mean(fake),
        score=mean,
    )


def wasserstein() -> AdversarialLoss:
    """Arjovsky et al. 2017: the critic's estimate of the Wasserstein-1 distance, negated."""
    return AdversarialLoss(
        real=lambda logits: -mean(logits),
        fake=mean,
        generator=lambda fake, real=None: -mean(fake),
        score=mean,
    )


def relativistic() -> PairedLoss:
    """Jolicoeur-Martineau 2019, section 4.1: which image of each pair is real, from the difference of their logits."""

    def loss(higher: tf.Tensor, lower: tf.Tensor) -> tf.Tensor:
        return cross_entropy(tf.cast(higher, tf.float32) - tf.cast(lower, tf.float32), 1.0)

    return PairedLoss(discriminator=loss, generator=loss, score=mean)


def relativistic_average() -> PairedLoss:
    """Jolicoeur-Martineau 2019, section 4.3: each image against the other kind's mean logit over this replica."""

    def loss(higher: tf.Tensor, lower: tf.Tensor) -> tf.Tensor:
        higher, lower = tf.cast(higher, tf.float32), tf.cast(lower, tf.float32)
        return cross_entropy(higher - mean(lower), 1.0) + cross_entropy(lower - mean(higher), 0.0)

    return PairedLoss(discriminator=loss, generator=loss, score=mean)


# Name to a function from the loss's own parameters to the loss. `models.core.adversarial_config` has the same names
# without TensorFlow, and the parameters as settings.
ADVERSARIAL: dict[str, Callable[..., AdversarialLoss | PairedLoss]] = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "boundary_seeking": boundary_seeking,
    "energy": energy,
    "wasserstein": wasserstein,
    "relativistic": relativistic,
    "relativistic_average": relativistic_average,
}
