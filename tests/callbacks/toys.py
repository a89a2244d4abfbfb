"""A model that trains in milliseconds, on batches that a seed decides: all that callbacks need to see."""

import keras
import numpy as np
import tensorflow as tf

from callbacks.callback_list import StepCallbacks
from models.core.config import TrainingConfig
from models.core.trained import TrainedModel

BATCH, STEPS = 4, 40


class Line(TrainedModel):
    """Fits a line by least squares; logs its loss and its mean input.

    Batches are dicts: `x` (B, 1) float32; `y` (B, 1) float32, twice x and a little noise.
    """

    config_class = TrainingConfig
    players = ("network",)
    log_names = ("loss", "input")

    def build_networks(self):
        self.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])

    def train_step(self, batch):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.network(batch["x"]) - batch["y"]))
        self.minimize(loss, tape, "network")
        return self.track(loss=loss, input=tf.reduce_mean(batch["x"]))


def line(strategy: tf.distribute.Strategy | None = None) -> Line:
    """The untrained model; on a strategy's replicas if one is given."""
    keras.utils.set_random_seed(0)
    with (strategy or tf.distribute.get_strategy()).scope():
        model = Line(TrainingConfig(batch_size=BATCH, learning_rate=0.01))
        model.compile()
    return model


def batches(first: int, last: int, spoiled: tuple[int, ...] = (), rows: tuple[int, ...] = (0,), value=np.nan):
    """The batches of steps first + 1 to last; in those of the spoiled steps some rows of `x` have a value put in."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS, BATCH, 1)).astype(np.float32)
    y = 2 * x + 0.1 * rng.normal(size=x.shape).astype(np.float32)
    for step in spoiled:
        x[step - 1, list(rows)] = value
    x, y = tf.constant(x), tf.constant(y)
    return tf.data.Dataset.range(first, last).map(lambda step: {"x": x[step], "y": y[step]})


def fit(model: Line, callbacks, folder, last: int = STEPS, **spoiled):
    """Train from where the model is to step `last`, with callbacks as a run has them."""
    model.fit(
        batches(model.step, last, **spoiled),
        verbose=0,
        shuffle=False,
        callbacks=StepCallbacks(callbacks, model, folder),
    )
