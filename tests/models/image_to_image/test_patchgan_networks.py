"""The PatchGAN recomputed in NumPy (Isola et al. 2017, appendix 6.1.2)."""

import pytest

from models.image_to_image.cyclegan import CycleGAN
from models.image_to_image.patchgan import discriminator
from tests.models.operations import leaky_relu, standardized, zero_pad
from tests.models.reference import assert_computes, images
from tests.worlds import tiny

# Channels, in units of the width, of the 4x4 convolutions of stride 2 and of the one of stride 1 after them.
STAGES = {16: ([1], 2), 70: ([1, 2, 4], 8), 286: ([1, 2, 4, 8, 8], 8)}


def described(r, image, normalization, receptive_field, width, bias, input=None):
    """C64-C128-C256-C512 and a convolution to the logit, for other receptive fields fewer or more, or 1x1 kernels.

    Leaky ReLU of slope 0.2, no normalization in the first layer; the condition is concatenated to the image. The
    normalized convolutions have a bias in CycleGAN only.
    """
    x = image if input is None else r.concatenate(input, image)
    if receptive_field == 1:
        x = leaky_relu(r.convolution(x, width, 1, bias=True))
        x = leaky_relu(normalization(r, r.convolution(x, 2 * width, 1, bias=bias)))
        return r.convolution(x, 1, 1, bias=bias)
    (first, *strided), last = STAGES[receptive_field]
    x = leaky_relu(r.convolution(x, first * width, 4, strides=2, bias=True))
    for factor in strided:
        x = leaky_relu(normalization(r, r.convolution(x, factor * width, 4, strides=2, bias=bias)))
    x = leaky_relu(normalization(r, r.convolution(zero_pad(x), last * width, 4, padding="valid", bias=bias)))
    return r.convolution(zero_pad(x), 1, 4, padding="valid", bias=True)


def batch_statistics(r, x):
    """Of the batch at test time too (section 3.2)."""
    return r.affine(standardized(x, (0, 1, 2)))


def named(name):
    return lambda r, x: r.normalization(name, x)


@pytest.mark.parametrize(
    ("receptive_field", "normalization", "conditional", "size"),
    [
        (1, "batch", True, 8),
        (16, "batch", False, 16),
        (70, "batch", True, 32),
        (70, "layer", True, 32),
        (286, "batch", True, 128),
    ],
)
@pytest.mark.parametrize("batch", [1, 2])
def test_pix2pixs_discriminator_computes_what_the_paper_describes(
    receptive_field, normalization, conditional, size, batch
):
    width = 1 if size > 32 else 3
    config = tiny(
        "pix2pix",
        discriminator_width=width,
        receptive_field=receptive_field,
        discriminator_normalization=normalization,
        image_size=128,
    )
    normalize = batch_statistics if normalization == "batch" else named(normalization)
    inputs = {"image": images(batch, size), "input": images(batch, size, seed=1)}
    if not conditional:
        del inputs["input"]
    assert_computes(
        discriminator(config, conditional=conditional),
        lambda r, **given: described(
            r, normalization=normalize, receptive_field=receptive_field, width=width, bias=False, **given
        ),
        inputs,
        training=batch > 1,
    )


@pytest.mark.parametrize(
    ("receptive_field", "normalization", "name"),
    [
        (70, "instance", "discriminator"),
        (1, "instance", "backward_discriminator"),
        (16, "none", "discriminator"),
        (16, "layer", "backward_discriminator"),
    ],
)
def test_cyclegans_discriminators_compute_what_the_paper_describes(receptive_field, normalization, name):
    config = tiny(
        "cyclegan",
        discriminator_width=3,
        receptive_field=receptive_field,
        discriminator_normalization=normalization,
        image_size=32,
    )
    assert_computes(
        getattr(CycleGAN(config), name),
        lambda r, image: described(r, image, named(normalization), receptive_field, 3, bias=True),
        {"image": images(2, 32)},
    )
