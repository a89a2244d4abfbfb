"""The experiments that only birds allow, and how their exemplars are chosen."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.vector_arithmetic import matches, vector_arithmetic
from tasks.base import task_for
from tasks.exploration import combinations
from tasks.request import Request
from tests.worlds import examples_of, tiny


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
    colors = ("red", "green", "blue")
    truth = SimpleNamespace(attribute_names=("breast color", "wing color"), attribute_values=(colors, colors))
    bounds = []

    def judge(images):
        """A color for the brightness of each half of a picture: each for a third of the first pictures."""
        halves = [images[:, :, :16].mean(axis=(1, 2, 3)), images[:, :, 16:].mean(axis=(1, 2, 3))]
        bounds.append([np.quantile(half, [1 / 3, 2 / 3]) for half in halves])
        return np.stack([np.digitize(half, bound) for half, bound in zip(halves, bounds[0], strict=True)], axis=1)

    given = []

    def spied(generator, judge, samples, combinations, *rest, **options):
        given.extend(combinations)
        return vector_arithmetic(generator, judge, samples, combinations, *rest, **options)

    monkeypatch.setattr(
        "tasks.exploration.Exploration.judge_of_attributes", lambda self: (judge, SimpleNamespace(truth=truth))
    )
    monkeypatch.setattr("tasks.exploration.vector_arithmetic", spied)
    figures, pictures = explore("vector_arithmetic")
    assert figures.pop("combinations") == len(given) > 0
    assert set(figures) == {"exemplars: 1", "exemplars: 3", "exemplars: 10", "control", "in pixels", "random samples"}
    for shares in figures.values():
        assert set(shares) == {"all", "breast color", "wing color"}
        assert all(0.0 <= share <= 1.0 for share in shares.values())
    assert pictures <= {"arithmetic_1.png", "arithmetic_2.png", "arithmetic_3.png"}
    # The wing, attribute 1, is what a and b differ in; the breast is c's.
    assert all(one.a[0] == one.b[0] and one.a[1] != one.b[1] for one in given)
    assert all(one.result == {0: one.c[0], 1: one.a[1]} for one in given)


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
