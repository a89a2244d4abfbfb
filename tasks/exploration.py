"""What `--mode=explore` asks of a trained generator of images, experiment by experiment (Radford et al. 2016, 5, 6)."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import keras
import numpy as np

from experiments.dropping import dropping
from experiments.embedding import embedding
from experiments.feature_maps import feature_maps
from experiments.first_filters import first_filters
from experiments.latent_walk import latent_walk
from experiments.linear_classifier import linear_classifier
from experiments.nearest_neighbors import nearest_neighbors
from experiments.networks import feature_layers, features_of, images_of, map_layers
from experiments.projector import projector_contents
from experiments.result import Finding
from experiments.vector_arithmetic import EXEMPLAR_COUNTS, Combination, Judged, matches, vector_arithmetic
from models.core.trained import TrainedModel
from pipelines.examples import LabeledImages
from pipelines.images import to_float, with_channels
from runs.folder import RunError
from tasks.attribute_judge import AttributeJudgeTask, judge_all, trained_judge
from tasks.base import Task
from tasks.segmenter import branch_segmenter

# Images of each experiment: enough for its figures, few enough for a minute or two.
WALKS, ANCHORS = 6, 4
SEARCHED, COMBINED = 6000, 500  # samples among which exemplars are looked for; sums of them at most
DROPPED_FROM = 400  # samples
NEIGHBORS_OF = 1000  # samples, and as many images of the test split
EMBEDDED, EMBEDDED_GENERATED = 1500, 300
CLASSIFIED_TRAIN, CLASSIFIED_TEST = 10_000, 10_000
GALLERY = 60_000  # training images among which neighbors are looked for
OF_CONVOLUTIONS = ("first_filters", "feature_maps", "dropping", "linear_classifier")
# Batches whose statistics an untrained network takes over, and their size.
SETTLING, SETTLED_BY = 40, 64


class Exploration:
    """The experiments on one trained run.

    Args:
        task: of the run.
        model: trained.
        path: (first, second, count) -> latents from one to the other.
    """

    def __init__(self, task: Task, model: TrainedModel, path: Callable):
        self.task, self.model, self.path = task, model, path
        self.config, self.seed = model.config, task.request.sample_seed
        self.sampler = task.sampler_of(model)
        # Files for TensorBoard, name to bytes.
        self.projector: dict[str, bytes] = {}

    def find(self, experiment: str) -> Finding:
        """Run an experiment, by its name."""
        if self.config.network == "mlp" and experiment in OF_CONVOLUTIONS:
            raise RunError(
                f"--experiment={experiment} looks at convolutions. Received: {self.task.request.model} with network=mlp"
            )
        return getattr(self, experiment)()

    def data(self, split: str, most: int | None = None) -> tuple[np.ndarray, LabeledImages, np.ndarray]:
        """Images of a split in [-1, 1], drawn at random; all its examples; and the rows drawn."""
        load = self.task.load_unseen if split == "test" else lambda size: self.task.load("train", size)
        examples = load(self.config.image_size)
        rows = np.random.default_rng(0).permutation(len(examples))[: most or len(examples)]
        return np.asarray(to_float(with_channels(examples.images[rows], self.config.channels))), examples, rows

    def unseen(self, most: int) -> tuple[np.ndarray, LabeledImages, np.ndarray]:
        """What `data` gives of the test split; RunError if that is the training split again."""
        found = self.data("test", most)
        if self.task.split_of(found[1], self.config.image_size) == "train":
            raise RunError(
                f"--experiment={self.task.request.experiment} needs images that were not trained on: a test split. "
                f"Received: {self.task.request.dataset}, which has the training images only"
            )
        return found

    def labeled(self, split: str, most: int | None = None) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Images of a split, their classes, and the classes' names; RunError where there are none."""
        images, examples, rows = self.data(split, most)
        if examples.labels is None:
            raise RunError(
                f"--experiment={self.task.request.experiment} needs a dataset with classes. "
                f"Received: {self.task.request.dataset} without classes"
            )
        return images, examples.labels[rows], examples.class_names

    def latents(self, count: int, seed: int = 0) -> np.ndarray:
        """(count, D) inputs of the generator."""
        return self.sampler.latents(count, self.seed + seed).numpy()

    def labels(self, count: int) -> np.ndarray | None:
        """(count,) classes in turn, of a generator that is told one."""
        return np.arange(count, dtype=np.int32) % self.sampler.classes if self.sampler.classes else None

    def untrained(self):
        """A discriminator with its random initial weights, and the batch statistics that go with them.

        Without these it would differ from a trained one in its normalization too.
        """
        keras.utils.set_random_seed(self.config.seed)
        discriminator = type(self.model)(self.config).discriminator
        images, examples, rows = self.data("train", SETTLING * SETTLED_BY)
        given = {"image": images, "seed": np.zeros((len(images), 2), np.int32)}
        if "label" in discriminator.input:
            given["label"] = examples.labels[rows]
        for start in range(0, len(images), SETTLED_BY):
            batch = {name: given[name][start : start + SETTLED_BY] for name in discriminator.input}
            discriminator(batch, training=True)
        return discriminator

    def judge_of_attributes(self) -> tuple[Callable, LabeledImages]:
        """What sees attributes in pictures of birds, and birds; RunError where there is no such judge."""
        request = self.task.request
        if not request.dataset.startswith("birds"):
            raise RunError(
                f"--experiment={request.experiment} needs attributes, which only birds have. "
                f"Received: --dataset={request.dataset}"
            )
        judged = dataclasses.replace(request, dataset="birds").sibling("attribute_judge")
        judged = dataclasses.replace(judged, workdir=request.judge) if request.judge else judged
        task = AttributeJudgeTask(judged)
        judge = trained_judge(task)
        return lambda images: judge_all(judge, images), task.load("test", judge.config.image_size)

    # The experiments.

    def latent_walk(self) -> Finding:
        """Closed walks among random latents."""
        anchors = self.latents(WALKS * ANCHORS).reshape(WALKS, ANCHORS, -1)
        return latent_walk(self.model.sampled_generator, anchors, self.path, labels=self.labels(WALKS))

    def vector_arithmetic(self) -> Finding:
        """Birds: wings of one color - wings of another + a body of another color, as the judge sees them."""
        if self.sampler.classes:
            raise RunError(
                "--experiment=vector_arithmetic is for models that are not told the class. "
                f"Received: {self.task.request.model}"
            )
        judge, birds = self.judge_of_attributes()
        names, values = birds.truth.attribute_names, birds.truth.attribute_values
        attributes = names.index("wing color"), names.index("breast color")
        latents = self.latents(SEARCHED)
        images = images_of(self.model.sampled_generator, latents)
        samples = Judged(latents, images, judge(images))
        chosen = combinations(samples.seen, *attributes, [len(values[attribute]) for attribute in attributes])
        if not chosen:
            raise RunError(
                f"no combination of wing and breast colors was seen often enough. Received: {SEARCHED:,} samples"
            )
        wing, breast = attributes
        return vector_arithmetic(
            self.model.sampled_generator,
            judge,
            samples,
            chosen[:COMBINED],
            names,
            lambda shown: f"{values[wing][shown[wing]]} wings, {values[breast][shown[breast]]} breast",
            seed=self.seed,
        )

    def first_filters(self) -> Finding:
        """Of the trained discriminator beside one with random weights."""
        return first_filters(self.model.discriminator, self.untrained())

    def feature_maps(self) -> Finding:
        """What excites the discriminator's maps, layer by layer."""
        images, examples, rows = self.data("test", EMBEDDED)
        labels = examples.labels[rows] if "label" in self.model.discriminator.input else None
        return feature_maps(self.model.discriminator, images, labels=labels)

    def dropping(self) -> Finding:
        """Birds: the maps that draw the branch, dropped."""
        request = self.task.request
        if not request.dataset.startswith("birds"):
            raise RunError(
                f"--experiment=dropping looks for the branch that birds sit on. Received: --dataset={request.dataset}"
            )
        mask_of, quality = branch_segmenter(self.config.image_size, request.data_dir, request.cache_dir)
        generator = self.model.sampled_generator
        layers = map_layers(generator)
        found = dropping(
            generator,
            self.latents(DROPPED_FROM),
            mask_of,
            layers[-1],
            labels=self.labels(DROPPED_FROM),
            object_share=0.2,
            seed=self.seed,
        )
        return Finding(found.pictures, {"intersection over union of the segmenter": quality, **found.figures})

    def nearest_neighbors(self) -> Finding:
        """Samples beside the nearest training images."""
        samples = images_of(self.model.sampled_generator, self.latents(NEIGHBORS_OF), self.labels(NEIGHBORS_OF))
        training, held_out = self.data("train", GALLERY)[0], self.unseen(NEIGHBORS_OF)[0]
        found = nearest_neighbors(samples, training, held_out, seed=self.seed)
        return Finding(found.pictures, {"training images": len(training), **found.figures})

    def embedding(self) -> Finding:
        """t-SNE of the discriminator's last features; also as a projector for TensorBoard."""
        discriminator = self.model.discriminator
        if "label" in discriminator.input:
            raise RunError(
                f"--experiment=embedding needs a discriminator that is not told the class. "
                f"Received: {self.task.request.model}"
            )
        images, labels, names = self.labeled("test", EMBEDDED)
        generated = images_of(
            self.model.sampled_generator, self.latents(EMBEDDED_GENERATED), self.labels(EMBEDDED_GENERATED)
        )
        layer = feature_layers(discriminator)[-1]
        everything = np.concatenate([images, generated])
        every_label = np.concatenate([labels, np.full(len(generated), len(names))])
        features = features_of(discriminator, everything, [layer])[layer].reshape(len(everything), -1)
        self.projector = projector_contents(features, everything, every_label, (*names, "generated"))
        return embedding(discriminator, images, labels, generated, names, layer, seed=self.seed)

    def linear_classifier(self) -> Finding:
        """A linear classifier on the features of the trained, and of an untrained, discriminator."""
        train_images, train_labels, names = self.labeled("train", CLASSIFIED_TRAIN)
        self.unseen(1)
        test_images, test_labels, test_names = self.labeled("test", CLASSIFIED_TEST)
        if names != test_names:
            raise RunError(
                "--experiment=linear_classifier needs a test split of the same classes. "
                f"Received: {self.task.request.dataset}, whose test split has others"
            )
        if "label" in self.model.discriminator.input:
            raise RunError(
                "--experiment=linear_classifier needs a discriminator that is not told the class. "
                f"Received: {self.task.request.model}"
            )
        return linear_classifier(
            self.model.discriminator, self.untrained(), train_images, train_labels, test_images, test_labels
        )


def combinations(
    seen: np.ndarray, first: int, second: int, sizes: Sequence[int], least: int = max(EXEMPLAR_COUNTS)
) -> list[Combination]:
    """Values of two attributes for a - b + c, those first whose rarest group is seen most often.

    The attributes are colors; the one that is moved is neither of the others: it shall be seen.

    Args:
        seen: (n, A) values.
        first: the attribute that is moved.
        second: the attribute whose value the result has from c.
        sizes: how many values each may have.
        least: how often each group must be seen.

    Returns:
        All with (a, a') - (b, a') + (b, c') = (a, c').
    """
    counts = np.array(
        [[matches(seen, {first: one, second: two}).sum() for two in range(sizes[1])] for one in range(sizes[0])]
    )
    found = []
    for one, other in itertools.permutations(range(sizes[0]), 2):
        for kept, wanted in itertools.permutations(range(sizes[1]), 2):
            pairs = (one, kept), (other, kept), (other, wanted), (one, wanted)
            often = min(counts[pair] for pair in pairs[:3])
            if often >= least and one not in (kept, wanted):
                found.append((often, Combination(*({first: left, second: right} for left, right in pairs))))
    return [combination for _, combination in sorted(found, key=lambda item: -item[0])]
