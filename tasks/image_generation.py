"""The classic line on images: grids while training, samples by class, scores, and an exported model."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from evaluation.features import feature_network
from experiments.result import NothingFoundError
from metrics.classes import category_error, class_score, class_shares
from metrics.diversity import mean_pairwise_distance
from metrics.frechet import frechet_distance
from models.core.trained import TrainedModel
from models.generation.configs import InfoGANConfig
from panels.grids import between, captioned_rows, grid, spherically_between
from pipelines.atomic import atomic_write
from pipelines.batches.labeled import real_batches
from pipelines.examples import LabeledImages
from pipelines.images import to_float, with_channels
from runs.folder import RunError
from serving.image_sampler import ImageSampler
from tasks.attribute_judge import in_batches, trained_judge
from tasks.base import Prepared, data_record, with_measured
from tasks.class_judge import ClassJudgeTask, judge_features
from tasks.exploration import Exploration
from tasks.generation import GenerationTask

# Of the training's pictures.
COLUMNS, ROWS = 8, 8
LABEL_WIDTH = 110  # pixels
# Classes (or categories) in a picture of all.
MOST_ROWS = 20
# Real images that samples are compared with, and pictures whose distances are taken.
COMPARED, SPREAD = 10_000, 400


class ImageGenerationTask(GenerationTask):
    """Trains, samples and scores a generator of images."""

    def load_size(self, image_size: int) -> int:
        """As they are trained on: nothing is cropped."""
        return image_size

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Images, with their classes where there are any."""
        examples = self.load("train")
        batches = real_batches(examples, self.request.config)
        return Prepared(with_measured(self.request.config, batches.measured), batches, data_record(examples))

    # Pictures.

    def pictures(self, model: TrainedModel):
        """A fixed grid: a row a class where the model is told it, or a code at a time (InfoGAN), else as it comes."""
        names = self.class_names()

        def draw() -> dict[str, np.ndarray]:
            sampler = self.sampler_of(model)
            pictures = {"samples": self.picture_of(sampler, names, model.config.seed)}
            if isinstance(model.config, InfoGANConfig):
                pictures["codes"] = code_picture(sampler, model.config, model.config.seed)
            return pictures

        return draw

    def class_names(self) -> list[str]:
        """Of the images that were trained on."""
        return self.folder.need_record()["data"]["class_names"]

    def picture_of(self, sampler: ImageSampler, names: list[str], seed: int) -> np.ndarray:
        """A grid of samples: a row a class where the model is told it."""
        if not sampler.classes:
            return grid(sampler.sample(sampler.latents(COLUMNS * ROWS, seed).numpy()), COLUMNS)
        latent = sampler.latents(COLUMNS, seed).numpy()
        return picture_of_classes(sampler, names, range(min(sampler.classes, MOST_ROWS)), latent)

    def sampled_picture(self, sampler: ImageSampler) -> np.ndarray:
        """Images of noise, of some or all classes, or a strip from one noise to another."""
        request, names = self.request, self.class_names()
        if request.labels and not sampler.classes:
            raise RunError(f"{request.model} is not told the class. Received: --label={request.labels[0]}")
        unknown = [label for label in request.labels if label not in names]
        if unknown:
            raise RunError(f"--label must be one of {', '.join(names[:50])}. Received: {unknown[0]}")
        chosen = [names.index(label) for label in request.labels] or range(min(sampler.classes, MOST_ROWS))
        count, seed = request.num_images, request.sample_seed
        if request.interpolate:
            latent = self.path()(*sampler.latents(2, seed).numpy(), count)
        else:
            latent = sampler.latents(count, seed).numpy()
        if sampler.classes:
            return picture_of_classes(sampler, names, chosen, latent)
        return grid(sampler.sample(latent), count if request.interpolate else min(count, 10))

    def path(self):
        """What leads from one noise to another: an arc for N(0, 1), else a straight line."""
        return spherically_between if self.trained_config().latent_distribution == "normal" else between

    # Scores.

    def judge(self):
        """The class judge of the dataset; None with a note where none is trained."""
        request = self.request.sibling("class_judge")
        if self.request.judge:
            request = dataclasses.replace(request, workdir=self.request.judge)
        task = ClassJudgeTask(request)
        if not self.request.judge and task.folder.read_record() is None:
            logging.warning("Without a judge there are fewer figures; it is trained by: %s", request.command())
            return None
        judge = trained_judge(task)
        if judge.config.channels != self.trained_config().channels:
            raise RunError(
                f"the judge must see {self.trained_config().channels} channels, as this run draws. "
                f"Received: {task.folder.path}, which sees {judge.config.channels}"
            )
        return judge

    def real_images(self, examples: LabeledImages) -> np.ndarray:
        """Real images in [-1, 1] as the model makes them, COMPARED at most."""
        images = examples.images[np.linspace(0, len(examples) - 1, min(COMPARED, len(examples))).astype(int)]
        return np.asarray(to_float(with_channels(images, self.trained_config().channels)))

    def evaluate(self) -> dict:
        """Many samples against the test split; prints the figures and writes evaluation.json."""
        config, request = self.trained_config(), self.request
        network = feature_network(request.feature_network) if request.feature_network else None
        examples = self.load_unseen(config.image_size)
        # A set without classes, or whose test split has others, has no judge.
        judge = self.judge() if config.classes and list(examples.class_names) == self.class_names() else None
        model = self.trained_model()
        sampler = self.sampler_of(model)
        real = self.real_images(examples)
        asked = np.arange(request.num_samples, dtype=np.int32) % max(sampler.classes, 1)
        latent = sampler.latents(request.num_samples, request.sample_seed).numpy()
        generated = np.asarray(to_float(sampler.sample(latent, asked)))
        figures = {
            "weights": self.weights(sampler.step),
            "seed": request.sample_seed,
            "generated images": len(generated),
            "real images": len(real),
            "split": self.split_of(examples, config.image_size),
            "distance among generated images": mean_pairwise_distance(generated[:SPREAD]),
            "distance among real images": mean_pairwise_distance(shuffled(real)[:SPREAD]),
        }
        if judge is not None:
            figures["class judge"] = judged(judge, generated, real, asked if sampler.classes else None)
        if network is not None:
            rgb = [np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images for images in (generated, real)]
            figures[f"Frechet distance on {request.feature_network}"] = frechet_distance(*map(network, rgb))
        if isinstance(config, InfoGANConfig) and config.categories and examples.labels is not None:
            figures["categories as a classifier of the test split, error"] = self.category_error(model, examples)
        return self.write_figures(figures)

    def explore(self) -> dict:
        """What --experiment asks; its pictures and figures go to the folder `explore` of the run."""
        name, folder = self.request.experiment, self.folder.path / "explore" / self.request.experiment
        exploration = Exploration(self, self.trained_model(), self.path())
        try:
            finding = exploration.find(name)
        except NothingFoundError as error:
            raise RunError(f"--experiment={name}: {error}") from error
        files = {
            folder / f"{title}.png": tf.io.encode_png(picture).numpy() for title, picture in finding.pictures.items()
        }
        # TensorBoard looks for a projector beside a run's events.
        files |= {self.folder.tensorboard / file: content for file, content in exploration.projector.items()}
        for path, content in files.items():
            with atomic_write(path) as aside:
                aside.write_bytes(content)
            print(f"Wrote {path}.")
        return self.write_figures(finding.figures, f"explore/{name}/figures.json")

    def category_error(self, model: TrainedModel, examples: LabeledImages) -> float:
        """Of the category that InfoGAN's Q reads off the real images."""

        def categories(images):
            inputs = {"image": images}
            if "seed" in model.discriminator.input:
                # Nothing is dropped here.
                inputs["seed"] = tf.zeros((len(images), 2), tf.int32)
            said = model.discriminator(inputs, training=False)
            return tf.argmax(said["category_logits"], axis=1)

        images = np.asarray(to_float(with_channels(examples.images, model.config.channels)))
        return category_error(in_batches(categories, images), examples.labels)


def judged(judge, generated: np.ndarray, real: np.ndarray, asked: np.ndarray | None) -> dict:
    """What the class judge says of generated images, beside what it says of real ones.

    Args:
        judge: trained on the same dataset.
        generated: (n, h, w, c) in [-1, 1].
        real: (m, h, w, c) of the test split.
        asked: (n,) the classes that the generator was told; None if it was not.
    """

    def probabilities(images):
        return in_batches(
            lambda part: tf.nn.softmax(judge.classifier({"image": judge.resized(part)}, training=False)), images
        )

    features = judge_features(judge)
    of_generated, of_real = probabilities(generated), probabilities(real)
    seen = of_generated.argmax(axis=1)
    figures = {
        "Frechet distance on its features": float(
            frechet_distance(in_batches(features, generated), in_batches(features, real))
        ),
        "the same between halves of the real images": float(
            frechet_distance(*(in_batches(features, half) for half in np.array_split(shuffled(real), 2)))
        ),
        "class score": class_score(of_generated)[0],
        "class score of real images": class_score(of_real)[0],
        "share of the rarest class": float(class_shares(seen, of_generated.shape[1]).min()),
    }
    if asked is not None:
        figures["classes asked for that are seen"] = float((seen == asked).mean())
    return figures


def shuffled(images: np.ndarray) -> np.ndarray:
    """In a fixed random order: files may be sorted by class."""
    return images[np.random.default_rng(0).permutation(len(images))]


def picture_of_classes(
    sampler: ImageSampler, names: Sequence[str], classes: Iterable[int], latent: np.ndarray
) -> np.ndarray:
    """A row a class, the same (n, D) noise in each."""
    rows = [(names[index], sampler.sample(latent, np.full(len(latent), index, np.int32))) for index in classes]
    return captioned_rows(rows, LABEL_WIDTH)


def code_picture(sampler: ImageSampler, config: InfoGANConfig, seed: int) -> np.ndarray:
    """InfoGAN's traversals (Chen et al. 2016, figure 2): a category a row, then each continuous code from -2 to 2."""
    latent = sampler.latents(COLUMNS, seed).numpy()
    noise, codes = config.latent_dim, config.latent_dim + config.categories
    rows = []
    for category in range(min(config.categories, MOST_ROWS)):
        row = latent.copy()
        row[:, noise:codes] = np.eye(config.categories, dtype=np.float32)[category]
        rows.append((f"category {category}", sampler.sample(row)))
    for code in range(config.continuous_codes):
        # Two noises each, everything else fixed.
        for start in latent[:2]:
            row = np.repeat(start[np.newaxis], COLUMNS, axis=0)
            row[:, codes + code] = np.linspace(-2.0, 2.0, COLUMNS)
            rows.append((f"code {code}, -2 to 2", sampler.sample(row)))
    return captioned_rows(rows, LABEL_WIDTH)
