"""The share of named attributes seen, on pictures whose attributes are written in their first pixels."""

import types

import numpy as np
import pytest

from metrics.text_to_image import attribute_figures, diversity_figures, share_seen

NAMES = ("crown color", "breast color", "belly color", "wing color")
GROUPS = ("breast or belly color", "wing color", "crown color")


def pictures(attributes):
    """(n, 4, 4, 3) images from which `read_off` reads the attributes."""
    images = np.zeros((len(attributes), 4, 4, 3), np.float32)
    images[:, 0, :, 0] = np.asarray(attributes) / 10
    return images


def read_off(images):
    return np.rint(images[:, 0, :, 0] * 10).astype(int)


def test_what_is_named_is_counted_group_by_group():
    wanted = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 1, 1, 1]])
    seen = np.array([[0, 2, 0, 4], [5, 6, 7, 0], [0, 0, 0, 0]])
    named = np.array([[0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    shares = share_seen(seen, wanted, named, NAMES)
    # Breast and belly: three of four. Wings: one of two. The crown is never named.
    assert shares == {"breast or belly color": 0.75, "wing color": 0.5}


def test_each_part_counts_by_itself():
    wanted, named = np.array([[0, 1, 2, 3]]), np.array([[0, 1, 0, 1]], bool)
    assert share_seen(np.array([[9, 1, 9, 9]]), wanted, named, NAMES) == {
        "breast or belly color": 1.0,
        "wing color": 0.0,
    }


def figures_of(generated, attributes, mentions, captions):
    truth = types.SimpleNamespace(attributes=attributes, mentions=mentions, attribute_names=NAMES)
    real = pictures(attributes[captions[:, 0]])
    return attribute_figures(read_off, pictures(generated), real, captions, truth, np.random.default_rng(0))


def test_a_perfect_generator_reaches_the_ceiling_and_shuffled_captions_the_floor():
    """500 examples, 10 equally frequent values: a caption of another example is right one time in ten."""
    generator = np.random.default_rng(1)
    attributes = generator.integers(10, size=(500, 4))
    mentions = np.ones((500, 2, 4), bool)
    captions = np.stack([generator.permutation(500), generator.integers(2, size=500)], axis=1)
    figures = figures_of(attributes[captions[:, 0]], attributes, mentions, captions)
    assert figures["generated"] == figures["real renders"] == dict.fromkeys(GROUPS, 1.0)
    for group in GROUPS:
        assert figures["shuffled captions"][group] == pytest.approx(0.1, abs=0.04)


def test_only_what_the_drawn_caption_of_an_image_names_is_asked_for():
    attributes = np.array([[1, 2, 3, 4]])
    mentions = np.array([[[0, 0, 0, 1], [1, 0, 0, 0]]], bool)
    generated = [[9, 9, 9, 4]]
    assert figures_of(generated, attributes, mentions, np.array([[0, 0]]))["generated"] == {"wing color": 1.0}
    assert figures_of(generated, attributes, mentions, np.array([[0, 1]]))["generated"] == {"crown color": 0.0}


def test_diversity_is_none_where_a_caption_always_gives_the_same_picture():
    same = np.ones((3, 4, 4, 3), np.float32)
    varied = np.random.default_rng(0).uniform(-1, 1, (3, 4, 4, 3)).astype(np.float32)
    figures = diversity_figures([same, same], [varied])
    assert figures["samples of one caption"] == 0
    assert figures["real images of one class"] > 0.1
