"""The experiments that only birds allow, and how their exemplars are chosen."""

import json

import numpy as np
import pytest

from tasks.base import task_for
from tasks.exploration import combination
from tasks.request import Request
from tests.worlds import captioned_images, examples_of, tiny


@pytest.fixture(autouse=True)
def tiny_data(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)


@pytest.fixture
def explore(tmp_path):
    config = tiny("dcgan", steps=3, learning_rate=0.05)

    def run(experiment):
        made = task_for(Request("dcgan", "birds", config, str(tmp_path / "run"), experiment=experiment))
        made.train()
        figures = made.explore()
        folder = tmp_path / "run" / "explore" / experiment
        assert json.loads((folder / "figures.json").read_text()) == figures
        return figures, {path.name for path in folder.glob("*.png")}

    return run


def test_dropping_is_told_where_the_object_is_and_how_well_that_is_known(explore, monkeypatch):
    def segmenter(image_size, data_dir, cache_dir):
        return lambda images: images[..., 0] > np.median(images[..., 0]), 0.75

    monkeypatch.setattr("tasks.exploration.branch_segmenter", segmenter)
    figures, pictures = explore("dropping")
    assert figures["intersection over union of the segmenter"] == 0.75
    assert {"maps", "dropped", "AUC", "before", "after", "after random"} <= set(figures)
    assert pictures == {"dropping.png"}


def test_arithmetic_finds_its_exemplars_by_the_judge(explore, monkeypatch):
    birds = captioned_images()

    def judge(images):
        """Three values of two attributes, by the brightness of the halves of a picture."""
        halves = [images[:, :, :16].mean(axis=(1, 2, 3)), images[:, :, 16:].mean(axis=(1, 2, 3))]
        values = [np.digitize(half, [-0.02, 0.02]) for half in halves]
        return np.stack([*values, np.zeros(len(images), int)], axis=1)

    monkeypatch.setattr("tasks.exploration.Exploration.judge_of_attributes", lambda self: (judge, birds))
    monkeypatch.setattr("tasks.exploration.combination", lambda *arguments: ((0, 1), (0, 2)))
    monkeypatch.setattr(
        "tasks.exploration.find_exemplars", lambda seen, latents, wanted: latents[sum(wanted.values()) :][:3]
    )
    figures, pictures = explore("vector_arithmetic")
    assert set(figures) == {"results", "chance", "pixels"}
    assert all(0.0 <= share <= 1.0 for share in figures.values())
    assert pictures == {"arithmetic.png"}


def test_the_combination_that_is_seen_most_and_moves_a_color_that_is_neither_body():
    seen = np.array([(0, 1)] * 5 + [(2, 1)] * 5 + [(2, 3)] * 4 + [(1, 3)] * 9)
    first, second = combination(seen, 0, 1, (4, 4))
    # (a, a'), (b, a') and (b, c') are seen; (a, c') is what is made.
    (a, b), (a2, c2) = first, second
    assert min(np.sum((seen == pair).all(axis=1)) for pair in ((a, a2), (b, a2), (b, c2))) == 4
    assert a not in (a2, c2)


def test_without_three_of_each_there_is_no_combination():
    assert combination(np.array([(0, 1)] * 9 + [(2, 1)] * 2 + [(2, 3)] * 9), 0, 1, (4, 4)) is None
