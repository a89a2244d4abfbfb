"""What a run takes for unseen examples, and what it says where they were trained on."""

import dataclasses

import pytest

from pipelines.examples import DataError
from tests.worlds import captioned_images, labeled_images, paired_images, tiny_run, unpaired_images

MODELS = {"gan_cls": captioned_images, "acgan": labeled_images, "pix2pix": paired_images, "cyclegan": unpaired_images}


def unseen(monkeypatch, tmp_path, model, train, test):
    monkeypatch.setattr("pipelines.registry.load", lambda name, split, *_: train if split == "train" else test())
    return tiny_run(model, tmp_path).splits.unseen


@pytest.mark.parametrize("model", MODELS)
def test_a_test_split_is_known_by_its_pixels(tmp_path, monkeypatch, caplog, model):
    train, other = MODELS[model](), MODELS[model](seed=1)
    assert unseen(monkeypatch, tmp_path, model, train, lambda: other) == (other, "test")
    assert not caplog.records
    copy = dataclasses.replace(train)
    assert unseen(monkeypatch, tmp_path, model, train, lambda: copy) == (copy, "train")
    assert "to test on are all trained on: no figure or picture is of unseen ones" in caplog.text


@pytest.mark.parametrize("model", ["pix2pix", "cyclegan"])
@pytest.mark.parametrize("side", "ab")
def test_one_side_that_was_trained_on_is_enough(tmp_path, monkeypatch, caplog, model, side):
    train = MODELS[model]()
    test = dataclasses.replace(MODELS[model](seed=1), **{side: getattr(train, side)})
    assert unseen(monkeypatch, tmp_path, model, train, lambda: test)[1] == "train"
    assert f"The images of {side.upper()} to test on are all trained on" in caplog.text


def test_some_training_images_among_those_to_test_on_are_a_warning(tmp_path, monkeypatch, caplog):
    train, test = labeled_images(), labeled_images(seed=1)
    test.images[:6] = train.images[:6]
    assert unseen(monkeypatch, tmp_path, "acgan", train, lambda: test)[1] == "test"
    assert "25.0 % of the images to test on are images that are trained on, too" in caplog.text


def test_no_test_split(tmp_path, monkeypatch, caplog):
    def fail():
        raise DataError("0 test images")

    train = labeled_images()
    assert unseen(monkeypatch, tmp_path, "acgan", train, fail) == (train, "train")
    assert "Training images stand in for images to test on: 0 test images" in caplog.text
