"""A training step computed a second time, from the papers' formulas: plain losses, plain tapes, plain gradient descent.

The networks are black boxes. A model is trained with gradient descent without momentum, so that the change of a
weight is its gradient times the rate, and a test walks the same way from the same weights (`Step`). What the model drew
(latents, dropout's seeds, the weights of interpolated images) is read from what its networks were given.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from models.core.preset import import_name
from models.generation.class_configs import ATTRIBUTES
from models.registry import PRESETS
from tests.worlds import tiny

RATE = 0.05
# Gradient descent at one rate; a configuration takes the fields that it has.
PLAIN = {
    "optimizer": "sgd",
    "learning_rate": RATE,
    "discriminator_learning_rate": 0.0,
    "beta_1": 0.0,
    "final_momentum": 0.0,
    "learning_rate_decay": 1.0,
    "learning_rate_halving_epochs": 0,
    "weight_clip": 0.0,
}
DATA = {"image_size": 8, "channels": 1, "classes": 3, "dimensions": 2, "text_dim": 3, "value_counts": (3, 2)}


def plain(name: str, **changes) -> keras.Model:
    """A preset's model at the smallest size, trained by gradient descent, with outputs of the order of 1."""
    fields = {field.name for field in dataclasses.fields(PRESETS[name].config)}
    own = {field: value for field, value in (PLAIN | DATA).items() if field in fields}
    model = import_name(PRESETS[name].model)(tiny(name, **(own | changes)))
    model.compile()
    for seed, variable in enumerate(model.trainable_variables):
        inputs = max(np.prod(variable.shape[:-1]), 1)
        drawn = np.random.default_rng(seed).normal(size=variable.shape, scale=inputs**-0.5 if inputs > 1 else 0.2)
        variable.assign(drawn + (variable.path.endswith("gamma")))
    return model


def images(seed: int, count: int = 4, side: int = 8, channels: int = 3) -> tf.Tensor:
    """(count, side, side, channels) noise in [-1, 1]."""
    return tf.constant(np.random.default_rng(seed).uniform(-1, 1, (count, side, side, channels)), tf.float32)


@contextlib.contextmanager
def recorded(network: keras.Model) -> Iterator[list[dict]]:
    """What a network is given while the context is open, a dict of arrays for each call, in order."""
    given, call = [], network.call

    def recording(inputs, *arguments, **options):
        given.append({name: np.array(value) for name, value in inputs.items()})
        return call(inputs, *arguments, **options)

    object.__setattr__(network, "call", recording)
    yield given
    object.__delattr__(network, "call")


def networks_of(model: keras.Model) -> dict[str, keras.Model]:
    """All that learn, by attribute, whatever the players are said to be; the generators last."""
    found = {
        name: network
        for name, network in vars(model).items()
        if isinstance(network, keras.Model) and network.trainable_variables
    }
    return dict(sorted(found.items(), key=lambda item: item[0].endswith("generator")))


class Step:
    """A training step of a model, which is then put back to where it started, so that the step can be repeated by hand.

    Attributes:
        logs: name to number, what the step logged.
        given: network, by its attribute, to what it was given, call by call.
        end: all weights after the step, for `set_weights`.
    """

    def __init__(self, model: keras.Model, batch: dict):
        self.model, self.start = model, [value.copy() for value in model.get_weights()]
        model.reset_metrics()
        with contextlib.ExitStack() as stack:
            networks = networks_of(model).items()
            self.given = {name: stack.enter_context(recorded(network)) for name, network in networks}
            self.logs = {name: float(value) for name, value in model.train_step(batch).items()}
        self.after, self.end = self.weights(), [value.copy() for value in model.get_weights()]
        model.set_weights(self.start)
        self.before = self.weights()

    def weights(self) -> list[list[np.ndarray]]:
        networks = networks_of(self.model).values()
        return [[variable.numpy() for variable in network.trainable_variables] for network in networks]

    def assert_repeated(self, **logs):
        """What the step logged are these numbers, and the networks have moved by hand as they did in the step."""
        # The generator's last: it depends on what the others have become.
        for name, value in sorted(logs.items(), key=lambda item: item[0] == "generator_loss"):
            np.testing.assert_allclose(self.logs[name], float(value), rtol=1e-4, atol=1e-6, err_msg=name)
        moves = zip(networks_of(self.model).items(), self.before, self.after, self.weights(), strict=True)
        # The discriminators first: a generator that moves otherwise only because of them is not named.
        for (name, network), before, after, by_hand in moves:
            expected = [new - old for old, new in zip(before, by_hand, strict=True)]
            largest = max(np.abs(move).max() for move in expected)
            assert largest > 1e-5, f"{name} has not moved"
            for old, new, move, variable in zip(before, after, expected, network.trainable_variables, strict=True):
                np.testing.assert_allclose(
                    new - old, move, rtol=5e-3, atol=1e-3 * largest, err_msg=f"{name}: {variable.path}"
                )


def descend(loss: tf.Tensor, tape: tf.GradientTape, *networks: keras.Model, rate: float = RATE):
    """One step of gradient descent."""
    variables = [variable for network in networks for variable in network.trainable_variables]
    for variable, gradient in zip(variables, tape.gradient(loss, [each.value for each in variables]), strict=True):
        if gradient is not None:
            variable.assign(variable - rate * gradient)


# The losses.


def entropy(logits: tf.Tensor, target: float) -> tf.Tensor:
    """Mean of -t log D - (1 - t) log(1 - D), with D = sigmoid(logit)."""
    return -tf.reduce_mean(target * tf.math.log_sigmoid(logits) + (1 - target) * tf.math.log_sigmoid(-logits))


def square(logits: tf.Tensor, target: float) -> tf.Tensor:
    return tf.reduce_mean((logits - target) ** 2)


def l1(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(one - other))


def class_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean of -log softmax(logits)[label]."""
    return -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), labels, batch_dims=1))


def probability(logits: tf.Tensor) -> tf.Tensor:
    """The mean probability of "real"."""
    return tf.reduce_mean(1 / (1 + tf.exp(-logits)))


class Objective(NamedTuple):
    """The discriminator's loss of real and generated logits, and the generator's of generated and real ones."""

    discriminator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    score: Callable[[tf.Tensor], tf.Tensor] = tf.reduce_mean


def hinge(margin: float) -> Objective:
    return Objective(
        lambda real, fake: tf.reduce_mean(tf.maximum(margin - real, 0)) + tf.reduce_mean(tf.maximum(margin + fake, 0)),
        lambda fake, real: -tf.reduce_mean(fake),
    )


def smoothed(target: float) -> Objective:
    return Objective(
        lambda real, fake: entropy(real, target) + entropy(fake, 0), lambda fake, real: entropy(fake, 1), probability
    )


OBJECTIVES = {
    "minimax": smoothed(1.0)._replace(generator=lambda fake, real: tf.reduce_mean(tf.math.log_sigmoid(-fake))),
    "non_saturating": smoothed(1.0),
    "least_squares": Objective(
        lambda real, fake: square(real, 1) + square(fake, 0), lambda fake, real: square(fake, 1)
    ),
    "hinge": hinge(1.0),
    "boundary_seeking": smoothed(1.0)._replace(generator=lambda fake, real: tf.reduce_mean(fake**2) / 2),
    "wasserstein": Objective(
        lambda real, fake: tf.reduce_mean(fake) - tf.reduce_mean(real), lambda fake, real: -tf.reduce_mean(fake)
    ),
    "relativistic": Objective(
        lambda real, fake: -tf.reduce_mean(tf.math.log_sigmoid(real - fake)),
        lambda fake, real: -tf.reduce_mean(tf.math.log_sigmoid(fake - real)),
    ),
    "relativistic_average": Objective(
        lambda real, fake: entropy(real - tf.reduce_mean(fake), 1) + entropy(fake - tf.reduce_mean(real), 0),
        lambda fake, real: entropy(fake - tf.reduce_mean(real), 1) + entropy(real - tf.reduce_mean(fake), 0),
    ),
}


def penalty(kind: str, score: Callable, real: tf.Tensor, fake: tf.Tensor, scored: np.ndarray) -> tf.Tensor:
    """A penalty on the gradient, unweighted.

    Args:
        kind: as `penalty` accepts.
        score: images to logits.
        real: real images.
        fake: generated images.
        scored: the images at which the model took the gradient.
    """
    if kind in ("gradient", "one_sided_gradient"):
        difference = (real - fake).numpy().reshape(len(real), -1)
        share = ((scored - fake).numpy().reshape(len(real), -1) * difference).sum(1) / (difference**2).sum(1)
        # Between each real image and its generated one, another place for each.
        assert (share > 0).all()
        assert (share < 1).all()
        assert len(np.unique(share.round(4))) == len(share)
        share = share.reshape(-1, *[1] * (len(scored.shape) - 1))
        point = tf.constant(share * real + (1 - share) * fake)
    else:
        point = {"r1": real, "r2": fake}[kind]
    np.testing.assert_allclose(scored, point, atol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(point)
        total = tf.reduce_sum(score(point))
    squares = tf.reduce_sum(tape.gradient(total, point) ** 2, axis=list(range(1, len(point.shape))))
    if kind in ("r1", "r2"):
        return tf.reduce_mean(squares) / 2
    excess = tf.sqrt(squares) - 1
    return tf.reduce_mean((excess if kind == "gradient" else tf.maximum(excess, 0)) ** 2)


def batch_of(model: keras.Model, seed: int = 0) -> dict[str, tf.Tensor]:
    """A batch of noise for any adversarial model: whatever its `train_step` may ask for."""
    config, rng = model.config, np.random.default_rng(seed + 100)
    count, side = config.batch_size, config.image_size
    if hasattr(config, "discriminator_steps"):
        shape = (2,) if hasattr(config, "dimensions") else (side, side, config.channels)
        turns = (count, config.discriminator_steps)
        return {
            "real": tf.constant(rng.uniform(-1, 1, (*turns, *shape)), tf.float32),
            "label": tf.constant(rng.integers(0, 3, turns), tf.int32),
            "attributes": tf.constant(rng.uniform(-1, 1, (*turns, len(ATTRIBUTES))), tf.float32),
        }
    names = ("image", "wrong_image", "input", "target", "unassociated", "a", "b")
    batch = {name: images(10 * seed + place, count, side) for place, name in enumerate(names)}
    return batch | {"text": tf.constant(rng.normal(size=(count, 3)), tf.float32)}


def moved(image: tf.Tensor, shift: tuple[int, int]) -> tf.Tensor:
    """(h, w, c), moved down and to the right by whole pixels, padded with 0."""
    (down, right), (height, width) = shift, image.shape[:2]
    padded = tf.pad(image, [[height, height], [width, width], [0, 0]])
    return padded[height - down : 2 * height - down, width - right : 2 * width - right]


def shift_of(image: tf.Tensor, seen: np.ndarray) -> tuple[int, int]:
    """By how far `seen` is the image moved, an eighth of the side at most (Zhao et al. 2020, DiffAugment-pytorch)."""
    most = image.shape[0] // 8
    shifts = [(down, right) for down in range(-most, most + 1) for right in range(-most, most + 1)]
    (found,) = [shift for shift in shifts if np.allclose(moved(image, shift), seen, atol=1e-5)]
    return found
