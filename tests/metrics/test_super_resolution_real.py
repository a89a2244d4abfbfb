"""The protocol of super-resolution on the published test images."""

import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from metrics.super_resolution import luma_psnr
from pipelines.bicubic import bicubic


@pytest.fixture
def set5():
    root = pathlib.Path(__file__).parents[2]
    folder = pathlib.Path(os.environ.get("GAN_TEST_DATA", root / "../shared/data")) / "super_resolution" / "Set5"
    if not folder.is_dir():
        pytest.skip(f"real data: Set5 is not at {folder}")
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))]


@pytest.mark.real_data
def test_bicubic_interpolation_has_the_published_psnr(set5):
    found = []
    for image in set5:
        height, width = (side - side % 4 for side in image.shape[:2])
        truth = image[:height, :width]
        found.append(luma_psnr(bicubic(bicubic(truth, height // 4, width // 4), height, width), truth, 4))
    # Ledig et al. 2017, table 2.
    assert np.mean(found) == pytest.approx(28.43, abs=0.02)
