"""What a pyramid's levels add, on generators whose images are known."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from evaluation.evaluator import Data
from evaluation.levels import DRAWS, Levels, PyramidOutputs, RealLevels, laplacian_energy
from models.generation.latent import latents
from models.generation.pyramid import upsampled
from models.generation.pyramid_configs import LAPGANConfig
from pipelines.rows import evenly
from serving.latents import LatentSampler
from tests.models.generation.test_lapgan import doubled, halved
from tests.models.steps import plain
from tests.worlds import labeled_images

CONFIG = LAPGANConfig(image_size=16, latent_dim=3, channels=1)


class Level:
    """Adds a multiple of one row of noise to what it upsamples."""

    input = types.MappingProxyType({"coarse": np.zeros((1, 8, 8, 1)), "latent": np.zeros((1, 256))})

    def __init__(self, scale):
        self.scale = scale

    def __call__(self, inputs, training):
        return upsampled(inputs["coarse"]) + self.scale * tf.reshape(inputs["latent"], (-1, 16, 16, 1))


def outputs(scale, side=16, **data):
    level = Level(scale)
    model = types.SimpleNamespace(config=CONFIG, sampled_level=lambda size: {16: level}[size])
    found = PyramidOutputs(None, Data(labeled_images(side=side), "test", 8, **data), 1, model)
    found.sampler = types.SimpleNamespace(latents=lambda count, seed: latents(CONFIG)(count, (seed, 0)), classes=0)
    found.generated = np.zeros((2, 16, 16, 1), np.float32)
    return found


def measured(scale):
    made = outputs(scale)
    return dict(Levels().measure(made, made.data))


def test_the_detail_is_what_is_lost_by_a_coarser_image():
    image = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 1)).astype(np.float32)
    expected = np.mean((image - doubled(halved(image))) ** 2)
    assert laplacian_energy(image) == pytest.approx(expected, rel=1e-5)
    assert laplacian_energy(np.ones((2, 8, 8, 1), np.float32)) == pytest.approx(0.0, abs=1e-10)


def test_a_level_that_adds_nothing_is_no_nearer_than_interpolation():
    metrics = measured(0.0)
    assert metrics["refined_share_16"] == metrics["refined_share"] == 0
    assert metrics["nearest_distance_16"] == pytest.approx(metrics["upsampled_distance_16"])
    assert metrics["laplacian_energy_16"] == pytest.approx(metrics["laplacian_energy_of_upsampled_16"])
    assert metrics["laplacian_energy_from_real_coarse"] == pytest.approx(
        metrics["laplacian_energy_of_upsampled"], rel=0.02
    )


def test_of_128_draws_that_hold_the_truth_the_nearest_is_it():
    found = outputs(1.0)
    levels = found.levels(evenly(24, 8))
    residuals = levels.real[16] - levels.upsampled(16)
    noise = np.zeros((DRAWS, 3 + 256), np.float32)
    noise[:8, 3:] = residuals.reshape(8, -1)
    found.sampler.latents = lambda count, seed: tf.constant(noise[:count])
    metrics = dict(Levels().measure(found, found.data))
    assert metrics["refined_share_16"] == 1
    assert metrics["nearest_distance_16"] == pytest.approx(0.0, abs=1e-6)
    assert metrics["upsampled_distance_16"] == pytest.approx(
        np.mean(np.sqrt(np.mean(residuals**2, axis=(1, 2, 3)))), rel=1e-5
    )
    assert metrics["laplacian_energy_of_real_16"] == pytest.approx(laplacian_energy(levels.real[16]))
    # The chain adds the noise, interpolation nothing.
    assert metrics["laplacian_energy_from_real_coarse"] > 3 * metrics["laplacian_energy_of_upsampled"]


def test_real_images_go_through_the_levels_of_the_model_with_their_classes():
    model = plain("lapgan", image_size=32, conditioning="concatenation", classes=3)
    image = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 1)).astype(np.float32)
    label = np.array([2, 0, 1])
    levels = RealLevels(model, image, label)
    np.testing.assert_allclose(levels.real[8], halved(halved(image)), atol=1e-6)
    noise = {size: np.random.default_rng(size).normal(size=(3, size**2)).astype(np.float32) for size in (16, 32)}
    made = levels.real[8]
    for size in (16, 32):
        level = getattr(model, f"generator_{size}")
        made = level({"coarse": made, "latent": noise[size], "label": label}).numpy()
    np.testing.assert_allclose(levels.chained(noise), np.clip(made, -1, 1), atol=1e-5)


def test_each_image_is_refined_with_its_own_class():
    """Of a model that draws its class's tone, whichever examples are chosen and in whichever order."""
    tones = np.array([-0.5, 0.0, 0.5], np.float32)

    class OfClass(Level):
        input = types.MappingProxyType({**Level.input, "label": np.zeros(1)})

        def __call__(self, inputs, training):
            tone = tf.reshape(tf.gather(tones, inputs["label"]), (-1, 1, 1, 1))
            return tone + 0.0 * upsampled(inputs["coarse"])

    found = outputs(0.0)
    examples = found.data.examples
    order = np.random.default_rng(0).permutation(len(examples))
    examples = dataclasses.replace(
        examples,
        labels=examples.labels[order],
        images=np.rint((tones[examples.labels[order]] + 1) * 127.5)
        .astype(np.uint8)[:, None, None, None]
        .repeat(16, axis=1)
        .repeat(16, axis=2),
    )
    found.data = dataclasses.replace(found.data, examples=examples)
    found.model.sampled_level, found.sampler.classes = lambda size: OfClass(0.0), 3
    metrics = dict(Levels().measure(found, found.data))
    assert metrics["nearest_distance_16"] == pytest.approx(0.0, abs=0.005)
    assert metrics["upsampled_distance_16"] == pytest.approx(0.0, abs=0.005)
    chosen = np.array([7, 2, 11])
    levels = found.levels(chosen)
    made = levels.refined(16, levels.coarse(16)[[2, 0]], np.zeros((2, 256), np.float32), np.array([2, 0]))
    np.testing.assert_allclose(made[:, 0, 0, 0], tones[examples.labels[chosen[[2, 0]]]], atol=1e-6)
    chained = levels.chained({16: np.zeros((3, 256), np.float32)})
    np.testing.assert_allclose(chained[:, 3, 3, 0], tones[examples.labels[chosen]], atol=1e-6)


def test_what_is_sampled_is_the_average():
    model = plain("lapgan", image_size=16, average_decay=0.9)
    for variable in model.averaged_generator.variables:
        variable.assign(tf.zeros_like(variable))
    levels = RealLevels(model, np.ones((2, 16, 16, 1), np.float32), None)
    noise = np.ones((2, 256), np.float32)
    made = levels.refined(16, levels.coarse(16), noise, np.arange(2))
    np.testing.assert_allclose(made, 1.0, atol=1e-6)


def test_samples_have_the_noise_of_each_level():
    model = plain("lapgan", image_size=16)
    config = dataclasses.replace(model.config)
    sampler = LatentSampler(model.sampled_generator, latents(config), parts=config.latent_parts)
    drawn = sampler.latents(200, 0).numpy()
    assert drawn.shape == (200, 5 + 256)
    assert np.abs(np.corrcoef(drawn.T)[0, 1:]).max() < 0.4
    # The same stream of numbers would begin with the same ones.
    assert np.abs(drawn[0, :5] - drawn[0, 5:10]).max() > 0.1
    assert drawn.min() < -0.99
    assert drawn.max() > 0.99
