"""Batches of captioned images. Each is a pure function of (seed, step), so a resumed run jumps to its place.

Classes are drawn uniformly, then an image of the class, as in Reed et al.'s Torch code (donkey_folder_txt.lua).
Without classes every image counts as its own class: "an image of another class" is then simply another image.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.batches.crops import crop_and_flip
from pipelines.batches.draws import Batches, held, permuted, pick, reader, seeded
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import to_float

# Every kind of random draw has its own number, so that no two share a seed.
CLASS, WRONG_CLASS, IMAGE, WRONG_IMAGE, CAPTION, CROP, WRONG_CROP = range(7)


@dataclasses.dataclass(frozen=True)
class CaptionTable:
    """The embedding, or the characters, of each caption.

    Attributes:
        rows: (m, ...) one row per caption, image after image.
        counts: (n,) the number of captions of each image.
    """

    rows: np.ndarray
    counts: np.ndarray

    def draw(self, images: tf.Tensor, count: int, seed: tf.Tensor) -> tf.Tensor:
        """(B,) image indices to (B, count, ...) rows, drawn with replacement from each image's captions."""
        return tf.gather(self.held, self.places(images, count, seed))

    def places(self, images: tf.Tensor, count: int, seed: tf.Tensor) -> tf.Tensor:
        """(B, count) indices of the rows that `draw` draws."""
        number, start = (tf.gather(values, images)[:, tf.newaxis] for values in (self.numbers, self.starts))
        draws = tf.random.stateless_uniform((tf.shape(images)[0], count), seed)
        return start + pick(draws, number)

    def all_of(self, owners: tf.Tensor) -> tf.Tensor:
        """(B,) indices of what has the rows to (B, c, ...), all of its rows, where each has c of them."""
        return tf.gather(tf.reshape(self.held, (len(self.counts), -1, *self.held.shape[1:])), owners)

    def of_rows(self, images: np.ndarray) -> "CaptionTable":
        """The table of some images' captions, in the order of these image indices (see `pipelines.rows`)."""
        starts = np.cumsum(self.counts) - self.counts
        rows = np.concatenate([np.arange(starts[image], starts[image] + self.counts[image]) for image in images])
        return CaptionTable(self.rows[rows], self.counts[images])

    def __post_init__(self):
        # Tensors, shared by all graphs.
        tensors = {
            "held": held(self.rows),
            "numbers": held(self.counts, tf.int32),
            "starts": held(np.cumsum(self.counts) - self.counts, tf.int32),
        }
        for name, tensor in tensors.items():
            object.__setattr__(self, name, tensor)


class ClassIndex:
    """The images of each class, for class-balanced draws."""

    def __init__(self, examples: CaptionedImages):
        if len(examples) < 2:
            raise DataError(f"training needs at least 2 images. Received: {len(examples)}")
        labels = examples.labels
        # A single class carries no more information than none.
        if labels is None or len(np.unique(labels)) < 2:
            labels = np.arange(len(examples))
        self.labels = labels
        _, sizes = np.unique(labels, return_counts=True)
        self.classes = len(sizes)
        self.order = held(np.argsort(labels, kind="stable"), tf.int32)
        self.sizes = held(sizes, tf.int32)
        self.starts = held(np.concatenate([[0], np.cumsum(sizes)[:-1]]), tf.int32)

    def image_of(self, classes: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """(B,) classes to (B,) indices of images drawn from them."""
        draws = tf.random.stateless_uniform(tf.shape(classes), seed)
        return tf.gather(self.order, tf.gather(self.starts, classes) + pick(draws, tf.gather(self.sizes, classes)))

    def matching_and_wrong(self, count: int, seed: int, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Two (count,) arrays of image indices; the second of another class than the first, row by row."""
        classes = pick(tf.random.stateless_uniform((count,), seeded(seed, CLASS, step)), self.classes)
        shift = pick(tf.random.stateless_uniform((count,), seeded(seed, WRONG_CLASS, step)), self.classes - 1)
        wrong_classes = (classes + 1 + shift) % self.classes
        return (
            self.image_of(classes, seeded(seed, IMAGE, step)),
            self.image_of(wrong_classes, seeded(seed, WRONG_IMAGE, step)),
        )

    def distinct(self, count: int, seed: int, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(count,) image indices and their classes, which repeat only if there are fewer classes than `count`."""
        of_step = seeded(seed, CLASS, step)
        rounds = [
            permuted(
                tf.range(min(self.classes, count - start), dtype=tf.int64),
                self.classes,
                tf.random.experimental.stateless_fold_in(of_step, start),
            )
            for start in range(0, count, self.classes)
        ]
        classes = tf.cast(tf.concat(rounds, axis=0), tf.int32)
        return self.image_of(classes, seeded(seed, IMAGE, step)), classes


def matching_batches(
    examples: CaptionedImages, config, texts: CaptionTable, edits: CaptionTable | None = None
) -> Batches:
    """Batches for GAN-CLS: real images, mismatched images, and the real images' texts.

    Args:
        examples: the training split.
        config: a TextToImageConfig.
        texts: the embedding (m, D) float32 of each caption; or its characters, (m, 201) integers, to learn end to end;
            or, with edits, its words (m, T).
        edits: like these words, a fixed number K of edits of each caption, caption after caption (`pipelines.edits`).

    Returns:
        Batches of `image`, `wrong_image` (B, image_size, image_size, 3) float32 in [-1, 1] and `text` (B, D)
        float32, the mean over `captions_per_image` captions; or `characters` (B, captions_per_image, 201); or, with
        edits, `words` (B, T), `edited` (B, K, T), and `label` (B,), the classes of the images.
    """
    index, read = ClassIndex(examples), reader(examples.images)
    size, count, seed, mirror = config.image_size, config.batch_size, config.seed, config.flip
    embedded = texts.rows.dtype == np.float32

    def places(step, image):
        return texts.places(image, config.captions_per_image, seeded(seed, CAPTION, step))

    def rows(step):
        image, _ = index.matching_and_wrong(count, seed, step)
        return {"image": image, "caption": places(step, image)}

    def at(step):
        image, wrong = index.matching_and_wrong(count, seed, step)
        place = places(step, image)
        drawn = tf.gather(texts.held, place)
        batch = {
            "image": to_float(crop_and_flip(read(image), size, seeded(seed, CROP, step), mirror)),
            "wrong_image": to_float(crop_and_flip(read(wrong), size, seeded(seed, WRONG_CROP, step), mirror)),
        }
        if edits is not None:
            edited = edits.all_of(place[:, 0])
            return batch | {"words": drawn[:, 0], "edited": edited, "label": tf.gather(index.labels, image)}
        return batch | ({"text": tf.reduce_mean(drawn, axis=1)} if embedded else {"characters": drawn})

    return Batches(at, {"text_dim": texts.rows.shape[1]} if embedded else {}, len(examples), rows)


def text_batches(examples: CaptionedImages, config, texts: CaptionTable) -> Batches:
    """Batches of captions alone, drawn as `matching_batches` draws them: a class, an image of it, its captions.

    Args:
        examples: the training split.
        config: with `batch_size`, `seed` and `captions_per_image`.
        texts: the embedding (m, D) float32 of each caption.

    Returns:
        Batches of `text` (B, D) float32, the mean over `captions_per_image` captions.
    """
    index, seed = ClassIndex(examples), config.seed

    def at(step):
        image, _ = index.matching_and_wrong(config.batch_size, seed, step)
        drawn = texts.draw(image, config.captions_per_image, seeded(seed, CAPTION, step))
        return {"text": tf.reduce_mean(drawn, axis=1)}

    return Batches(at, {}, len(examples))


def distinct_class_batches(
    examples: CaptionedImages,
    config,
    texts: CaptionTable,
    image_features: np.ndarray | None = None,
    key: str = "characters",
    edits: CaptionTable | None = None,
) -> Batches:
    """Batches for a joint embedding: images of different classes, with one caption each.

    Args:
        examples: the training split.
        config: a JointEmbeddingConfig.
        texts: the characters, or words, of each caption, (m, T) integers.
        image_features: (n, F) float32 features of a pretrained network, which then replace the images.
        key: what the captions are called.
        edits: like `texts`, a fixed number of edits of each caption, caption after caption (`pipelines.edits`).

    Returns:
        Batches of `image` (or `image_features`), `characters` (B, T), as `key` calls them, `label` (B,), and `caption`
        (B,): the same number of captions that the encoder cannot tell apart; with edits `edited` (B, K, T).
    """
    index, read = ClassIndex(examples), reader(examples.images)
    features = None if image_features is None else held(image_features, tf.float32)
    captions = held(np.unique(texts.rows, axis=0, return_inverse=True)[1].reshape(-1), tf.int32)
    count, seed = config.batch_size, config.seed

    def rows(step):
        image, _ = index.distinct(count, seed, step)
        return {"image": image, "caption": texts.places(image, 1, seeded(seed, CAPTION, step))}

    def at(step):
        image, label = index.distinct(count, seed, step)
        place = texts.places(image, 1, seeded(seed, CAPTION, step))[:, 0]
        batch = {key: tf.gather(texts.held, place), "label": label, "caption": tf.gather(captions, place)}
        if edits is not None:
            batch["edited"] = edits.all_of(place)
        if features is not None:
            return batch | {"image_features": tf.gather(features, image)}
        crops = crop_and_flip(read(image), config.image_size, seeded(seed, CROP, step), config.flip)
        return batch | {"image": to_float(crops)}

    measured = {"image_features_dim": 0 if image_features is None else image_features.shape[1]}
    return Batches(at, measured, len(examples), rows)


def attribute_batches(examples: CaptionedImages, config) -> Batches:
    """Batches of `image` and its `attributes` (B, A); classes are drawn uniformly, then an image of each."""
    index, read = ClassIndex(examples), reader(examples.images)
    attributes = held(examples.truth.attributes, tf.int32)
    count, seed = config.batch_size, config.seed

    def at(step):
        classes = pick(tf.random.stateless_uniform((count,), seeded(seed, CLASS, step)), index.classes)
        image = index.image_of(classes, seeded(seed, IMAGE, step))
        crops = crop_and_flip(read(image), config.image_size, seeded(seed, CROP, step), config.flip)
        return {"image": to_float(crops), "attributes": tf.gather(attributes, image)}

    value_counts = tuple(len(values) for values in examples.truth.attribute_values)
    return Batches(at, {"value_counts": value_counts}, len(examples))
