"""How near translations are to the truth, where it is known, and how sharp they are beside it."""

import numpy as np
import tensorflow as tf

# SSIM looks at squares of this many pixels.
SSIM_WINDOW = 11


def similarity_figures(translated: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Means over images of the mean absolute difference (of values in [0, 1]), PSNR in dB and SSIM (Wang et al. 2004),
    and the sharpness: how much neighbouring pixels differ, as a share of how much they do in the truth.

    Args:
        translated: (n, h, w, 3) floats in [-1, 1].
        truth: the same shape and range.

    Returns:
        "L1" (0 is best), "PSNR" and "SSIM" (the more, the better; SSIM only of images of 11 pixels or more a side), and
        "sharpness" (below 1 for what is blurred, above it for what is noisy; NaN where the truth is of one tone).

    Raises:
        ValueError: the shapes differ, or there are no images.
    """
    if translated.shape != truth.shape or not len(truth):
        raise ValueError(f"images must have one shape; received {translated.shape} and {truth.shape}")
    # To [0, 1]: SSIM compares mean tones, and is meant for tones that are not negative.
    translated, truth = (np.asarray(images + 1.0, np.float32) / 2.0 for images in (translated, truth))
    figures = {"L1": float(np.mean(np.abs(translated - truth)))}
    figures["PSNR"] = float(tf.reduce_mean(tf.image.psnr(translated, truth, 1.0)))
    if min(truth.shape[1:3]) >= SSIM_WINDOW:
        figures["SSIM"] = float(tf.reduce_mean(tf.image.ssim(translated, truth, 1.0, filter_size=SSIM_WINDOW)))
    contrast = np.float64(neighbour_difference(truth))
    figures["sharpness"] = float(neighbour_difference(translated) / contrast) if contrast else float("nan")
    return figures


def nearest_is_right(translated: np.ndarray, truth: np.ndarray, labels: np.ndarray) -> float:
    """The share of translations that are nearest, by L1, to the truth of their own label.

    Args:
        translated: (n, h, w, c) images.
        truth: the same shape; all of a label show the same, and the first of each is compared with.
        labels: (n,) integers.
    """
    names, first = np.unique(labels, return_index=True)
    wanted = truth[first].astype(np.float32)
    nearest = [names[np.argmin(np.abs(wanted - image.astype(np.float32)).mean(axis=(1, 2, 3)))] for image in translated]
    return float(np.mean(nearest == labels))


def neighbour_difference(images: np.ndarray) -> float:
    """The mean absolute difference between a pixel of (n, h, w, c) images and the next one below and beside it."""
    return float(np.mean(np.abs(np.diff(images, axis=1))) + np.mean(np.abs(np.diff(images, axis=2))))
