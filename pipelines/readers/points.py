"""Mixtures of Gaussians of one or two dimensions, whose density is known."""

import numpy as np

from pipelines.examples import GaussianMixture


def load_normal(split: str, load_size: int, data_dir: str, cache_dir: str) -> GaussianMixture:
    """One normal distribution, N(4, 0.5): away from 0, where the outputs of an untrained generator are."""
    return GaussianMixture(np.array([[4.0]], np.float32), 0.5)


def load_ring(split: str, load_size: int, data_dir: str, cache_dir: str, modes: int = 8) -> GaussianMixture:
    """Gaussians with standard deviation 0.02 on a circle of radius 2 (Metz et al. 2017, appendix A)."""
    angles = 2.0 * np.pi * np.arange(modes) / modes
    return GaussianMixture(np.stack([2.0 * np.cos(angles), 2.0 * np.sin(angles)], axis=1).astype(np.float32), 0.02)


def load_grid(split: str, load_size: int, data_dir: str, cache_dir: str, side: int = 5) -> GaussianMixture:
    """Gaussians with standard deviation 0.05 on a 5 x 5 grid of spacing 2 (Lin et al. 2018, PacGAN, section 4.1)."""
    axis = 2.0 * np.arange(side) - (side - 1)
    return GaussianMixture(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32), 0.05)
