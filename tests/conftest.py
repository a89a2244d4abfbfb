"""Two logical CPUs for the tests of replicas, which can only be made before TensorFlow starts; what the tests share."""

import gc
import os
import random

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf

from callbacks.curves import Curves
from engine.memory import keep_freed_memory
from pipelines import budget
from tests import quick, worlds


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=3, help="how often tests/test_resume.py kills its training")


def pytest_configure(config):
    keep_freed_memory()
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Initial weights, where a test names no seed, are the same in each run: Keras draws their seeds from here."""
    random.seed(item.nodeid)


def pytest_collection_finish(session):
    """Spare the collector of garbage what was imported: it looked at all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.fixture(scope="session", autouse=True)
def short_runs():
    """Graphs as they were traced, and no curves.png: see `tests.quick`."""
    with quick.optimized_graphs(False), pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.loop.Curves", quick.NoCurves)
        yield


@pytest.fixture(scope="module")
def optimized_graphs():
    """Graphs as they are run for a user."""
    with quick.optimized_graphs():
        yield


@pytest.fixture(scope="module")
def curves():
    """Runs draw curves.png."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.loop.Curves", Curves)
        yield


@pytest.fixture
def steps_alone():
    """Runs without pictures, exports and reports."""
    with quick.steps_alone():
        yield


@pytest.fixture
def eager_steps():
    """Runs whose steps are not compiled."""
    with quick.eager_steps():
        yield


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory):
    """A run folder that holds nothing but a tiny text encoder."""
    return worlds.write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def memory():
    """Gives the process a budget of images in memory, by its amount, for as long as the test runs."""
    kept = budget.current()
    yield lambda amount: budget.use(budget.Budget(amount))
    budget.use(kept)


@pytest.fixture
def world(monkeypatch):
    """Puts tiny synthetic datasets in the place of all; returns the examples of the captioned ones."""
    monkeypatch.setattr("pipelines.registry.load", worlds.examples_of)
    return worlds.captioned_images()
