"""Points of one or two dimensions: data, generated points and the discriminator's decision, and their animation."""

import pathlib

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image

from panels.figures import rendered
from pipelines.examples import GaussianMixture

# Of the grid on which densities and decisions are drawn.
FINE, COARSE = 400, 60
# Milliseconds a frame, and at the last one.
FRAME, PAUSE = 100, 2000


def says_probability(model) -> bool:
    """Whether the discriminator's output is the logit of a probability."""
    return model.config.adversarial in ("minimax", "non_saturating")


def decision(model, points: np.ndarray) -> np.ndarray:
    """(n,) the discriminator's output at (n, d) points: the probability of real or, without one, the score."""
    logits = model.discriminator({"image": tf.constant(points, tf.float32)}, training=False).numpy()[:, 0]
    return 1.0 / (1.0 + np.exp(-logits)) if says_probability(model) else logits


def point_picture(mixture: GaussianMixture, points: np.ndarray, model) -> np.ndarray:
    """(h, w, 3) uint8: one dimension as densities and the decision function, two as points over it.

    Args:
        mixture: the data's distribution.
        points: (n, d) generated.
        model: with `discriminator`, `config.adversarial` and `step`.
    """
    figure = Figure(figsize=(6, 5), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.set_title(f"step {model.step:,}")
    if mixture.centers.shape[1] == 1:
        draw_line(axes, mixture, points, model)
    else:
        draw_plane(axes, mixture, points, model)
    return rendered(figure)


def draw_line(axes, mixture: GaussianMixture, points: np.ndarray, model):
    """The densities of the data and of the generated numbers, D, and the optimal D (Goodfellow et al. 2014, 4.1)."""
    center, reach = float(mixture.centers.mean()), 8 * mixture.deviation
    x = np.linspace(center - 2 * reach, center + reach, FINE)
    data = mixture.density(x[:, np.newaxis])
    edges = np.linspace(x[0], x[-1], 97)
    share, _ = np.histogram(np.clip(points[:, 0], x[0], x[-1]), edges)
    generated = share / (len(points) * (edges[1] - edges[0]))
    axes.plot(x, data, "k:", label="density of the data")
    axes.stairs(generated, edges, fill=True, alpha=0.4, color="tab:green", label="density of the generated numbers")
    output = decision(model, x[:, np.newaxis])
    if says_probability(model):
        total = data + np.interp(x, (edges[1:] + edges[:-1]) / 2, generated)
        best = np.divide(data, total, out=np.full_like(x, np.nan), where=total > 1e-3)
        axes.plot(x, best, color="tab:blue", alpha=0.3, label="p / (p + q), the optimal D")
        axes.set_ylim(0, 1.3)
        axes.plot(x, output, color="tab:blue", label="D")
    else:
        axes.set_ylim(0, 1.3)
        axes.twinx().plot(x, output, color="tab:blue")
    axes.legend(loc="upper left", fontsize="small")


def draw_plane(axes, mixture: GaussianMixture, points: np.ndarray, model):
    """Centers of the data, generated points, and the decision function below."""
    reach = 1.4 * np.abs(mixture.centers).max()
    side = np.linspace(-reach, reach, COARSE)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    output = decision(model, plane).reshape(COARSE, COARSE)
    shown = axes.contourf(side, side, output, levels=20, cmap="RdBu", alpha=0.5)
    axes.figure.colorbar(shown, ax=axes, label="D" if says_probability(model) else "score")
    axes.plot(*mixture.centers.T, "k+", markersize=12, label="centers of the data")
    axes.plot(*points.T, ".", color="tab:green", markersize=2, label="generated")
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.legend(loc="upper right", fontsize="small")


def animation(pictures: list[pathlib.Path], path: pathlib.Path):
    """Write PNG files as the frames of a GIF file that repeats."""
    frames = [Image.open(picture) for picture in pictures]
    durations = [FRAME] * (len(frames) - 1) + [PAUSE]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0)
