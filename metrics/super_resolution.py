"""Figures of super-resolution: PSNR and SSIM of luma as tables of papers have them, and power spectra."""

import numpy as np
import tensorflow as tf

# BT.601 of RGB in [0, 1], from 16 to 235, as MATLAB's rgb2ycbcr.
LUMA, OFFSET = np.array([65.481, 128.553, 24.966]), 16.0
# Bands of spatial frequency, from the lowest to half a cycle a pixel.
BANDS = 24
SSIM_WINDOW = 11


def luma(image: np.ndarray) -> np.ndarray:
    """(h, w) float64: Y of a (h, w, 3) uint8 image, from 16 to 235, not rounded."""
    return OFFSET + image.astype(np.float64) @ LUMA / 255.0


def shaved(image: np.ndarray, border: int) -> np.ndarray:
    """(h, w, ...) without `border` pixels at each side."""
    return image[border : image.shape[0] - border, border : image.shape[1] - border]


def luma_psnr(image: np.ndarray, truth: np.ndarray, border: int) -> float:
    """PSNR in dB of the luma of two (h, w, 3) uint8 images, with a peak of 255, without a border; at most 100, which
    equal ones have.
    """
    error = np.mean((shaved(luma(image), border) - shaved(luma(truth), border)) ** 2)
    return float(10.0 * np.log10(255.0**2 / max(error, 255.0**2 / 10.0**10)))


def luma_ssim(image: np.ndarray, truth: np.ndarray, border: int) -> float:
    """SSIM (Wang et al. 2004: a Gaussian window of 11 pixels, deviation 1.5) of the same, the mean over whole windows.

    NaN of images with fewer than 11 pixels a side within the border.
    """
    pair = [shaved(luma(side), border)[np.newaxis, :, :, np.newaxis].astype(np.float32) for side in (image, truth)]
    if min(pair[0].shape[1:3]) < SSIM_WINDOW:
        return float("nan")
    return float(tf.image.ssim(*pair, 255.0, filter_size=SSIM_WINDOW, filter_sigma=1.5)[0])


def power_spectrum(image: np.ndarray, bands: int = BANDS) -> np.ndarray:
    """(bands,) mean power of the luma of a (h, w, 3) uint8 image by spatial frequency, of equal steps up to half a
    cycle a pixel; without the constant, under a Hann window, as a picture is not periodic.
    """
    values = luma(image)
    window = np.outer(*(np.hanning(length + 2)[1:-1] for length in values.shape))
    power = np.abs(np.fft.fft2((values - values.mean()) * window)) ** 2 / np.sum(window**2)
    radius = np.hypot(*np.meshgrid(*(np.fft.fftfreq(length) for length in values.shape), indexing="ij"))
    band = np.minimum((radius * 2 * bands).astype(int), bands)
    counts = np.bincount(band.ravel(), minlength=bands + 1)[:bands]
    return np.bincount(band.ravel(), power.ravel(), minlength=bands + 1)[:bands] / np.maximum(counts, 1)


def spectrum_distance(image: np.ndarray, truth: np.ndarray) -> float:
    """The root mean squared difference of two images' power spectra, in dB: 0 where all bands have the same power."""
    # A tenth of a step of a pixel value's variance: of flat pictures nothing is divided by 0.
    least = 1e-2
    ratio = 10.0 * np.log10((power_spectrum(image) + least) / (power_spectrum(truth) + least))
    return float(np.sqrt(np.mean(ratio**2)))
