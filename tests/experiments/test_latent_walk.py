import numpy as np
import pytest

from experiments.latent_walk import latent_walk
from tests.experiments import toys


def straight(first, second, count):
    weight = np.linspace(0.0, 1.0, count)[:, np.newaxis]
    return (1.0 - weight) * first + weight * second


def jump(first, second, count):
    return np.stack([first] * (count // 2) + [second] * (count - count // 2))


@pytest.mark.parametrize("channels", [1, 3])
def test_smooth_walks_take_small_steps_and_jumps_do_not(channels):
    generator = toys.halves(channels)
    # Two anchors a row, apart from each other.
    anchors = np.array([[[1, 1], [-1, -1]], [[1, -1], [-1, 1]]], np.float32)
    smooth = latent_walk(generator, anchors, straight, steps=8)
    assert smooth.pictures["walk"].shape == (2 * 50, 16 * 50, 3)
    share = "largest_step_ratio"
    assert 1 / 8 <= smooth.figures[share] < 0.25
    assert smooth.figures["distance_of_independent_samples"] == pytest.approx(2 * np.tanh(1), rel=1e-5)
    sharp = latent_walk(generator, anchors, jump, steps=8)
    assert sharp.figures[share] == pytest.approx(1.0, rel=1e-5)


def test_hand_worked():
    # Tones tanh of 1, .5, 0, -.5, -1 and back.
    finding = latent_walk(toys.halves(), np.array([[[1, 1], [-1, -1]]], np.float32), straight, steps=4)
    assert finding.figures == pytest.approx(
        {
            "largest_step": np.tanh(0.5),
            "mean_step": np.tanh(1) / 2,
            "distance_of_independent_samples": 2 * np.tanh(1),
            "largest_step_ratio": np.tanh(0.5) / np.tanh(1) / 2,
        },
        rel=1e-5,
    )


def test_a_walk_is_a_closed_loop_through_its_anchors():
    generator = toys.halves()
    anchors = np.random.default_rng(0).normal(size=(1, 3, 2)).astype(np.float32)
    steps = 4
    walk = latent_walk(generator, anchors, straight, steps)
    tones = walk.pictures["walk"][10, 10::50, 0][: 3 * steps]
    expected = np.rint((np.tanh(anchors[0, :, 0]) + 1) * 127.5)
    np.testing.assert_allclose(tones[::steps], expected, atol=1)
    # The step from the last image to the first counts.
    assert walk.figures["largest_step"] < walk.figures["distance_of_independent_samples"]


def test_each_row_may_have_a_class():
    anchors = np.zeros((2, 2, 2), np.float32)
    walk = latent_walk(toys.halves(classes=2), anchors, straight, 2, labels=np.array([0, 1]))
    assert walk.pictures["walk"][10, 10, 0] < walk.pictures["walk"][60, 10, 0]
    # A generator that ignores its latents has no distance to compare with.
    assert walk.figures["largest_step_ratio"] is None


def test_a_loop_needs_two_anchors():
    with pytest.raises(ValueError, match="two or more"):
        latent_walk(toys.halves(), np.zeros((1, 1, 2), np.float32), straight)
