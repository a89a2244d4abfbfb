"""GANs of one or two dimensions: what both players believe, as pictures and an animation; modes, counted."""

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image

from metrics.modes import mode_figures
from models.core.trained import TrainedModel
from panels.figures import rendered
from pipelines.atomic import atomic_write
from pipelines.batches.points import point_batches, sample
from pipelines.examples import GaussianMixture
from runs.folder import RunError
from serving.image_sampler import ImageSampler
from tasks.base import Prepared, fingerprint, with_measured
from tasks.generation import GenerationTask

# Points in a picture.
SHOWN = 1000
# Of the grid on which densities and decisions are drawn.
FINE, COARSE = 400, 60
# Milliseconds a frame, and at the last one.
FRAME, PAUSE = 100, 2000


class PointGenerationTask(GenerationTask):
    """Trains, draws and scores a generator of points."""

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Points of the distribution."""
        mixture: GaussianMixture = self.load("train")
        batches = point_batches(mixture, self.request.config)
        data = {"centers": fingerprint(mixture.centers), "deviation": mixture.deviation}
        return Prepared(with_measured(self.request.config, batches.measured), batches, data)

    def pictures(self, model: TrainedModel):
        """What is real, what is generated, and what the discriminator says."""
        mixture: GaussianMixture = self.load("train")

        def draw() -> dict[str, np.ndarray]:
            sampler = self.sampler_of(model)
            points = sampler.sample(sampler.latents(SHOWN, model.config.seed).numpy())
            return {"points": picture(mixture, points, model, f"step {model.step:,}")}

        return draw

    def finish(self, model: TrainedModel):
        """Export, and make an animation of the pictures."""
        super().finish(model)
        frames = [Image.open(path) for path in sorted(self.folder.pictures.glob("points-*.png"))]
        with atomic_write(self.folder.path / "animation.gif") as aside:
            durations = [FRAME] * (len(frames) - 1) + [PAUSE]
            frames[0].save(aside, save_all=True, append_images=frames[1:], duration=durations, loop=0)
        print(f"The training as an animation is {self.folder.path / 'animation.gif'}.", flush=True)

    def sampled_picture(self, sampler: ImageSampler) -> np.ndarray:
        """The trained model's points, of the request's seed."""
        if self.request.interpolate or self.request.labels:
            raise RunError(
                "--interpolate and --label are of images, and this model draws points. "
                f"Received: {self.request.interpolate or self.request.labels[0]}"
            )
        points = sampler.sample(sampler.latents(SHOWN, self.request.sample_seed).numpy())
        return picture(self.load("train"), points, self.trained_model(), f"step {sampler.step:,}")

    def evaluate(self) -> dict:
        """Modes found, quality, and how far the generated points are from real ones."""
        mixture: GaussianMixture = self.load("train")
        sampler, count, seed = self.sampler(), self.request.num_samples, self.request.sample_seed
        points = sampler.sample(sampler.latents(count, seed).numpy())
        real = sample(mixture, count, tf.constant([seed, 1])).numpy()
        figures = {"weights": self.weights(sampler.step), "points": count}
        if mixture.centers.shape[1] == 1:
            figures |= {
                "mean": float(points.mean()),
                "mean of the data": float(real.mean()),
                "deviation": float(points.std()),
                "deviation of the data": float(real.std()),
                # In one dimension the best transport keeps the order.
                "Wasserstein-1 distance": float(np.abs(np.sort(points[:, 0]) - np.sort(real[:, 0])).mean()),
            }
        else:
            figures |= mode_figures(points, mixture.centers, mixture.deviation)
        return self.write_figures(figures)


def decision(model: TrainedModel, points: np.ndarray) -> np.ndarray:
    """(n,) what the discriminator says of (n, d) points: the probability of real or, without one, the score."""
    logits = model.discriminator({"image": tf.constant(points, tf.float32)}, training=False).numpy()[:, 0]
    return 1.0 / (1.0 + np.exp(-logits)) if says_probability(model) else logits


def says_probability(model: TrainedModel) -> bool:
    """Whether the discriminator's output is the logit of a probability."""
    return model.config.adversarial in ("minimax", "non_saturating")


def picture(mixture: GaussianMixture, points: np.ndarray, model: TrainedModel, title: str) -> np.ndarray:
    """(h, w, 3) uint8: one dimension as densities and the decision function, two as points over it."""
    figure = Figure(figsize=(6, 5), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    if mixture.centers.shape[1] == 1:
        draw_line(axes, mixture, points, model)
    else:
        draw_plane(axes, mixture, points, model)
    return rendered(figure)


def draw_line(axes, mixture: GaussianMixture, points: np.ndarray, model: TrainedModel):
    """The densities of the data and of the generated numbers, D, and the best D against them (section 4.1)."""
    center, reach = float(mixture.centers.mean()), 8 * mixture.deviation
    x = np.linspace(center - 2 * reach, center + reach, FINE)
    data = mixture.density(x[:, np.newaxis])
    edges = np.linspace(x[0], x[-1], 97)
    share, _ = np.histogram(np.clip(points[:, 0], x[0], x[-1]), edges)
    generated = share / (len(points) * (edges[1] - edges[0]))
    axes.plot(x, data, "k:", label="density of the data")
    axes.stairs(generated, edges, fill=True, alpha=0.4, color="tab:green", label="density of what is generated")
    said = decision(model, x[:, np.newaxis])
    if says_probability(model):
        total = data + np.interp(x, (edges[1:] + edges[:-1]) / 2, generated)
        best = np.divide(data, total, out=np.full_like(x, np.nan), where=total > 1e-3)
        axes.plot(x, best, color="tab:blue", alpha=0.3, label="p / (p + q), the best D")
        axes.set_ylim(0, 1.3)
        axes.plot(x, said, color="tab:blue", label="D")
    else:
        axes.set_ylim(0, 1.3)
        axes.twinx().plot(x, said, color="tab:blue")
    axes.legend(loc="upper left", fontsize="small")


def draw_plane(axes, mixture: GaussianMixture, points: np.ndarray, model: TrainedModel):
    """Real centers, generated points, and the decision function below."""
    reach = 1.4 * np.abs(mixture.centers).max()
    side = np.linspace(-reach, reach, COARSE)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    said = decision(model, plane).reshape(COARSE, COARSE)
    shown = axes.contourf(side, side, said, levels=20, cmap="RdBu", alpha=0.5)
    axes.figure.colorbar(shown, ax=axes, label="D" if says_probability(model) else "score")
    axes.plot(*mixture.centers.T, "k+", markersize=12, label="centers of the data")
    axes.plot(*points.T, ".", color="tab:green", markersize=2, label="generated")
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.legend(loc="upper right", fontsize="small")
