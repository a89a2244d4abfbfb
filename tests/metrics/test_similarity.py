import numpy as np
import pytest

from metrics.similarity import nearest_is_right, similarity_figures


def images(seed=0, side=16):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (3, side, side, 3)).astype(np.float32)


def test_hand_worked():
    truth = images()
    figures = similarity_figures(truth + 0.2, truth)
    # 0.2 of a range of 2.
    assert figures["L1"] == pytest.approx(0.1, rel=1e-4)
    # 10 log10(2^2 / 0.2^2).
    assert figures["PSNR"] == pytest.approx(20.0, rel=1e-4)
    assert 0 < figures["SSIM"] < 1


def test_the_truth_itself_is_best():
    truth = images()
    figures = similarity_figures(truth, truth)
    assert figures["L1"] == 0
    assert figures["SSIM"] == pytest.approx(1.0)
    assert similarity_figures(images(1), truth)["SSIM"] < 0.2


def test_sharpness_is_that_of_the_truth_or_less_where_it_is_blurred():
    truth = images()
    assert similarity_figures(truth, truth)["sharpness"] == pytest.approx(1.0)
    assert similarity_figures(0.5 * truth, truth)["sharpness"] == pytest.approx(0.5)
    blurred = (truth + np.roll(truth, 1, axis=1) + np.roll(truth, 1, axis=2) + np.roll(truth, (1, 1), axis=(1, 2))) / 4
    assert similarity_figures(blurred, truth)["sharpness"] < 0.6
    assert np.isnan(similarity_figures(truth, 0 * truth)["sharpness"])


def test_small_images_have_no_ssim():
    assert set(similarity_figures(images(side=8), images(1, side=8))) == {"L1", "PSNR", "sharpness"}


@pytest.mark.parametrize("other", [images()[:2], images()[:, :8], images()[:, :, :8]])
def test_shapes_that_do_not_go_together(other):
    with pytest.raises(ValueError, match="one shape"):
        similarity_figures(other, images())


def test_no_images():
    with pytest.raises(ValueError, match="one shape"):
        similarity_figures(images()[:0], images()[:0])


def test_the_nearest_truth_is_the_right_one_or_another():
    truth = np.stack([np.full((4, 4, 3), tone, np.uint8) for tone in (0, 0, 100, 200)])
    labels = np.array([7, 7, 1, 4])
    assert nearest_is_right(truth, truth, labels) == 1.0
    # The second is taken for label 1, the last for 1 too.
    moved = np.stack([np.full((4, 4, 3), tone, np.uint8) for tone in (40, 60, 100, 140)])
    assert nearest_is_right(moved, truth, labels) == 0.5
