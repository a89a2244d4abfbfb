"""Files as an export reads and writes them, and as its guide says."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.examples import Values
from serving.depths import about_written, encoded

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


def test_the_guide_says_what_numbers_are_written():
    assert about_written(Values()) == about_written(Values(is_numbered=True)) == ""
    assert "the training's files, 0 (black) to 4095 (white)" in about_written(Values(0, 4095, "integers"))
    assert "0 (black) is -1000 and 65535 (white) is 400" in about_written(Values(-1000, 400, "integers"))
