"""pix2pix's generator recomputed in NumPy (Isola et al. 2017, appendix 6.1.1)."""

import numpy as np
import pytest

from models.image_to_image.pix2pix_networks import generator
from tests.models.operations import leaky_relu, relu, standardized
from tests.models.reference import assert_computes, images
from tests.worlds import tiny

# Channels of the encoder in units of the width: each convolution of 4 pixels halves the side, the last to one pixel.
ENCODERS = {8: [1, 2, 4], 16: [1, 2, 4, 8], 32: [1, 2, 4, 8, 8]}


def described(r, image, seed, size, width, skips, dropout, upsampling):
    """C64-C128-...-C512 with leaky ReLU; decoder CD512-CD512-CD512-C512-..., with ReLU; skips between mirrored stages.

    Normalization is by the batch's own statistics, at test time too, and not in the first and the innermost
    convolution. The first three layers of the decoder have dropout, at test time too.
    """
    first, *others = (factor * width for factor in ENCODERS[size])
    x, encoded = r.convolution(image, first, 4, strides=2), []
    for depth, channels in enumerate(others, start=2):
        encoded.append(x)
        x = r.convolution(leaky_relu(x), channels, 4, strides=2)
        if depth < len(ENCODERS[size]):
            x = batch_statistics(r, x)
    for depth, mirrored in enumerate(encoded[::-1]):
        x = batch_statistics(r, r.upsampled(upsampling, relu(x), mirrored.shape[-1]))
        if dropout and depth < 3:
            x = r.dropout(x, dropout)
        if skips:
            x = r.concatenate(x, mirrored)
    return np.tanh(r.upsampled(upsampling, relu(x), 3, bias=True))


def batch_statistics(r, x):
    return r.affine(standardized(x, (0, 1, 2)))


CASES = {
    "U-Net without dropout": {"size": 16, "skips": True, "dropout": 0.0, "upsampling": "transposed"},
    "U-Net with dropout": {"size": 32, "skips": True, "dropout": 0.5, "upsampling": "transposed"},
    "encoder-decoder": {"size": 16, "skips": False, "dropout": 0.4, "upsampling": "transposed"},
    "resized": {"size": 8, "skips": True, "dropout": 0.25, "upsampling": "resize"},
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_the_generator_computes_what_the_paper_describes(case, batch, training):
    settings = CASES[case]
    size = settings["size"]
    config = tiny(
        "pix2pix",
        image_size=size,
        generator_width=3,
        receptive_field=1,
        **{name: value for name, value in settings.items() if name != "size"},
    )
    seeds = np.array([[3, 4], [5, 6]][:batch], np.int32)
    assert_computes(
        generator(config),
        lambda r, **inputs: described(r, width=3, **settings, **inputs),
        # An image may be larger than `image_size`.
        {"image": images(batch, 2 * size if batch > 1 else size, size), "seed": seeds},
        training,
    )


@pytest.mark.parametrize(("height", "width"), [(32, 48), (48, 16)])
def test_of_a_rectangle_both_sides_are_halved_as_often_as_they_can_be(height, width):
    config = tiny("pix2pix", image_height=height, image_width=width, generator_width=3, receptive_field=1)
    settings = {"size": 16, "width": 3, "skips": True, "dropout": 0.5, "upsampling": "transposed"}
    assert_computes(
        generator(config),
        lambda r, **inputs: described(r, **settings, **inputs),
        {"image": images(1, height, width), "seed": np.array([[3, 4]], np.int32)},
        training=True,
    )


def test_dropout_is_drawn_from_the_seed_at_test_time_too():
    network = generator(tiny("pix2pix", image_size=16, receptive_field=1, generator_width=3))
    image = images(1, 16)

    def output(*seed):
        return network({"image": image, "seed": np.array([seed], np.int32)}, training=False).numpy()

    np.testing.assert_array_equal(output(1, 2), output(1, 2))
    assert np.abs(output(1, 2) - output(1, 3)).max() > 1e-4
    assert np.abs(output(1, 2) - output(2, 2)).max() > 1e-4
