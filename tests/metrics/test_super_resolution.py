"""Figures of super-resolution by their definitions."""

import math

import numpy as np
import pytest

from metrics.super_resolution import luma, luma_psnr, luma_ssim, power_spectrum, spectrum_distance


def noise(seed=0, side=40):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def test_luma_is_matlabs():
    colors = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_allclose(luma(colors), [[16.0, 235.0, 81.481, 40.966]], atol=2e-3)


def test_psnr_is_of_luma_with_a_peak_of_255_and_without_the_border():
    truth = noise() // 2
    brighter = truth + 10
    # 10 of 255 of each color are 10 * 219 / 255 of luma.
    assert luma_psnr(brighter, truth, 4) == pytest.approx(20 * math.log10(255 / (10 * 219.0 / 255)), rel=1e-4)
    framed = truth.copy()
    framed[:4] = framed[-4:] = framed[:, :4] = framed[:, -4:] = 255
    assert luma_psnr(framed, truth, 4) == pytest.approx(100.0)
    assert luma_psnr(framed, truth, 3) < 40


def reference_ssim(one, other, deviation=1.5, side=11):
    """Wang et al. 2004, equation 13, of all whole windows."""
    offsets = np.arange(side) - side // 2
    line = np.exp(-(offsets**2) / (2 * deviation**2))
    window = np.outer(line, line) / line.sum() ** 2

    def filtered(x):
        return np.einsum("ijkl,kl->ij", np.lib.stride_tricks.sliding_window_view(x, (side, side)), window)

    mean_one, mean_other = filtered(one), filtered(other)
    variances = filtered(one**2) - mean_one**2, filtered(other**2) - mean_other**2
    covariance = filtered(one * other) - mean_one * mean_other
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return np.mean(
        (2 * mean_one * mean_other + low)
        * (2 * covariance + high)
        / ((mean_one**2 + mean_other**2 + low) * (sum(variances) + high))
    )


def test_ssim_is_wangs_of_luma_without_the_border():
    truth, image = noise(), np.clip(noise().astype(int) + noise(1) // 4, 0, 255).astype(np.uint8)
    expected = reference_ssim(luma(image)[4:-4, 4:-4], luma(truth)[4:-4, 4:-4])
    assert luma_ssim(image, truth, 4) == pytest.approx(expected, abs=1e-4)
    assert luma_ssim(truth, truth, 4) == pytest.approx(1.0)
    assert math.isnan(luma_ssim(truth[:18], truth[:18], 4))


def test_a_wave_has_its_power_in_the_band_of_its_frequency():
    places = np.arange(96)
    for cycles in (6, 18, 40):
        wave = 127 + 100 * np.sin(2 * np.pi * cycles * places / 96)
        image = np.broadcast_to(wave[np.newaxis, :, np.newaxis], (96, 96, 3)).astype(np.uint8)
        spectrum = power_spectrum(image)
        # 24 bands up to half a cycle a pixel.
        assert spectrum.argmax() in (cycles // 2, cycles // 2 - 1)
        assert spectrum[spectrum.argmax()] > 20 * np.median(spectrum)


def test_blurred_and_noisy_pictures_are_far_in_spectrum_and_another_picture_of_a_kind_is_near():
    truth = noise(side=96)
    blurred = truth.reshape(48, 2, 48, 2, 3).mean(axis=(1, 3)).repeat(2, 0).repeat(2, 1).astype(np.uint8)
    assert spectrum_distance(truth, truth) == 0
    assert spectrum_distance(noise(1, 96), truth) < 1.5
    assert spectrum_distance(blurred, truth) > 5
    # Twice the contrast is four times the power: 6 dB in each band.
    half = (truth.astype(float) / 2 + 64).astype(np.uint8)
    assert spectrum_distance(half, truth) == pytest.approx(20 * math.log10(2), abs=0.1)
