"""The papers' initial weights: each kernel's distribution, by the Kolmogorov-Smirnov test on thousands of weights."""

import math

import keras
import numpy as np
import pytest
from scipy import stats

from models.core.preset import import_name
from models.generation import dcgan, mlp, resnet
from models.generation.mlp import point_discriminator, point_generator
from models.image_to_image import cyclegan_networks, patchgan, pix2pix_networks, pixel_dt_networks
from models.registry import PRESETS
from models.text_encoder.networks import text_encoder
from models.text_to_image import networks as reed
from models.text_to_image import stackgan_networks as zhang
from tests.models.reference import kind_of
from tests.worlds import of_earlier_run, tiny

# A distribution of another kind or of a scale 10% off has, on 5,000 weights, a probability below 1e-4.
IMPROBABLE, ENOUGH, MOST = 1e-4, 5000, 50_000


def assert_normal(values, mean: float, deviation: float, what: str):
    assert stats.kstest(np.ravel(values)[:MOST], "norm", (mean, deviation)).pvalue > IMPROBABLE, what


def assert_uniform(values, limit: float, what: str):
    assert stats.kstest(np.ravel(values)[:MOST], "uniform", (-limit, 2 * limit)).pvalue > IMPROBABLE, what


def of_kind(network, kind: str) -> list[np.ndarray]:
    return [variable.numpy() for variable in network.weights if kind_of(variable) == kind]


def images_of(model: str, **changes):
    return tiny(model, image_size=32, channels=3, classes=4, generator_width=24, discriminator_width=24, **changes)


def wide(model: str, **changes):
    return tiny(model, image_size=32, generator_width=24, discriminator_width=24, **changes)


def stacked():
    return wide("stackgan", text_dim=32, **of_earlier_run("stackgan", text_dim=32, latent_dim=12))


# After Radford et al. 2016, section 4: all weights N(0, 0.02), and the scales of normalization N(1, 0.02).
BUILDERS = {
    "reed generator": lambda: reed.generator(wide("gan_cls", text_dim=32)),
    "reed discriminator": lambda: reed.discriminator(wide("gan_cls", text_dim=32)),
    "stackgan generator": lambda: zhang.stacked_generator(stacked()),
    "stackgan discriminator": lambda: zhang.discriminator(stacked(), is_deep=True),
    "dcgan generator": lambda: dcgan.generator(images_of("dcgan", latent_dim=50)),
    "dcgan discriminator": lambda: dcgan.discriminator(images_of("dcgan")),
    "dcgan spectral": lambda: dcgan.discriminator(images_of("sngan")),
    "dcgan resized": lambda: dcgan.generator(images_of("dcgan", upsampling="resize")),
    "pix2pix generator": lambda: pix2pix_networks.generator(wide("pix2pix", receptive_field=16)),
    "patchgan": lambda: patchgan.discriminator(wide("pix2pix"), conditional=True),
    "cyclegan generator": lambda: cyclegan_networks.generator(wide("cyclegan")),
    "pixel_dt converter": lambda: pixel_dt_networks.converter(wide("pixel_dt", code_dim=24)),
    "pixel_dt discriminator": lambda: pixel_dt_networks.discriminator(wide("pixel_dt")),
}
# Instance normalization has no scale, and spectral normalization replaces it.
WITHOUT_SCALES = ("cyclegan generator", "dcgan spectral")


@pytest.mark.parametrize("name", BUILDERS)
def test_kernels_and_scales_are_normal_with_a_deviation_of_0_02(name):
    keras.utils.set_random_seed(0)
    network = BUILDERS[name]()
    tested = [kernel for kernel in of_kind(network, "kernel") if kernel.ndim == 4 and kernel.size >= ENOUGH]
    assert len(tested) >= 2
    for kernel in tested:
        assert_normal(kernel, 0.0, 0.02, f"{name}: a kernel of shape {kernel.shape} is not from N(0, 0.02)")
    scales = of_kind(network, "scale")
    assert bool(scales) == (name not in WITHOUT_SCALES)
    if scales:
        scales = np.concatenate(scales)
        assert len(scales) >= 100
        assert_normal(scales, 1.0, 0.02, f"{name}: the scales of normalization are not from N(1, 0.02)")


@pytest.mark.parametrize("name", ["reed generator", "stackgan generator", "dcgan generator"])
def test_the_projection_to_the_first_map_is_initialized_like_a_convolution(name):
    """It stands for a transposed convolution of one pixel."""
    keras.utils.set_random_seed(0)
    largest = max((kernel for kernel in of_kind(BUILDERS[name](), "kernel") if kernel.ndim == 2), key=np.size)
    assert largest.size >= ENOUGH
    assert_normal(largest, 0.0, 0.02, "the projection is not from N(0, 0.02)")


def test_the_logit_of_dcgan_is_initialized_like_a_convolution():
    keras.utils.set_random_seed(0)
    network = dcgan.discriminator(tiny("dcgan", image_size=28, channels=1, discriminator_width=64))
    (logit,) = (kernel for kernel in of_kind(network, "kernel") if kernel.ndim == 2)
    assert logit.shape == (7 * 7 * 128, 1)
    assert_normal(logit, 0.0, 0.02, "the logit's weights are not from N(0, 0.02)")


@pytest.mark.parametrize("build", [reed.generator, reed.discriminator])
def test_the_projection_of_the_text_is_initialized_as_in_torch(build):
    """Uniform within 1 / sqrt(inputs)."""
    keras.utils.set_random_seed(0)
    network = build(tiny("gan_cls", text_dim=256, text_projection_dim=50))
    (kernel,) = (kernel for kernel in of_kind(network, "kernel") if kernel.shape == (256, 50))
    assert_uniform(kernel, 1 / 16, "the text's projection is not uniform within 1 / sqrt(inputs)")


@pytest.mark.parametrize(("build", "inputs"), [(point_generator, 100), (point_discriminator, 100)])
def test_the_hidden_layers_of_points_are_initialized_as_in_torch(build, inputs):
    keras.utils.set_random_seed(0)
    network = build(tiny("gan_2d", dimensions=2, generator_width=inputs, discriminator_width=inputs))
    (kernel,) = (kernel for kernel in of_kind(network, "kernel") if kernel.shape == (inputs, inputs))
    assert_uniform(kernel, 1 / math.sqrt(inputs), "a hidden layer is not uniform within 1 / sqrt(inputs)")


@pytest.mark.parametrize("model", ["dcgan", "sngan"])
@pytest.mark.parametrize("build", [resnet.generator, resnet.discriminator])
def test_the_residual_networks_are_initialized_after_he_and_glorot(build, model):
    """Uniform; of variance 2 / (mean of inputs and outputs) in the blocks' 3x3 kernels, half of it in the others."""
    keras.utils.set_random_seed(0)
    config = tiny(
        model, network="resnet", image_size=32, channels=3, latent_dim=20, generator_width=72, discriminator_width=72
    )
    tested = [kernel for kernel in of_kind(build(config), "kernel") if kernel.size >= ENOUGH]
    sizes = {kernel.shape[:-2] for kernel in tested}
    assert sizes == {(3, 3), (1, 1)} | ({()} if build is resnet.generator else set())
    for kernel in tested:
        *size, inputs, outputs = kernel.shape
        in_block = size == [3, 3] and inputs == outputs
        mean = math.prod(size) * (inputs + outputs) / 2
        limit = math.sqrt(3 * (2 if in_block else 1) / mean)
        assert_uniform(kernel, limit, f"a kernel of shape {kernel.shape} is not uniform within {limit:.3f}")


def test_the_recurrent_weights_of_the_text_encoder_are_orthogonal():
    """So that 18 steps neither explode nor vanish."""
    config = tiny("char_cnn_rnn", convolution_width=8, recurrent_width=30, recurrent_unit="rnn", initial_range=0.0)
    network = text_encoder(config, 7)
    (recurrent,) = (kernel for kernel in of_kind(network, "kernel") if kernel.shape == (30, 30))
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(30), atol=1e-5)


@pytest.mark.parametrize("unit", ["rnn", "gru"])
def test_the_text_encoder_of_the_icml_birds_is_uniform(unit):
    """Authors' code: weights and biases within 0.08."""
    keras.utils.set_random_seed(0)
    published = PRESETS["char_cnn_rnn"].config.initial_range
    config = tiny(
        "char_cnn_rnn", convolution_width=40, recurrent_width=40, recurrent_unit=unit, initial_range=published
    )
    network = text_encoder(config, 40)
    for kernel in of_kind(network, "kernel"):
        assert_uniform(kernel, 0.08, f"a kernel of shape {kernel.shape} is not uniform within 0.08")
    biases = of_kind(network, "offset")
    assert len(biases) == 6
    assert_uniform(np.concatenate(biases), 0.08, "the biases are not uniform within 0.08")


@pytest.mark.parametrize("name", BUILDERS)
def test_offsets_start_at_zero(name):
    """Except for those of the text's projection, which are Torch's too."""
    offsets = of_kind(BUILDERS[name](), "offset")
    others = [offset for offset in offsets if offset.any()]
    assert [offset.shape for offset in others] == ([(4,)] if name.startswith("reed") else [])
    assert all(np.abs(offset).max() <= 1 / math.sqrt(32) for offset in others)


@pytest.mark.parametrize(("model", "pieces"), [("gan", 5), ("cgan", 4), ("gan", 1)])
def test_the_2014_networks_are_uniform(model, pieces):
    """Authors' code: within 0.05 in the generator, 0.005 in the discriminator's maxout layers and its logit."""
    keras.utils.set_random_seed(0)
    config = tiny(
        model,
        image_size=16,
        channels=1,
        classes=4,
        latent_dim=100,
        generator_width=120,
        discriminator_width=240,
        maxout_pieces=pieces,
        joint_pieces=0,
    )
    for build, limit in ((mlp.generator, 0.05), (mlp.discriminator, 0.005 if pieces > 1 else 0.05)):
        network = build(config)
        kernels = [kernel for kernel in of_kind(network, "kernel") if kernel.size >= 200]
        assert len(kernels) >= 3
        for kernel in kernels:
            assert_uniform(kernel, limit, f"a kernel of shape {kernel.shape} is not uniform within {limit}")
        assert not any(offset.any() for offset in of_kind(network, "offset"))


def test_conditional_normalization_starts_as_normalization_without_a_class():
    """Each class's scale is 1 and its offset 0."""
    network = dcgan.generator(images_of("projection"))
    scales, offsets = of_kind(network, "table of ones"), of_kind(network, "table of zeros")
    assert [table.shape for table in scales] == [table.shape for table in offsets]
    assert len(scales) == 3


@pytest.mark.parametrize("name", ["gan", "cgan", "infogan", "projection", "gan_cls", "char_cnn_rnn", "pix2pix"])
def test_no_two_kernels_of_a_model_begin_with_the_same_numbers(name):
    """An initializer that is used for two layers gives both the same numbers."""
    config = PRESETS[name].config
    sizes = {"channels": 1, "classes": 10, "text_dim": 8}
    model = import_name(PRESETS[name].model)(
        tiny(name, **{key: size for key, size in sizes.items() if hasattr(config, key)})
    )
    starts = [keras.ops.convert_to_numpy(variable).ravel()[:4] for variable in model.trainable_variables]
    drawn = [start.tobytes() for start in starts if len(start) == 4 and len(set(start)) == 4]
    assert len(drawn) > 4
    assert len(set(drawn)) == len(drawn)
