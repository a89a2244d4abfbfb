"""R^2 of asked against measured attributes, of samples whose attributes are known."""

import dataclasses
import pathlib

import numpy as np
import pytest
from matplotlib import get_data_path

from engine.parts.attributes import attributes_of
from evaluation.evaluator import Data, measure
from evaluation.glyphs import AskedAttributes
from evaluation.images import ImageOutputs
from metrics.glyphs import standardized
from models.generation.class_configs import ATTRIBUTES
from pipelines.examples import DataError, RenderedGlyphs
from pipelines.glyphs.rendering import RANGES, Style, render
from tests.worlds import as_glyphs, labeled_images

FONTS = tuple(pathlib.Path(get_data_path(), "fonts", "ttf", f"DejaVu{name}.ttf") for name in ("Sans", "Sans-Bold"))
LETTERS = "AHn"


def style_of(attributes) -> Style:
    """In the ranges of the renderer, of attributes in [-1, 1]."""
    return Style(
        **{
            name: low + (high - low) * (value + 1) / 2
            for value, (name, (low, high)) in zip(attributes, RANGES.items(), strict=True)
        }
    )


class Drawing:
    """A sampler that draws letters by the renderer: as is asked, but for the attributes that it ignores."""

    classes, truncation = len(LETTERS), 0.0

    def __init__(self, ignored=()):
        self.ignored = list(ignored)

    def place(self, part):
        assert part == "attributes"
        return 2, 5

    def latents(self, count, seed):
        return tf_like(np.random.default_rng(seed).uniform(-1, 1, (count, 5)).astype(np.float32))

    def draw(self, inputs, seed):
        latent = self.latents(inputs["count"], seed).numpy()
        latent[:, self.ignored] = np.random.default_rng(9).uniform(-1, 1, (len(latent), len(self.ignored)))
        drawn = [
            render(LETTERS[label], FONTS[0], style_of(row[2:]), 32)
            for label, row in zip(inputs["label"], latent, strict=True)
        ]
        return np.stack(drawn)[..., np.newaxis]


def tf_like(values):
    class Values:
        numpy = staticmethod(values.copy)

    return Values


@pytest.fixture(scope="module")
def real():
    """Letters in two fonts, of which one is bold by itself."""
    rng = np.random.default_rng(1)
    asked = rng.uniform(-1, 1, (180, 3))
    labels, fonts = np.arange(180) % 3, np.arange(180) // 3 % 2
    styles = [style_of(row) for row in asked]
    images = [
        render(LETTERS[label], FONTS[font], style, 32) for label, font, style in zip(labels, fonts, styles, strict=True)
    ]
    return RenderedGlyphs(
        images=np.stack(images)[..., np.newaxis],
        names=tuple(map(str, range(180))),
        labels=labels.astype(np.int32),
        class_names=tuple(LETTERS),
        style_names=tuple(RANGES),
        styles=np.array([dataclasses.astuple(style) for style in styles], np.float32),
        fonts=fonts.astype(np.int32),
    )


def measured(sampler, real, count=240):
    data = Data(real, "test", count, seed=3, model_has=frozenset({"asked_attributes"}))
    return measure([AskedAttributes()], ImageOutputs(sampler, data, 1), data)


def test_the_attributes_are_those_of_the_renderer_and_of_the_rule():
    assert tuple(RANGES) == ATTRIBUTES == tuple(field.name for field in dataclasses.fields(Style))


def test_what_is_drawn_as_asked_has_the_r_squared_of_the_rule(real):
    figures = measured(Drawing(), real)
    assert figures.keys() == {
        "attribute_r_squared",
        *(f"{name}_r_squared{kind}" for name in ATTRIBUTES for kind in ("", "_of_rule")),
    }
    for name in ATTRIBUTES:
        assert figures[f"{name}_r_squared"] > 0.6
        # Of each letter in each font by itself: the bold one has its own offset.
        assert figures[f"{name}_r_squared_of_rule"] > 0.6
    assert figures["attribute_r_squared"] == pytest.approx(
        np.mean([figures[f"{name}_r_squared"] for name in ATTRIBUTES])
    )


@pytest.mark.parametrize("place", range(3))
def test_what_ignores_an_attribute_has_none_of_it(real, place):
    figures = measured(Drawing([2 + place]), real)
    for other, name in enumerate(ATTRIBUTES):
        share = figures[f"{name}_r_squared"]
        assert share < 0.1 if other == place else share > 0.5, name


def test_it_is_measured_where_attributes_are_asked_for_and_known(real):
    data = Data(real, "test", 9)
    assert measure([AskedAttributes()], ImageOutputs(Drawing(), data, 1), data) == {}


def test_numbers_of_each_group_have_the_mean_and_variance_of_uniform_ones():
    found = np.random.default_rng(0).normal(5, 3, (30, 2))
    groups = np.arange(30) % 3
    found[groups == 2, 1] = 4.0
    result = standardized(found, groups)
    for group in range(3):
        rows = result[groups == group]
        np.testing.assert_allclose(rows.mean(axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(rows.var(axis=0), [1 / 3, 0.0 if group == 2 else 1 / 3])
    # In the same order as before.
    one = groups == 0
    np.testing.assert_array_equal(np.argsort(result[one, 0]), np.argsort(found[one, 0]))
    # What comes in is not changed.
    assert found[2, 1] == 4.0


def test_the_attributes_of_training_images_follow_what_they_were_drawn_with(real):
    found = attributes_of(real)
    assert found.shape == (180, 3)
    kinds = real.labels * 2 + real.fonts
    for place in range(3):
        for kind in range(6):
            of_kind = kinds == kind
            assert np.corrcoef(found[of_kind, place], real.styles[of_kind, place])[0, 1] > 0.65
    # Characters that are wide by nature have the same numbers as others.
    for label in range(3):
        np.testing.assert_allclose(found[real.labels == label].mean(axis=0), 0.0, atol=1e-9)
    # A bold font is heavier than another, whatever was added to both.
    assert found[real.fonts == 1, 0].mean() > found[real.fonts == 0, 0].mean() + 0.3


def test_what_cannot_be_measured_is_told_in_a_line():
    examples = as_glyphs(labeled_images())
    examples.images[[4, 7]] = 255
    with pytest.raises(
        DataError, match=r"need characters that fonts draw in black\. Received: 2 without, the first train/4"
    ):
        attributes_of(examples)
