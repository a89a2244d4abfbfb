"""What the tests' short runs leave out, as it takes longer than their steps; those that are about it ask for it."""

import contextlib

import keras
import pytest
import tensorflow as tf

from engine.run import Run
from models.core.preset import import_name
from models.registry import PRESETS


@contextlib.contextmanager
def optimized_graphs(on: bool = True):
    """Whether TensorFlow rewrites graphs before it runs them, as it does for a user."""
    before = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not on})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})


class NoCurves(keras.callbacks.Callback):
    """In the place of `callbacks.curves.Curves`: curves.png is not drawn."""

    def __init__(self, table, path):
        super().__init__()


@contextlib.contextmanager
def steps_alone():
    """Runs without pictures, exports and reports."""
    with pytest.MonkeyPatch.context() as patch:
        for name in {preset.parts for preset in PRESETS.values()}:
            patch.setattr(import_name(name), "panels", lambda self, model: None)
        patch.setattr("engine.run.export", lambda sampler, folder, about: folder)
        patch.setattr("engine.run.try_report", lambda *arguments: None)
        yield


@contextlib.contextmanager
def eager_steps():
    """Runs whose steps are not compiled: of a few of them, tracing takes most of the time."""
    build = Run.build

    def eager(self, prepared):
        model = build(self, prepared)
        model.run_eagerly = True
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "build", eager)
        yield
