"""Files as an export reads and writes them, and as its guide says."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.examples import Values
from pipelines.readers.values import numbers_of as read_back
from pipelines.readers.values import scaled
from serving.depths import about_read, about_written, decoded, encoded
from serving.depths import scaled as served

TONES = np.linspace(0.0, 255.0, 64, dtype=np.float32).reshape(8, 8, 1)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def numbers_of(file):
    with Image.open(io.BytesIO(file.numpy())) as image:
        return np.asarray(image)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (Values(0, 4095, "integers"), 0, 4095),
        (Values(100, 65535, "integers"), 100, 65535),
        # None that PNG can hold.
        (Values(-1000, 400, "integers"), 0, 65535),
        (Values(0, 100_000, "integers"), 0, 65535),
        (Values(-1, 1, "floats"), 0, 65535),
        (Values(0, 4095, "floats and integers"), 0, 65535),
    ],
)
def test_translations_have_the_numbers_of_the_runs_own_or_all_of_16_bits(values, low, high):
    numbers = numbers_of(encoded(tf.constant(TONES), values))
    assert numbers.dtype == np.uint16
    np.testing.assert_allclose(numbers, low + TONES[..., 0] / 255 * (high - low), atol=1)


@pytest.mark.parametrize(("low", "high"), [(0, 4095), (-1000, 400), (0, 1), (0.25, 0.5)])
def test_a_graph_reads_numbers_as_the_readers_do_and_back(low, high):
    numbers = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), 99).astype(np.float32)
    values = Values(low, high, "floats")
    np.testing.assert_allclose(served(tf.constant(numbers), low, high), scaled(numbers, values), atol=1e-3)
    np.testing.assert_allclose(
        read_back(scaled(numbers, values), low, high), numbers.clip(low, high), atol=1e-4 * (high - low)
    )


READ = {
    "8 bits": (Values(), 0, 65535, "16 bits are read from 0 (black) to 65535 (white)"),
    "floats": (Values(0, 1, "floats"), 0, 65535, "16 bits are read from 0 (black) to 65535 (white)"),
    "12 bits": (Values(0, 4095, "integers"), 0, 4095, "16 bits are read from 0 (black) to 4095 (white)"),
    "given": (
        Values(50, 200, scales_bytes=True),
        50,
        200,
        "PNG files, of 8 or 16 bits, are read from 50 (black) to 200",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_the_guide_says_how_a_file_of_16_bits_is_read(name):
    values, low, high, said = READ[name]
    numbers = np.linspace(0, 1.2 * high, 64).clip(0, 65535).astype(np.uint16).reshape(8, 8)
    pixels = decoded(tf.constant(png(numbers)), values, 1, precise=True)
    wanted = np.clip((numbers.astype(float) - low) / (high - low) * 255, 0, 255)
    np.testing.assert_allclose(tf.cast(pixels, tf.float32)[..., 0], wanted, atol=1)
    assert said in about_read(values)


def test_the_guide_says_that_fewer_than_16_bits_are_not_recognized():
    for values in (Values(), Values(0, 1, "floats")):
        assert "10, 12 or 14 bits, which `--mode=sample`" in about_read(values)
    assert about_read(Values(is_numbered=True)) == "the values of PNG files, of 8 or 16 bits, are numbers of labels."


def test_the_guide_says_what_numbers_are_written():
    assert about_written(Values()) == about_written(Values(is_numbered=True)) == ""
    assert "the training's files, 0 (black) to 4095 (white)" in about_written(Values(0, 4095, "integers"))
    assert "0 (black) is -1000 and 65535 (white) is 400" in about_written(Values(-1000, 400, "integers"))
