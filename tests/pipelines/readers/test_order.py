import itertools
import random

import hypothesis
import pytest
from hypothesis import strategies

from pipelines.readers.order import natural
from pipelines.registry import load
from tests.pipelines.files import write_image, write_text


@pytest.mark.parametrize(
    "expected",
    [
        ["0", "1", "2", "10", "11"],
        ["class1", "class2", "class10", "other"],
        ["1.cat", "2.dog", "10.bird"],
        ["001", "002", "010"],
        ["v1.2", "v1.10", "v2"],
        ["-10", "-2", "-1", "0", "1", "3"],
        ["", "a", "a1", "a1b", "a2", "b"],
        ["9", "9" * 5000, "1" + "0" * 5000],
        ["x", "x²", "y"],
    ],
)
def test_numbers_count_by_value(expected):
    for order in itertools.islice(itertools.permutations(expected), 200):
        assert sorted(order, key=natural) == expected
    assert sorted(random.Random(0).sample(expected, len(expected)), key=natural) == expected


@hypothesis.given(strategies.sets(strategies.text("019-.ab\udc80²", max_size=4), min_size=2, max_size=8))
def test_any_names_have_one_order(names):
    ordered = sorted(names, key=natural)
    assert sorted(random.Random(1).sample(ordered, len(ordered)), key=natural) == ordered


def test_captioned_classes_are_in_this_order(tmp_path):
    for number in ("0", "1", "2", "10", "11"):
        write_image(tmp_path / number / f"{number}.png")
        write_text(tmp_path / number / f"{number}.txt", "a bird")
    found = load("captions", "train", 8, str(tmp_path), str(tmp_path / "cache"))
    assert found.class_names == ("0", "1", "2", "10", "11")
    labels = dict(zip(found.names, found.labels.tolist(), strict=True))
    assert labels == {"0/0": 0, "1/1": 1, "2/2": 2, "10/10": 3, "11/11": 4}
