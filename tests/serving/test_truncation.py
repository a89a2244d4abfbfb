"""Truncated noise: within its bounds, of the quantiles of what it was, and as drawn by the commands."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from engine.command import CommandError, Evaluate, Generate, Sample, Train
from engine.experiment import check_truncation
from models.generation.latent import latents
from serving.latents import LatentSampler, truncated_normal
from tests.models.steps import plain
from tests.worlds import examples_of, tiny_run


@pytest.mark.parametrize("threshold", [0.1, 0.7, 2.0])
def test_its_distribution_is_that_of_noise_which_is_drawn_again_until_it_is_within(threshold):
    noise = tf.random.stateless_normal((40_000,), (0, 1))
    found = truncated_normal(noise, threshold).numpy()
    assert np.abs(found).max() <= threshold * (1 + 1e-5)
    expected = scipy.stats.truncnorm(-threshold, threshold)
    assert scipy.stats.kstest(found, expected.cdf).pvalue > 1e-3
    # The same noise, drawn nearer: its order stays.
    order = np.argsort(noise.numpy())
    assert np.all(np.diff(found[order]) >= 0)


def test_without_a_bound_it_is_the_noise():
    noise = tf.constant([-2.0, 0.0, 0.5])
    np.testing.assert_allclose(truncated_normal(noise, 8.0), noise, atol=1e-4)


def test_a_sampler_draws_truncated_noise_and_leaves_the_other_as_it_was():
    model = plain("biggan", image_size=8, latent_dim=4)
    sampler = LatentSampler(model.sampled_generator, latents(model.config), classes=3, is_normal=True)
    near = sampler.truncated(0.5)
    usual = sampler.latents(50, 3).numpy()
    np.testing.assert_allclose(near.latents(50, 3), truncated_normal(usual, 0.5), atol=1e-6)
    np.testing.assert_array_equal(sampler.latents(50, 3), usual)
    assert sampler.truncated(0.0) is sampler
    assert (near.truncation, sampler.truncation) == (0.5, 0.0)
    assert near.draw({"count": 2, "label": np.zeros(2, int)}, 0).shape == (2, 8, 8, 1)


@pytest.mark.parametrize("command", [Sample, Generate, Evaluate])
def test_it_is_refused_where_noise_is_not_normal_or_there_is_none(command, tmp_path):
    for model, received in (
        ("dcgan", "dcgan with latent_distribution=uniform"),
        ("infogan", "infogan with latent_distribution=uniform"),
        ("gan_2d", "gan_2d with latent_distribution=normal"),
        ("pix2pix", "pix2pix"),
    ):
        with pytest.raises(CommandError, match=f"--truncation is for images from normal noise. Received: {received}$"):
            check_truncation(tiny_run(model, tmp_path).experiment, command(truncation=0.5))
    check_truncation(tiny_run("sngan", tmp_path).experiment, command(truncation=0.5))
    check_truncation(tiny_run("dcgan", tmp_path).experiment, command())


def test_each_command_draws_with_its_own_threshold(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = tiny_run("sngan", tmp_path / "run", steps=1)
    run.train(Train())
    asked, truncated = [], LatentSampler.truncated
    monkeypatch.setattr(
        LatentSampler, "truncated", lambda self, threshold: asked.append(threshold) or truncated(self, threshold)
    )
    output = str(tmp_path / "out")
    tiny_run("sngan", tmp_path / "run", steps=1).sample(Sample(truncation=0.2, output=f"{output}.png"))
    tiny_run("sngan", tmp_path / "run", steps=1).generate(Generate(truncation=0.3, num_images=2, output=output))
    evaluated = tiny_run("sngan", tmp_path / "run", steps=1).evaluate(Evaluate(truncation=0.4, num_samples=50))
    assert {0.2, 0.3, 0.4} <= set(asked)
    assert evaluated["protocol"]["truncation"] == 0.4
