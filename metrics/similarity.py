"""Similarity of translations to the ground truth, and their sharpness relative to it."""

import numpy as np
import tensorflow as tf

# Side of SSIM's window, in pixels.
SSIM_WINDOW = 11
# Of the contrast and structure of each scale, each half as large as the one before (Wang et al. 2003, section 3.2).
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def similarity_figures(translated: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Means over images of the mean absolute difference (of values in [0, 1]), PSNR in dB and SSIM (Wang et al. 2004),
    and the sharpness: the mean difference of neighboring pixels, divided by that of the truth.

    Args:
        translated: (n, h, w, 3) floats in [-1, 1].
        truth: the same shape and range.

    Returns:
        "l1" (0 is best), "psnr" and "ssim" (higher is better; "ssim" only for images of at least 11 pixels a side), and
        "sharpness" (below 1 for blurred images, above 1 for noisy ones; NaN where the truth is constant).

    Raises:
        ValueError: the shapes differ, or there are no images.
    """
    if translated.shape != truth.shape or not len(truth):
        raise ValueError(f"images must have one shape. Received: {translated.shape} and {truth.shape}")
    # To [0, 1]: SSIM compares means, and is defined for values that are not negative.
    translated, truth = (np.asarray(images + 1.0, np.float32) / 2.0 for images in (translated, truth))
    figures = {"l1": float(np.mean(np.abs(translated - truth)))}
    figures["psnr"] = float(tf.reduce_mean(tf.image.psnr(translated, truth, 1.0)))
    if min(truth.shape[1:3]) >= SSIM_WINDOW:
        figures["ssim"] = float(tf.reduce_mean(tf.image.ssim(translated, truth, 1.0, filter_size=SSIM_WINDOW)))
    contrast = np.float64(neighbor_difference(truth))
    figures["sharpness"] = float(neighbor_difference(translated) / contrast) if contrast else float("nan")
    return figures


def similarity_scales(height: int, width: int) -> int:
    """How many of the five scales of MS-SSIM images have, in pixels: those at which they hold its window of 11.

    Five of 176 pixels or more, four of 88, three of 44, two of 22, one of 11, none of fewer.
    """
    scales = 0
    while scales < len(SCALE_WEIGHTS) and min(height, width) >> scales >= SSIM_WINDOW:
        scales += 1
    return scales


def multi_scale_similarity(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) MS-SSIM (Wang et al. 2003) of (n, h, w, c) images in [-1, 1] and as many others, each with its own.

    Of images of fewer than 176 pixels a side it is of fewer scales (`similarity_scales`), whose weights are scaled to a
    sum of 1: compare only numbers of one size.

    Raises:
        ValueError: the shapes differ, there are no images, or they have fewer than 11 pixels a side.
    """
    scales = similarity_scales(*images.shape[1:3])
    if images.shape != others.shape or not len(images) or not scales:
        raise ValueError(
            f"images must have one shape, of at least {SSIM_WINDOW} pixels a side. "
            f"Received: {images.shape} and {others.shape}"
        )
    images, others = (np.asarray(side + 1.0, np.float32) / 2.0 for side in (images, others))
    weights = np.array(SCALE_WEIGHTS[:scales]) / sum(SCALE_WEIGHTS[:scales])
    return tf.image.ssim_multiscale(images, others, 1.0, weights.tolist(), filter_size=SSIM_WINDOW).numpy()


def nearest_truth_accuracy(translated: np.ndarray, truth: np.ndarray, labels: np.ndarray) -> float:
    """The share of translations whose nearest truth, by L1, is that of their own label.

    Args:
        translated: (n, h, w, c) images.
        truth: the same shape; equal for equal labels, of which the first is used.
        labels: (n,) integers.
    """
    names, first = np.unique(labels, return_index=True)
    wanted = truth[first].astype(np.float32)
    nearest = [names[np.argmin(np.abs(wanted - image.astype(np.float32)).mean(axis=(1, 2, 3)))] for image in translated]
    return float(np.mean(nearest == labels))


def neighbor_difference(images: np.ndarray) -> float:
    """The mean absolute difference between a pixel of (n, h, w, c) images and the next one below and beside it."""
    return float(np.mean(np.abs(np.diff(images, axis=1))) + np.mean(np.abs(np.diff(images, axis=2))))
