"""Similarity of translations to the ground truth, and their sharpness relative to it."""

import numpy as np
import tensorflow as tf

# Side of SSIM's window, in pixels.
SSIM_WINDOW = 11


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
