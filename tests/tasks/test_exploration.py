"""The experiments that only birds allow, and how their exemplars are chosen."""

import json

import numpy as np
import pytest

from experiments.vector_arithmetic import Combination, matches
from tasks.base import task_for
from tasks.exploration import combinations
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
    # Of what a model draws after three steps, hardly anything is seen often enough.
    monkeypatch.setattr("experiments.vector_arithmetic.Judged.rows", lambda self, wanted: np.arange(10))
    wing, breast = (birds.truth.attribute_names.index(name) for name in ("wing color", "breast color"))
    monkeypatch.setattr(
        "tasks.exploration.combinations",
        lambda *arguments: [Combination(*({wing: one, breast: two} for one, two in ((0, 1), (1, 1), (1, 0), (0, 0))))],
    )
    figures, pictures = explore("vector_arithmetic")
    assert figures.pop("combinations") == 1
    assert set(figures) == {"exemplars: 1", "exemplars: 3", "exemplars: 10", "in pixels", "chance"}
    assert all(0.0 <= share <= 1.0 for share in figures.values())
    assert pictures == {"arithmetic_1.png"}


def test_combinations_move_a_color_that_is_neither_body_the_most_seen_first():
    seen = np.array([(0, 1)] * 5 + [(2, 1)] * 5 + [(2, 3)] * 4 + [(1, 3)] * 9 + [(0, 3)] * 3)
    found = combinations(seen, 0, 1, (4, 4), least=3)
    often = [min(matches(seen, group).sum() for group in one.groups) for one in found]
    assert often == sorted(often, reverse=True)
    assert often[0] == 4
    for one in found:
        # (a, a') - (b, a') + (b, c') = (a, c').
        assert (one.a[1], one.b[0], one.result) == (one.b[1], one.c[0], {0: one.a[0], 1: one.c[1]})
        assert one.a[0] not in (one.a[1], one.c[1])
    assert len(combinations(seen, 0, 1, (4, 4), least=4)) < len(found)


def test_where_a_group_is_rarely_seen_there_is_no_combination():
    assert not combinations(np.array([(0, 1)] * 9 + [(2, 1)] * 2 + [(2, 3)] * 9), 0, 1, (4, 4), least=3)
