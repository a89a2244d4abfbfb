import types

import numpy as np
import pytest

from experiments.nearest_neighbors import nearest_neighbors, run


def pictures(count, seed, channels=1):
    return np.random.default_rng(seed).uniform(-1, 1, (count, 6, 6, channels)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_copies_are_found_and_reported_as_memorized(channels):
    training, held_out = pictures(300, 0, channels), pictures(300, 1, channels)
    samples = training[[7, 50, 211] * 20].copy()
    finding = nearest_neighbors(samples, training, held_out, neighbors=3, shown=4)
    figures = finding.figures["pixels"]
    assert figures["samples_to_training"] == 0.0
    assert figures["ratio"] == 0.0
    assert figures["nearer_than_any_held_out"] == figures["nearer_than_1_percent_of_held_out"] == 1.0
    assert figures["nearer_to_training"] == 1.0
    picture = finding.pictures["pixels"]
    assert picture.shape[0] == 20 + 4 * 50
    # The sample, and beside it the image that it was copied from.
    np.testing.assert_array_equal(picture[20:68, :48], picture[20:68, 50:98])


def test_hand_worked():
    """Images of one pixel."""
    samples, training, held_out = (
        np.array(tones, np.float32).reshape(-1, 1, 1, 1)
        for tones in ([0.0, 0.505, 0.2, 0.9, -0.88], [0.0, 0.4, -0.9], [0.1, 0.8, -0.5])
    )
    # Nearest training images are at 0, .105, .2, .5 and .02; those of held-out ones at .1, .4 and .4, of which the
    # first hundredth is at .106. The nearest held-out images are at .1, .295, .1, .1 and .38.
    assert nearest_neighbors(samples, training, held_out).figures["pixels"] == pytest.approx(
        {
            "samples_to_training": 0.165,
            "held_out_to_training": 0.3,
            "ratio": 0.55,
            "nearer_than_any_held_out": 2 / 5,
            "nearer_than_1_percent_of_held_out": 3 / 5,
            "nearer_to_training": 3 / 5,
        },
        rel=1e-5,
    )


def test_a_run_searches_the_training_split_and_compares_with_the_test_split():
    splits = {"train": pictures(40, 0), "test": pictures(30, 1)}
    subject = types.SimpleNamespace(
        real=lambda split, most: (splits[split], None), samples=lambda count: splits["train"][:20], seed=0
    )
    figures = run(subject).figures
    assert figures["training_images"] == 40
    # The samples are copies of training images; of the test split none is near any.
    assert figures["pixels"]["samples_to_training"] == 0
    assert figures["pixels"]["held_out_to_training"] > 0.3
    assert figures["pixels"]["nearer_to_training"] > 0.8


def test_new_images_are_as_far_as_held_out_ones():
    finding = nearest_neighbors(pictures(400, 2), pictures(400, 0), pictures(400, 1))
    figures = finding.figures["pixels"]
    assert figures["ratio"] == pytest.approx(1.0, abs=0.03)
    assert figures["nearer_than_1_percent_of_held_out"] < 0.04
    assert figures["nearer_to_training"] == pytest.approx(0.5, abs=0.08)


def test_blur_lowers_the_ratio_but_is_not_taken_for_memorization():
    rng = np.random.default_rng(0)
    basis = rng.normal(0, 0.3, (4, 36))
    training, held_out, samples = ((rng.normal(size=(400, 4)) @ basis).reshape(-1, 6, 6, 1) for _ in range(3))
    figures = nearest_neighbors(0.5 * samples, training, held_out).figures["pixels"]
    assert figures["ratio"] < 0.8
    assert figures["nearer_to_training"] == pytest.approx(0.5, abs=0.08)


def test_features_are_a_space_of_their_own():
    training, held_out = pictures(50, 0), pictures(50, 1)
    finding = nearest_neighbors(-training[:10], training, held_out, features=lambda images: np.abs(images))
    assert finding.figures["features"]["samples_to_training"] == 0.0
    assert finding.figures["pixels"]["samples_to_training"] > 0.3
    assert set(finding.pictures) == {"pixels", "features"}
