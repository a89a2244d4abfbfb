"""Accuracy over mentioned attributes, on images whose attributes are written in their first pixels."""

import types

import numpy as np
import pytest

from metrics.text_to_image import attribute_accuracy, attribute_figures, diversity_figures
from tests.metrics import reference

NAMES = ("crown color", "breast color", "belly color", "wing color")
GROUPS = ("breast_or_belly_color", "wing_color", "crown_color")


def pictures(attributes):
    """(n, 4, 4, 3) images from which `read_off` reads the attributes."""
    images = np.zeros((len(attributes), 4, 4, 3), np.float32)
    images[:, 0, :, 0] = np.asarray(attributes) / 10
    return images


def read_off(images):
    return np.rint(images[:, 0, :, 0] * 10).astype(int)


def test_mentioned_attributes_are_counted_by_group():
    wanted = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 1, 1, 1]])
    seen = np.array([[0, 2, 0, 4], [5, 6, 7, 0], [0, 0, 0, 0]])
    named = np.array([[0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    shares = attribute_accuracy(seen, wanted, named, NAMES)
    # Breast and belly: three of four. Wings: one of two. The crown is never named.
    assert shares == {"breast_or_belly_color": 0.75, "wing_color": 0.5}


def test_each_mention_counts_by_itself():
    wanted, named = np.array([[0, 1, 2, 3]]), np.array([[0, 1, 0, 1]], bool)
    assert attribute_accuracy(np.array([[9, 1, 9, 9]]), wanted, named, NAMES) == {
        "breast_or_belly_color": 1.0,
        "wing_color": 0.0,
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
    assert set(figures) == {f"{group}{kind}" for group in GROUPS for kind in ("", "_of_real", "_of_shuffled")}
    for group in GROUPS:
        assert figures[group] == figures[f"{group}_of_real"] == 1.0
        assert figures[f"{group}_of_shuffled"] == pytest.approx(0.1, abs=0.04)


def test_the_ceiling_is_the_accuracy_on_real_images():
    """A generator that ignores its captions, with a judge that is right on real images."""
    generator = np.random.default_rng(2)
    attributes = generator.integers(10, size=(500, 4))
    mentions = np.ones((500, 1, 4), bool)
    captions = np.stack([np.arange(500), np.zeros(500, int)], axis=1)
    figures = figures_of(generator.integers(10, size=(500, 4)), attributes, mentions, captions)
    for group in GROUPS:
        assert figures[f"{group}_of_real"] == 1.0
        assert figures[group] == pytest.approx(0.1, abs=0.05)


def test_only_the_attributes_of_the_drawn_caption_count():
    attributes = np.array([[1, 2, 3, 4]])
    mentions = np.array([[[0, 0, 0, 1], [1, 0, 0, 0]]], bool)
    generated = [[9, 9, 9, 4]]
    wing, crown = (figures_of(generated, attributes, mentions, np.array([[0, caption]])) for caption in (0, 1))
    assert wing == {"wing_color": 1.0, "wing_color_of_real": 1.0, "wing_color_of_shuffled": 1.0}
    assert crown == {"crown_color": 0.0, "crown_color_of_real": 1.0, "crown_color_of_shuffled": 0.0}


def test_diversity_is_zero_where_a_caption_always_gives_the_same_image():
    same = np.ones((3, 4, 4, 3), np.float32)
    varied = np.random.default_rng(0).uniform(-1, 1, (3, 4, 4, 3)).astype(np.float32)
    figures = diversity_figures([same, same], [varied])
    assert figures["diversity_within_caption"] == 0
    assert figures["diversity_within_class_of_real"] > 0.1


def test_diversities_are_means_over_captions_and_over_classes():
    rng = np.random.default_rng(0)
    captions, classes = ([rng.uniform(-1, 1, (count, 2, 2, 3)) for count in counts] for counts in ((3, 5), (2, 4, 6)))
    assert diversity_figures(captions, classes) == pytest.approx(
        {
            "diversity_within_caption": np.mean([*map(reference.mean_pairwise_distance, captions)]),
            "diversity_within_class_of_real": np.mean([*map(reference.mean_pairwise_distance, classes)]),
        }
    )
