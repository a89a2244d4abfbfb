"""A linear classifier on a discriminator's features, learned without labels (DCGAN, Radford et al. 2016, section 5.1).

The features of all convolutions are max-pooled to a 4x4 grid each and concatenated. The paper's classifier is an
L2-SVM; here it is a multinomial logistic regression, whose steps are matrix products over all classes at once.
"""

import warnings
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from experiments.networks import features_of
from experiments.result import Finding
from experiments.subject import Subject
from experiments.threads import one_thread

TRAIN_IMAGES, TEST_IMAGES = 10_000, 10_000

GRID = 4
# scikit-learn's C, the inverse of the regularization strength. Rows have a norm of about 1 for any features.
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1_000.0)
# C is chosen on this share of the training images, of which no more than this many are used for it.
VALIDATION_SHARE = 0.25
CHOOSING = 10_000
STEPS = 100


def run(subject: Subject) -> Finding:
    """On the features of the trained and of an untrained discriminator."""
    return linear_classifier(
        subject.discriminator,
        subject.untrained_discriminator(),
        *subject.real("train", TRAIN_IMAGES),
        *subject.real("test", TEST_IMAGES),
    )


def linear_classifier(
    trained: keras.Model,
    untrained: keras.Model,
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    seed: int = 0,
) -> Finding:
    """Test accuracy of linear classifiers on the features of a trained and an untrained discriminator, and on pixels.

    Args:
        trained: a discriminator with layers "features_0", "features_1", ..., which do not depend on a label.
        untrained: the same network with its initial weights.
        train_images: (n, s, s, c) in [-1, 1].
        train_labels: (n,).
        test_images: (m, s, s, c).
        test_labels: (m,).
        seed: draws the part of the training images on which C is chosen.

    Returns:
        No pictures. Figures: "trained", "untrained" and "pixels", each with its "accuracy", the number of "features",
        and "inverse_regularization", the C that was chosen; "chance" (always the most frequent class),
        "train_examples", "test_examples".
    """
    spaces = {
        "trained": lambda images: discriminator_features(trained, images),
        "untrained": lambda images: discriminator_features(untrained, images),
        "pixels": lambda images: images.reshape(len(images), -1),
    }
    figures = {}
    for name, space in spaces.items():
        train, test = standardized(space(train_images), space(test_images))
        accuracy, penalty = accuracy_of(train, train_labels, test, test_labels, seed)
        figures[name] = {"accuracy": accuracy, "features": train.shape[1], "inverse_regularization": penalty}
    classes, counts = np.unique(train_labels, return_counts=True)
    figures["chance"] = float(np.mean(test_labels == classes[counts.argmax()]))
    figures |= {"train_examples": len(train_labels), "test_examples": len(test_labels)}
    return Finding({}, figures)


def discriminator_features(discriminator: keras.Model, images: np.ndarray) -> np.ndarray:
    """(n, d): all feature maps of (n, s, s, c) images, each max-pooled to 4x4."""
    maps = features_of(discriminator, images, then=lambda x: pooled(x, GRID))
    return np.concatenate([values.reshape(len(images), -1) for values in maps.values()], axis=1)


def pooled(maps: tf.Tensor, cells: int) -> tf.Tensor:
    """(B, h, w, maps) to the largest values in a grid of (B, cells, cells, maps); smaller maps stay as they are."""
    for axis in (1, 2):
        side = maps.shape[axis]
        count = min(cells, side)
        # Cells cover the whole side, and overlap where it is no multiple of their number.
        spans = [range(cell * side // count, -(-(cell + 1) * side // count)) for cell in range(count)]
        maps = tf.stack([tf.reduce_max(tf.gather(maps, span, axis=axis), axis=axis) for span in spans], axis=axis)
    return maps


def standardized(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) and (m, d) with mean 0 and standard deviation 1 / sqrt(d) in training; features that never vary are 0."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scale = np.where(deviation > 1e-6, train.shape[1] ** -0.5 / np.maximum(deviation, 1e-6), 0.0)
    return ((train - mean) * scale).astype(np.float32), ((test - mean) * scale).astype(np.float32)


def accuracy_of(
    train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray, seed: int
) -> tuple[float, float]:
    """Accuracy on (m, d) of a linear classifier of (n, d); its C is the best on a held-out part of the n."""
    order = np.random.default_rng(seed).permutation(len(train))[:CHOOSING]
    validation, fitted = np.split(order, [max(1, round(VALIDATION_SHARE * len(order)))])
    best, penalty = 0.0, PENALTIES[0]
    for candidate, model in zip(PENALTIES, _classifiers(train[fitted], train_labels[fitted], PENALTIES), strict=True):
        score = float(np.mean(model.predict(train[validation]) == train_labels[validation]))
        if score > best:
            best, penalty = score, candidate
    (model,) = _classifiers(train, train_labels, [penalty])
    return float(np.mean(model.predict(test) == test_labels)), penalty


def _classifiers(features: np.ndarray, labels: np.ndarray, penalties: Sequence[float]) -> Iterator:
    """A fitted classifier for each C, from the strongest penalty on: each starts from the weights of the last."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=STEPS, tol=1e-5, warm_start=True)
    for penalty in penalties:
        model.set_params(C=penalty)
        with one_thread(), warnings.catch_warnings():
            # Stopping early does no harm: the held-out part scores the result.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        yield model
