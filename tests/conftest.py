"""Two logical CPUs for the tests of replicas: they can only be made before TensorFlow starts."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf

from engine.memory import keep_freed_memory
from pipelines import budget
from tests import worlds


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=3, help="how often tests/test_resume.py kills its training")


def pytest_configure(config):
    keep_freed_memory()
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


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
