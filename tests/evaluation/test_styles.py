"""Every number of an evaluation of styles, by a sampler and a judge whose answers are known."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from evaluation.evaluator import applicable, measure
from evaluation.styles import StyleError, StyleOutputs, StyleVerification, TransferredAttributes
from metrics.verification import BACKGROUND, POSE, same_style, verification_auc
from tests.evaluation.doubles import SIDE, attribute_judge, pictures
from tests.evaluation.test_captions import COUNTS, SEEN, examples, outputs_of

KINDS = np.array([0, 1, 2, 1, 0, 2, 0, 1, 1, 2, 0, 2])


class StyleDouble:
    """Stands in for a sampler of styles: the style of a picture is its kind's row of a table; what is drawn is as the
    captions ask, and as the style of its row where `table` says so."""

    image_size = SIDE

    def __init__(self, captions, table, follows_style=False):
        self.captions, self.table, self.follows_style, self.asked = captions, table, follows_style, []

    def styles_of(self, images):
        cells = np.asarray(images, int)[:, ::2, ::2, 0].reshape(len(images), -1)
        return self.table[cells.argmax(axis=1)]

    def draw(self, inputs, seed):
        self.asked.append(inputs)
        kinds = inputs["styles"].argmax(axis=1) if self.follows_style else inputs["embeddings"][:, 0].astype(int)
        return pictures(kinds, channels=3)


def style_outputs(asked=KINDS, style=None, table=None, follows_style=False):
    """The outputs of pictures of KINDS, of which the captions ask for kinds; every picture has a style row."""
    given = examples(KINDS, SEEN[KINDS])
    if style is not None:
        truth = dataclasses.replace(given.truth, style_names=(*BACKGROUND, *POSE), style=style)
        given = dataclasses.replace(given, truth=truth)
    samples, data = outputs_of(given, asked, judge=attribute_judge(SEEN, COUNTS))
    table = np.eye(16) if table is None else table
    return StyleOutputs(StyleDouble(samples.sampler, table, follows_style), data, samples), data


def test_the_error_is_of_each_number_of_the_noise_that_the_images_were_drawn_from():
    outputs, data = style_outputs()
    latent = np.random.default_rng(0).normal(size=(len(KINDS), 4))
    drawn = []
    outputs.sampler.captions.latents = lambda count, seed: tf.constant(latent[:count])
    outputs.sampler.captions.draw = lambda inputs, seed: drawn.append(inputs["latent"])
    outputs.sampler.styles_of = lambda images: drawn[-1] + np.array([0.5, -0.5, 0.5, 1.5])
    figures = measure([StyleError()], outputs, data)
    # Three numbers are off by a half, and one by one and a half.
    assert figures == pytest.approx({"style_error": 3 / 4, "style_error_of_zero": np.mean(latent**2)})


def test_poses_and_backgrounds_are_verified_by_the_styles_of_the_pictures_themselves():
    rng = np.random.default_rng(1)
    style = rng.integers(0, 2, (len(KINDS), 7)).astype(float)
    # The background's kind is the picture's, of which alone the sampler knows; the pose is any.
    style[:, 0], style[:, 1:3] = KINDS, 0.0
    outputs, data = style_outputs(style=style)
    figures = measure([StyleVerification()], outputs, data)
    rows = outputs.samples.chosen[:, 0]
    assert figures["same_background_auc"] == 1.0
    pose = same_style(style[rows][:, 3:])
    assert pose[np.triu_indices(len(rows), 1)].any()
    assert figures["same_pose_auc"] == pytest.approx(verification_auc(np.eye(16)[KINDS[rows]], pose))
    text = outputs.samples.texts
    assert figures["same_pose_auc_of_text"] == pytest.approx(verification_auc(text, pose))
    assert figures.keys() == {f"same_{name}_auc{kind}" for name in ("pose", "background") for kind in ("", "_of_text")}


def test_styles_that_are_not_known_are_not_verified():
    _, data = style_outputs()
    assert applicable([StyleVerification()], data) == []
    _, data = style_outputs(style=np.zeros((len(KINDS), 7)))
    assert len(applicable([StyleVerification()], data)) == 1


def test_captions_are_drawn_in_the_style_of_the_image_before():
    outputs, data = style_outputs((KINDS + 1) % 3)
    figures = measure([TransferredAttributes()], outputs, data)
    ((inputs),) = outputs.sampler.asked
    rows = outputs.samples.chosen[:, 0]
    np.testing.assert_array_equal(inputs["styles"], np.eye(16)[KINDS[np.roll(rows, 1)]])
    np.testing.assert_array_equal(inputs["embeddings"], outputs.samples.texts)
    # Transfers and samples are as the captions are read: both wrong, and alike.
    for key in ("attributes", "wing_color", "breast_or_belly_color", "size"):
        assert figures[f"transferred_{key}"] == figures[f"transferred_{key}_of_samples"] < 1


def test_a_style_that_takes_the_captions_place_is_seen():
    kept, data = style_outputs()
    figures = measure([TransferredAttributes()], kept, data)
    assert figures["transferred_attributes"] == figures["transferred_attributes_of_samples"] == 1.0
    lost, data = style_outputs(follows_style=True)
    figures = measure([TransferredAttributes()], lost, data)
    assert figures["transferred_attributes"] < 0.8
    assert figures["transferred_attributes_of_samples"] == 1.0
