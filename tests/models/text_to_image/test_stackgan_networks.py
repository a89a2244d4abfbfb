"""StackGAN's networks recomputed in NumPy (Zhang et al. 2017, sections 3.2 to 3.5, and the authors' code)."""

import dataclasses
import json

import numpy as np
import pytest

from models.core.trained import parameter_count
from models.text_to_image import stackgan_networks as zhang
from models.text_to_image.stackgan_configs import FirstStageConfig, SecondStageConfig
from tests.models.generation.test_lapgan import doubled
from tests.models.operations import leaky_relu, relu, tiled
from tests.models.reference import assert_computes, images, vectors
from tests.models.text_to_image.test_text_to_image_networks import STAGES, residual
from tests.worlds import of_earlier_run, tiny

TEXT, NOISE, CONDITIONS, WIDTH = 7, 6, 3, 2
# Of the second stage's generator, whose last stages are an eighth as wide: of one unit, all may be off.
SECOND_WIDTH = 8
SMALL = {
    "text_dim": TEXT,
    "latent_dim": NOISE,
    "conditioning_dim": CONDITIONS,
    "generator_width": WIDTH,
    "discriminator_width": WIDTH,
    "text_projection_dim": 5,
}


def first_stage(**changes):
    return tiny("stackgan_stage1", **(SMALL | changes))


def second_stage(image_size, first_size, is_augmented=True, **changes):
    augmentation = {"conditioning_augmentation": is_augmented}
    described = json.dumps(dataclasses.asdict(first_stage(image_size=first_size, **augmentation)))
    sizes = SMALL | augmentation | {"generator_width": SECOND_WIDTH}
    return tiny("stackgan", image_size=image_size, first_generator=described, **sizes, **changes)


def conditions(r, text, noise=None):
    """mean + exp(log deviation) * noise, both of one dense layer and a leaky ReLU; without noise the mean."""
    if noise is None:
        return leaky_relu(r.dense(text, CONDITIONS))
    mean, log_deviation = np.split(leaky_relu(r.dense(text, 2 * CONDITIONS)), 2, axis=1)
    return mean + np.exp(log_deviation) * noise


def described_first(r, latent, text, size, is_augmented=True):
    """The conditions and the noise to a map, normalized unit by unit; residual blocks after two stages."""
    side, (first, *others) = STAGES[size]
    c = conditions(r, text, latent[:, NOISE:] if is_augmented else None)
    x = r.batch_normalization(r.dense(r.concatenate(c, latent[:, :NOISE]), side * side * first * WIDTH))
    x = residual(r, x.reshape(-1, side, side, first * WIDTH), r.batch_normalization, relu)
    for stage, factor in enumerate(others):
        x = r.batch_normalization(r.upsampled("resize", x, factor * WIDTH))
        x = relu(x) if stage else residual(r, x, r.batch_normalization, relu)
    return np.tanh(r.upsampled("resize", x, 3))


def described_second(r, image, text, latent=None, blocks=1, doublings=3):
    """The image, halved twice, and the conditions at each place; residual blocks; doublings."""

    def activated(x):
        return relu(r.batch_normalization(x))

    x = relu(r.convolution(image, SECOND_WIDTH, 3))
    for channels in (2 * SECOND_WIDTH, 4 * SECOND_WIDTH):
        x = activated(r.convolution(x, channels, 4, strides=2))
    x = r.concatenate(x, tiled(conditions(r, text, latent), x.shape[1]))
    x = activated(r.convolution(x, 4 * SECOND_WIDTH, 3))
    for _ in range(blocks):
        y = activated(r.convolution(x, 4 * SECOND_WIDTH, 3))
        x = relu(x + r.batch_normalization(r.convolution(y, 4 * SECOND_WIDTH, 3)))
    for stage in range(doublings):
        x = activated(r.upsampled("resize", x, max(2 * SECOND_WIDTH >> stage, 1)))
    return np.tanh(r.convolution(x, 3, 3))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("size", "is_augmented"), [(16, True), (24, False), (64, True)])
def test_the_first_stage_computes_what_the_authors_code_does(size, is_augmented, training):
    config = first_stage(image_size=size, conditioning_augmentation=is_augmented)
    assert_computes(
        zhang.first_generator(config),
        lambda r, latent, text: described_first(r, latent, text, size, is_augmented),
        {"latent": vectors(4, NOISE + CONDITIONS * is_augmented), "text": vectors(4, TEXT, seed=2)},
        training,
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "first", "blocks", "is_augmented"), [(32, 16, 1, True), (64, 16, 2, True), (32, 16, 0, False)]
)
def test_the_second_stage_computes_what_the_authors_code_does(size, first, blocks, is_augmented, training):
    config = second_stage(size, first, residual_blocks=blocks, is_augmented=is_augmented)
    inputs = {"image": images(4, first), "text": vectors(4, TEXT)}
    inputs |= {"latent": vectors(4, CONDITIONS, seed=2)} if is_augmented else {}
    doublings = {32: 3, 64: 4}[size]
    assert_computes(
        zhang.second_generator(config),
        lambda r, **given: described_second(r, **given, blocks=blocks, doublings=doublings),
        inputs,
        training,
    )


def described_discriminator(r, image, text, first, others, narrower=(), is_first=False):
    """Convolutions of stride 2 and of 1x1, a residual block, the text at each place; the logit.

    None is activated after the last convolution; in the first stage none after the one before it.
    """
    x = leaky_relu(r.convolution(image, first * WIDTH, 4, strides=2))
    kinds = [(factor, 4, 2) for factor in others] + [(factor, 1, 1) for factor in narrower]
    for place, (factor, size, strides) in enumerate(kinds):
        x = r.batch_normalization(r.convolution(x, factor * WIDTH, size, strides=strides))
        x = x if place >= len(kinds) - 1 - is_first else leaky_relu(x)
    x = residual(r, x, r.batch_normalization, leaky_relu)
    x = r.concatenate(x, tiled(leaky_relu(r.dense(text, 5)), x.shape[1]))
    x = leaky_relu(r.batch_normalization(r.convolution(x, 8 * WIDTH, 1)))
    return r.convolution(x, 1, x.shape[1], padding="valid").reshape(-1, 1)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("size", "is_deep", "kinds"),
    [
        (64, False, {"first": 1, "others": (2, 4, 8), "is_first": True}),
        (32, False, {"first": 2, "others": (4, 8), "is_first": True}),
        (64, True, {"first": 1, "others": (2, 4, 8)}),
        (128, True, {"first": 1, "others": (2, 4, 8, 16), "narrower": (8,)}),
        (256, True, {"first": 1, "others": (2, 4, 8, 16, 32), "narrower": (16, 8)}),
    ],
)
def test_the_discriminators_compute_what_the_authors_code_does(size, is_deep, kinds, training):
    assert_computes(
        zhang.discriminator(first_stage(image_size=size), is_deep),
        lambda r, **inputs: described_discriminator(r, **inputs, **kinds),
        {"image": images(4, size), "text": vectors(4, TEXT)},
        training,
    )


def test_the_published_numbers_of_parameters():
    first = FirstStageConfig(text_dim=1024)
    assert parameter_count(zhang.first_generator(first)) == 14_264_192
    assert parameter_count(zhang.discriminator(first)) == 4_029_824
    described = json.dumps(dataclasses.asdict(first))
    second = SecondStageConfig(text_dim=1024, latent_dim=100, first_generator=described)
    generator = zhang.stacked_generator(second)
    # The first stage in it does not learn.
    assert parameter_count(generator) == 26_290_080
    assert parameter_count(zhang.discriminator(second, is_deep=True)) == 48_603_520
    assert generator.output_shape == (None, 256, 256, 3)
    assert generator.input["latent"].shape[1] == second.input_dim == 100 + 128 + 128


@pytest.mark.parametrize("is_augmented", [True, False])
def test_both_stages_read_their_own_part_of_the_noise_and_the_text(is_augmented):
    config = second_stage(32, 16, is_augmented)
    generator = zhang.stacked_generator(config)
    rng = np.random.default_rng(0)
    for variable in generator.weights:
        if len(variable.shape) > 1:
            variable.assign(rng.normal(size=variable.shape) * np.prod(variable.shape[:-1]) ** -0.5)
    first, second = (generator.get_layer(name) for name in ("first_stage", "second_stage"))
    noise, text = vectors(3, config.input_dim), vectors(3, TEXT, seed=2)
    for_first = NOISE + CONDITIONS * is_augmented
    coarse = first({"latent": noise[:, :for_first], "text": text}).numpy()
    inputs = {"image": coarse, "text": text} | ({"latent": noise[:, for_first:]} if is_augmented else {})
    assert noise.shape[1] == for_first + CONDITIONS * is_augmented
    np.testing.assert_allclose(generator({"latent": noise, "text": text}), second(inputs), atol=1e-5)
    # What the first stage alone makes of them, at the size of both.
    large = zhang.upsampled_first_stage(generator)({"latent": noise, "text": text})
    np.testing.assert_allclose(large, doubled(coarse), atol=1e-5)


def test_while_the_second_stage_learns_the_first_draws_as_it_is_sampled():
    generator = zhang.stacked_generator(tiny("stackgan", text_dim=TEXT, **of_earlier_run("stackgan", text_dim=TEXT)))
    first = generator.get_layer("first_stage")
    before = [value.copy() for value in first.get_weights()]
    inputs = {"latent": vectors(4, first.input["latent"].shape[1]), "text": vectors(4, TEXT)}
    np.testing.assert_array_equal(first(inputs, training=True), first(inputs, training=False))
    for one, other in zip(first.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not first.trainable_variables


@pytest.mark.parametrize(("normalization", "sees"), [("batch", False), ("none", True)])
def test_a_batch_normalized_discriminator_does_not_see_the_contrast_of_a_batch(normalization, sees):
    """Why the second stage's preset has instance noise, whose size is fixed (docs/results.md)."""
    config = second_stage(32, 16, discriminator_normalization=normalization)
    discriminator = zhang.discriminator(config, is_deep=True)
    rng, text = np.random.default_rng(0), vectors(8, TEXT)
    image, noise = (rng.uniform(-1, 1, (8, 32, 32, 3)).astype(np.float32) for _ in range(2))
    for variable in discriminator.weights:
        if len(variable.shape) > 1:
            # Large enough that the normalization's epsilon is nothing.
            variable.assign(3 * rng.normal(size=variable.shape) * np.prod(variable.shape[:-1]) ** -0.5)

    def logits(image):
        return discriminator({"image": image, "text": text}, training=True).numpy()

    def changed(one, other):
        return np.abs(logits(one) - logits(other)).max() / np.ptp(logits(one))

    assert (changed(image, image / 2) > 0.05) == sees
    assert changed(image + noise, image / 2 + noise) > 0.05
