"""Interpolations: how even their steps are, and whether their ends show what was asked."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import CommandError, Explore
from engine.experiment import check_explored
from engine.folder import RunFolder
from experiments.interpolation import STEPS, largest_over_mean_step, run
from experiments.subject import Evaluated
from panels.interpolation import between_latents, between_texts, lerp, slerp
from tests.evaluation.doubles import attribute_judge
from tests.evaluation.test_captions import COUNTS, SEEN, examples, outputs_of
from tests.worlds import tiny_run, write_untrained


def test_even_steps_are_1_and_a_single_one_is_all_of_them():
    even = np.linspace([0.0, 0.0], [3.0, 4.0], 11)
    single = np.repeat([[0.0, 0.0], [3.0, 4.0]], [4, 7], axis=0)
    assert largest_over_mean_step(even[np.newaxis]) == pytest.approx(1.0)
    assert largest_over_mean_step(single[np.newaxis]) == pytest.approx(10.0)
    # The mean over strips; one that does not move has no steps to compare.
    assert largest_over_mean_step(np.stack([even, single, np.zeros((11, 2))])) == pytest.approx(5.5)
    assert largest_over_mean_step(np.zeros((1, 11, 2))) is None


def test_strips_go_from_text_to_text_with_one_noise_and_from_noise_to_noise_with_one_text():
    rng = np.random.default_rng(0)
    texts, latents = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(2, 5)).astype(np.float32)
    strips = between_texts("abc", texts, latents[0], 7)
    assert [label for label, _, _ in strips] == ["a  ->  b", "b  ->  c"]
    np.testing.assert_array_equal(strips[1][1], lerp(texts[1], texts[2], 7))
    np.testing.assert_array_equal(strips[1][2], np.repeat(latents[:1], 7, axis=0))
    strips = between_latents("abc", texts, *latents, 7)
    assert [label for label, _, _ in strips] == ["a", "b", "c"]
    np.testing.assert_array_equal(strips[2][1], np.repeat(texts[2:], 7, axis=0))
    np.testing.assert_array_equal(strips[2][2], slerp(*latents, 7))


@pytest.mark.parametrize("shift", [0, 1])
def test_the_ends_of_strips_are_judged_by_their_own_captions(shift):
    """A sampler that draws the kind asked for (or the next one), and nothing between kinds: jumps."""
    kinds = np.array([0, 1, 2, 1, 0, 2, 0])
    given = examples(kinds, SEEN[kinds])
    outputs, data = outputs_of(given, (kinds + shift) % 3, judge=attribute_judge(SEEN, COUNTS))
    outputs.sampler.latents = lambda count, seed: tf.eye(count, 5)
    figures = run(Evaluated(outputs, data)).figures
    assert (figures["strips"], figures["steps"]) == (6, STEPS)
    shares = [figures[kind]["named_attributes_at_ends"] for kind in ("sentences", "noises")]
    assert (shares == [1.0, 1.0]) if shift == 0 else (max(shares) < 0.9)
    # With the sentence fixed, such a sampler draws one picture.
    assert figures["noises"]["largest_over_mean_step"] is None
    assert figures["sentences"]["largest_over_mean_step"] > 5
    assert figures["sentences"]["largest_over_mean_step_in_pixels"] > 5


def test_without_a_judge_the_steps_are_in_pixels_alone(world, tmp_path, encoder_folder):
    gan = tiny_run("gan_cls", tmp_path / "gan", encoder_folder)
    write_untrained(gan)
    config = RunFolder(tmp_path / "gan").need_record()["config"]
    again = tiny_run("gan_cls", tmp_path / "gan", config["text_encoder"])
    figures = again.explore(Explore(experiment="interpolation"))
    folder = tmp_path / "gan" / "explore" / "interpolation"
    assert json.loads((folder / "figures.json").read_text()) == figures
    for kind in ("sentences", "noises"):
        assert set(figures[kind]) == {"largest_over_mean_step_in_pixels"}
        assert 1.0 <= figures[kind]["largest_over_mean_step_in_pixels"] <= STEPS - 1
        assert np.asarray(Image.open(folder / f"{kind}.png")).shape == (6 * 66, 260 + STEPS * 66, 3)


@pytest.mark.parametrize(
    ("model", "experiment", "message"),
    [
        ("gan_cls", "latent_walk", "is for models whose input is noise; accepted for gan_cls are interpolation"),
        (
            "dcgan",
            "style_transfer",
            "is for models whose input is images and captions; accepted for dcgan are latent_w",
        ),
        ("style_encoder", "interpolation", "is for models whose input is captions; accepted .* are style_transfer"),
    ],
)
def test_an_experiment_on_another_kind_of_model_is_refused_before_anything_is_loaded(model, experiment, message):
    with pytest.raises(CommandError, match=f"--experiment={experiment} {message}.* Received: --model={model}"):
        check_explored(model, Explore(experiment=experiment))
