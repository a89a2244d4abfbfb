"""The curves of one dimension and the plane of two, against the densities and decisions that they stand for."""

import types

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image

from panels.points import animation, decision, draw_line, draw_plane
from pipelines.examples import GaussianMixture

NORMAL = GaussianMixture(np.array([[4.0]], np.float32), 0.5)


def model_of(adversarial):
    """A discriminator whose logit is the sum of a point's coordinates, less 4."""

    def discriminator(inputs, training):
        assert not training
        return tf.reduce_sum(inputs["image"], axis=1, keepdims=True) - 4.0

    return types.SimpleNamespace(
        config=types.SimpleNamespace(adversarial=adversarial), discriminator=discriminator, step=3
    )


@pytest.mark.parametrize(
    ("adversarial", "expected"),
    [
        ("non_saturating", [0.5, 1 / (1 + np.exp(-2))]),
        ("minimax", [0.5, 1 / (1 + np.exp(-2))]),
        ("wasserstein", [0.0, 2.0]),
        ("least_squares", [0.0, 2.0]),
    ],
)
def test_the_decision_is_a_probability_where_the_output_is_its_logit_and_the_score_elsewhere(adversarial, expected):
    np.testing.assert_allclose(decision(model_of(adversarial), np.array([[4.0], [6.0]])), expected, rtol=1e-6)
    np.testing.assert_allclose(decision(model_of(adversarial), np.array([[1.0, 3.0], [2.0, 4.0]])), expected, rtol=1e-6)


def test_the_line_shows_both_densities_the_discriminator_and_the_optimal_one():
    axes = Figure().subplots()
    # Half of the points at 4, half at 5, in bins of 12 / 96.
    points = np.repeat([4.01, 5.01], 500)[:, np.newaxis]
    draw_line(axes, NORMAL, points, model_of("non_saturating"))
    curves = {line.get_label(): line.get_data() for line in axes.lines}
    x, data = curves["density of the data"]
    np.testing.assert_allclose(data, scipy.stats.norm(4, 0.5).pdf(x), rtol=1e-4)
    np.testing.assert_allclose(curves["D"][1], 1 / (1 + np.exp(4 - x)), rtol=1e-4)
    # In the middle of the bin of 4.01 all that is generated has the density 0.5 / 0.125; far from both, none.
    optimal = curves["p / (p + q), the optimal D"][1]
    middle = np.argmin(np.abs(x - 4.0625))
    p = scipy.stats.norm(4, 0.5).pdf(x[middle])
    assert optimal[middle] == pytest.approx(p / (p + 4), abs=0.05)
    assert optimal[np.argmin(np.abs(x - 3.0))] == pytest.approx(1.0)
    (stairs,) = axes.patches
    values, edges, _ = stairs.get_data()
    assert np.sum(values * np.diff(edges)) == pytest.approx(1.0)


def test_the_plane_shows_the_centers_and_the_points():
    mixture = GaussianMixture(np.array([[2.0, 0.0], [0.0, -2.0]], np.float32), 0.1)
    points = np.array([[1.0, 0.5], [-1.0, 0.25]])
    axes = Figure().subplots()
    draw_plane(axes, mixture, points, model_of("wasserstein"))
    curves = {line.get_label(): np.transpose(line.get_data()) for line in axes.lines}
    np.testing.assert_array_equal(curves["centers of the data"], mixture.centers)
    np.testing.assert_array_equal(curves["generated"], points)


def test_an_animation_has_the_pictures_in_their_order_and_rests_at_the_last(tmp_path):
    paths = [tmp_path / f"{tone}.png" for tone in (10, 200, 90)]
    for path in paths:
        Image.new("RGB", (8, 8), (int(path.stem),) * 3).save(path)
    animation(paths, tmp_path / "all.gif")
    with Image.open(tmp_path / "all.gif") as frames:
        shown = []
        for frame in range(frames.n_frames):
            frames.seek(frame)
            shown.append((frames.convert("RGB").getpixel((0, 0))[0], frames.info["duration"]))
    assert [tone for tone, _ in shown] == pytest.approx([10, 200, 90], abs=2)
    assert shown[2][1] > shown[0][1] == shown[1][1]
