import numpy as np
import pytest

from metrics.similarity import (
    SCALE_WEIGHTS,
    multi_scale_similarity,
    nearest_truth_accuracy,
    similarity_figures,
    similarity_scales,
)
from tests.metrics import reference


def images(seed=0, side=16):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (3, side, side, 3)).astype(np.float32)


def test_hand_worked():
    truth = images()
    figures = similarity_figures(truth + 0.2, truth)
    # 0.2 of a range of 2.
    assert figures["l1"] == pytest.approx(0.1, rel=1e-4)
    # 10 log10(2^2 / 0.2^2).
    assert figures["psnr"] == pytest.approx(20.0, rel=1e-4)
    assert 0 < figures["ssim"] < 1


def test_all_four_are_those_of_their_definitions_averaged_over_images():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (3, 17, 13, 3))
    # One near its truth, one blurred, one of something else: a mean of logarithms is not the logarithm of a mean.
    pictures = np.stack([truth[0] // 2 + 60, (truth[1] + np.roll(truth[1], 1, 0)) // 2, truth[2, ::-1]])
    figures = similarity_figures(*((images / 127.5 - 1).astype(np.float32) for images in (pictures, truth)))
    assert figures == pytest.approx(reference.similarities(pictures, truth), rel=1e-4)


def test_the_truth_itself_is_best():
    truth = images()
    figures = similarity_figures(truth, truth)
    assert figures["l1"] == 0
    assert figures["ssim"] == pytest.approx(1.0)
    assert similarity_figures(images(1), truth)["ssim"] < 0.2


def test_sharpness_is_relative_to_the_truth_and_less_for_blurred_images():
    truth = images()
    assert similarity_figures(truth, truth)["sharpness"] == pytest.approx(1.0)
    assert similarity_figures(0.5 * truth, truth)["sharpness"] == pytest.approx(0.5)
    blurred = (truth + np.roll(truth, 1, axis=1) + np.roll(truth, 1, axis=2) + np.roll(truth, (1, 1), axis=(1, 2))) / 4
    assert similarity_figures(blurred, truth)["sharpness"] < 0.6
    assert np.isnan(similarity_figures(truth, 0 * truth)["sharpness"])


def test_small_images_have_no_ssim():
    assert set(similarity_figures(images(side=8), images(1, side=8))) == {"l1", "psnr", "sharpness"}


@pytest.mark.parametrize("other", [images()[:2], images()[:, :8], images()[:, :, :8]])
def test_shapes_must_match(other):
    with pytest.raises(ValueError, match="one shape"):
        similarity_figures(other, images())


def test_no_images():
    with pytest.raises(ValueError, match="one shape"):
        similarity_figures(images()[:0], images()[:0])


def test_the_nearest_truth_is_that_of_the_label_or_another():
    truth = np.stack([np.full((4, 4, 3), tone, np.uint8) for tone in (0, 0, 100, 200)])
    labels = np.array([7, 7, 1, 4])
    assert nearest_truth_accuracy(truth, truth, labels) == 1.0
    # The second is taken for label 1, the last for 1 too.
    moved = np.stack([np.full((4, 4, 3), tone, np.uint8) for tone in (40, 60, 100, 140)])
    assert nearest_truth_accuracy(moved, truth, labels) == 0.5


@pytest.mark.parametrize(("side", "channels"), [(176, 1), (44, 3)])
def test_multi_scale_similarity_is_that_of_its_definition_at_the_scales_that_fit(side, channels):
    rng = np.random.default_rng(0)
    scales = {176: 5, 44: 3}[side]
    assert similarity_scales(side, side + 16) == scales
    pictures = rng.uniform(-1, 1, (2, side, side + 16, channels))
    # Smooth ones, so that the smaller scales count as well.
    pictures = np.cumsum(np.cumsum(pictures, axis=1), axis=2)
    pictures = (2 * pictures / np.abs(pictures).max(axis=(1, 2, 3), keepdims=True) ** 0.9).clip(-1, 1)
    others = (0.8 * pictures + 0.1 + rng.uniform(-0.1, 0.1, pictures.shape)).clip(-1, 1)
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    expected = [
        reference.multi_scale_ssim(one / 2 + 0.5, other / 2 + 0.5, weights)
        for one, other in zip(pictures, others, strict=True)
    ]
    found = multi_scale_similarity(pictures, others)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (found > 0.1).all()
    assert (found < 0.98).all()


def test_images_have_as_many_scales_as_hold_the_window():
    sides = (176, 175, 88, 64, 44, 32, 28, 22, 16, 11, 10)
    assert [similarity_scales(side, 300) for side in sides] == [5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 0]
    assert multi_scale_similarity(images(), images()) == pytest.approx(np.ones(3))
    with pytest.raises(ValueError, match="at least 11 pixels a side"):
        multi_scale_similarity(images(side=10), images(side=10))
