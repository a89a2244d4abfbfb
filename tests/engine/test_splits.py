"""What a run takes for unseen examples, and what it says where they were trained on."""

import dataclasses

import pytest

from pipelines.examples import DataError
from tests.worlds import captioned_images, labeled_images, paired_images, tiny_run, unpaired_images

MODELS = {"gan_cls": captioned_images, "acgan": labeled_images, "pix2pix": paired_images, "cyclegan": unpaired_images}


def splits(monkeypatch, tmp_path, model, train, test):
    monkeypatch.setattr("pipelines.registry.load", lambda name, split, *_: train if split == "train" else test())
    return tiny_run(model, tmp_path).splits


def unseen(*arguments):
    return splits(*arguments).unseen


@pytest.mark.parametrize("model", MODELS)
def test_a_test_split_is_known_by_its_pixels(tmp_path, monkeypatch, caplog, model):
    train, other = MODELS[model](), MODELS[model](seed=1)
    assert unseen(monkeypatch, tmp_path, model, train, lambda: other) == (other, "test")
    assert not caplog.records
    copy = dataclasses.replace(train)
    assert unseen(monkeypatch, tmp_path, model, train, lambda: copy) == (copy, "train")
    assert "to test on are all trained on: no figure or picture is of unseen ones" in caplog.text


@pytest.mark.parametrize("side", "ab")
def test_one_side_that_was_trained_on_is_enough_where_there_are_no_pairs(tmp_path, monkeypatch, caplog, side):
    train = unpaired_images()
    test = dataclasses.replace(unpaired_images(seed=1), **{side: getattr(train, side)})
    assert unseen(monkeypatch, tmp_path, "cyclegan", train, lambda: test)[1] == "train"
    assert f"The images of {side.upper()} to test on are all trained on" in caplog.text


@pytest.mark.parametrize("side", "ab")
def test_pairs_that_share_one_side_with_training_pairs_are_unseen(tmp_path, monkeypatch, caplog, side):
    train = paired_images()
    test = dataclasses.replace(paired_images(seed=1), **{side: getattr(train, side)})
    found = splits(monkeypatch, tmp_path, "pix2pix", train, lambda: test)
    assert (found.unseen[1], found.trained_on) == ("test", 0.0)
    assert not caplog.records


@pytest.mark.parametrize(
    ("model", "fields", "share", "what"),
    [
        ("acgan", ("images",), 6 / 24, "images"),
        ("gan_cls", ("images",), 6 / 18, "images"),
        ("pix2pix", ("a", "b"), 6 / 10, "pairs"),
        # The larger share of the two sides.
        ("cyclegan", ("a", "b"), 6 / 7, "images of B"),
    ],
)
def test_some_training_images_among_those_to_test_on(tmp_path, monkeypatch, caplog, model, fields, share, what):
    train, test = MODELS[model](), MODELS[model](seed=1)
    for field in fields:
        getattr(test, field)[:6] = getattr(train, field)[:6]
    found = splits(monkeypatch, tmp_path, model, train, lambda: test)
    assert found.unseen == (test, "test")
    assert found.trained_on == pytest.approx(share)
    assert f"{100 * share:.1f} % of the {what} to test on are trained on, too" in caplog.text


def test_the_share_that_is_trained_on_is_all_or_nothing_elsewhere(tmp_path, monkeypatch):
    def fail():
        raise DataError("0 test images")

    train, other = labeled_images(), labeled_images(seed=1)
    for test, share in ((lambda: other, 0.0), (lambda: dataclasses.replace(train), 1.0), (fail, 1.0)):
        assert splits(monkeypatch, tmp_path, "acgan", train, test).trained_on == share


def test_no_test_split(tmp_path, monkeypatch, caplog):
    def fail():
        raise DataError("0 test images")

    train = labeled_images()
    assert unseen(monkeypatch, tmp_path, "acgan", train, fail) == (train, "train")
    assert "Training images stand in for images to test on: 0 test images" in caplog.text
