"""Asking for other channels than the data has copies nothing but a few images at a time."""

import types

import numpy as np
import pytest

from engine.parts.image_to_image import CycleParts, DomainTransferParts, PairParts
from engine.parts.parts import fingerprint
from models.registry import PRESETS
from pipelines.examples import PairedImages
from pipelines.images import with_channels

PARTS = {"pix2pix": PairParts, "cyclegan": CycleParts, "pixel_dt": DomainTransferParts}


@pytest.mark.parametrize("model", PARTS)
def test_no_copy_of_all_images_is_made(model, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "gray.npy", rng.integers(0, 256, (9, 64, 64, 1), np.uint8))
    gray, colors = np.load(tmp_path / "gray.npy", mmap_mode="r"), rng.integers(0, 256, (9, 64, 64, 3), np.uint8)
    examples = PairedImages(a=gray, b=colors, names=tuple(map(str, range(9))))
    config = PRESETS[model].resolve(
        "pairs", {"channels_a": 3, "channels_b": 1, "image_size": 64, "batch_size": 2, "steps": 1, "seed": 0}
    )
    sizes = []

    def counted(images, channels):
        sizes.append(len(images))
        return with_channels(images, channels)

    for module in ("image_to_image", "parts"):
        monkeypatch.setattr(f"engine.parts.{module}.with_channels", counted)
    monkeypatch.setattr("pipelines.rows._AT_ONCE", 2 * 64 * 64)
    parts = PARTS[model](types.SimpleNamespace(experiment=types.SimpleNamespace(config=config), folder=None))
    prepared = parts.prepare(examples)
    assert max(sizes) <= 2
    # As a run says of the images that it sees.
    assert prepared.data["a"] == fingerprint(with_channels(gray, 3))
    assert prepared.data["b"] == fingerprint(with_channels(colors, 1))
    batch = next(iter(prepared.batches.dataset(0, 1)))
    assert sorted({image.shape[-1] for image in batch.values()}) == [1, 3]
