"""Which picture is where: rows of classes and codes, and the page of an evaluation."""

import re

import numpy as np

from panels.classes import class_rows
from panels.codes import code_rows
from panels.gallery import gallery


class Shown:
    """A sampler whose pictures are its inputs: (n, 1, D + 1, 1), the label last; -1 without one."""

    def draw(self, inputs, seed):
        latent = inputs["latent"]
        label = np.asarray(inputs.get("label", np.full(len(latent), -1)))
        return np.concatenate([latent, label[:, np.newaxis]], axis=1)[:, np.newaxis, :, np.newaxis]


LATENT = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)


def test_a_class_has_the_same_noise_as_another_and_its_own_name_and_label():
    rows = class_rows(Shown(), ("cat", "dog", "owl"), [2, 0], LATENT)
    assert [name for name, _ in rows] == ["owl", "cat"]
    for (_, pictures), label in zip(rows, (2, 0), strict=True):
        np.testing.assert_array_equal(pictures[:, 0, :-1, 0], LATENT)
        assert (pictures[:, 0, -1, 0] == label).all()


def test_codes_change_one_part_of_the_latent_at_a_time():
    rows = code_rows(Shown(), {"noise": 2, "category": 3, "codes": 2}, LATENT)
    assert [name for name, _ in rows] == [
        *(f"category {category}" for category in range(3)),
        *(f"code {code}, -2 to 2" for code in (0, 0, 1, 1)),
    ]
    for category, (_, pictures) in enumerate(rows[:3]):
        wanted = LATENT.copy()
        wanted[:, 2:5] = np.eye(3)[category]
        np.testing.assert_array_equal(pictures[:, 0, :-1, 0], wanted)
    for place, (_, pictures) in enumerate(rows[3:]):
        # Two noises each.
        wanted = np.repeat(LATENT[place % 2][np.newaxis], 4, axis=0)
        wanted[:, 5 + place // 2] = [-2, -2 / 3, 2 / 3, 2]
        np.testing.assert_allclose(pictures[:, 0, :-1, 0], wanted, rtol=1e-6)


def test_a_page_shows_the_pictures_of_each_row_below_its_name_with_their_labels():
    page = gallery("Birds & co", [("one", {"input": "a.png", "output": "b.png"}), ("two", {"input": "c#1.png"})])
    assert "<h1>Birds &amp; co</h1>" in page
    found = re.findall(r"<p>(\w+)</p>|src=\"([^\"]+)\" alt=\"(\w+)\"><figcaption>(\w+)<", page)
    assert found == [
        ("one", "", "", ""),
        ("", "a.png", "input", "input"),
        ("", "b.png", "output", "output"),
        ("two", "", "", ""),
        ("", "c%231.png", "input", "input"),
    ]
