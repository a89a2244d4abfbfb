"""Mirroring, as every kind of training has it: letters, maps and X-rays have a left and a right."""

import dataclasses
import json

import numpy as np
import pytest

from engine.command import Train
from engine.folder import RunError
from models.registry import PRESETS
from tests.worlds import captioned_images, examples_of, labeled_images, paired_images, tiny_run, unpaired_images

STEPS = 25
# A model of each kind of batches: what it trains on, and which entries of a batch are mirrored.
KINDS = {
    "pix2pix": (lambda: paired_images(side=36), ("input", "target")),
    "cyclegan": (lambda: unpaired_images(side=36), ("a", "b")),
    "pixel_dt": (lambda: paired_images(side=32), ("input",)),
    "gan_cls": (captioned_images, ("image", "wrong_image")),
    "gan_int_cls": (captioned_images, ("image", "wrong_image")),
    "char_cnn_rnn": (captioned_images, ("image",)),
    "attribute_judge": (captioned_images, ("image",)),
    "class_judge": (labeled_images, ("image",)),
    "dcgan": (labeled_images, ("real",)),
}


def dark_on_the_left(examples):
    """The examples with pictures that are dark on the left and bright on the right, whatever was on them."""
    fields = ("a", "b") if hasattr(examples, "a") else ("images",)
    pictures = {name: np.zeros_like(getattr(examples, name)) for name in fields}
    for images in pictures.values():
        images[:, :, images.shape[2] // 2 :] = 200
    return dataclasses.replace(examples, **pictures)


def mirrored(model, folder, **changes):
    """Of each entry of the batches that holds pictures, which of them are mirrored: (n,) bool."""
    make, names = KINDS[model]
    examples = dark_on_the_left(make())
    run = tiny_run(model, folder, encoder="end_to_end", **changes)
    run.splits.load = lambda split: examples
    seen = {name: [] for name in names}
    for batch in run.parts.prepare(examples).batches.dataset(0, STEPS):
        for name, value in batch.items():
            if len(value.shape) >= 4 and name in seen:
                pictures = value.numpy().reshape(-1, *value.shape[-3:])
                seen[name].append(pictures[:, 0, 0, 0] > pictures[:, 0, -1, 0])
    return {name: np.concatenate(values) for name, values in seen.items()}


@pytest.mark.parametrize("model", KINDS)
def test_no_picture_is_mirrored_where_mirroring_is_off_and_half_are_where_it_is_on(model, tmp_path):
    off, on = (mirrored(model, tmp_path, flip=flip) for flip in (False, True))
    for name in off:
        assert not off[name].any()
        assert 0.3 < on[name].mean() < 0.7
    if model == "pix2pix":
        # Both pictures of a pair, or none.
        np.testing.assert_array_equal(on["input"], on["target"])


# A style encoder is trained on generated images alone.
OF_IMAGES = [name for name, preset in PRESETS.items() if "points" not in preset.needs and name != "style_encoder"]


@pytest.mark.parametrize("name", OF_IMAGES)
def test_every_preset_of_images_has_the_setting(name):
    assert "flip" in {field.name for field in dataclasses.fields(PRESETS[name].config)}


def test_a_run_that_was_begun_before_there_was_the_setting_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)

    def train(**changes):
        tiny_run("attribute_judge", tmp_path / "run", **changes).train(Train())

    train(steps=1)
    path = tmp_path / "run" / "run.json"
    record = json.loads(path.read_text())
    assert record["config"].pop("flip") is True
    path.write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"config.flip: True -> False"):
        train(steps=2, flip=False)
    train(steps=2)
    assert json.loads(path.read_text())["config"]["flip"] is True


def test_a_text_encoder_that_is_trained_on_the_way_mirrors_no_more_than_the_model_it_is_for(tmp_path):
    for flip in (True, False):
        experiment = tiny_run("gan_cls", tmp_path / "run", encoder="char_cnn_rnn", flip=flip).experiment
        assert experiment.sibling("char_cnn_rnn").config.flip is flip
