"""Adversarial examples of a classifier (Goodfellow et al. 2015, sections 4 to 6 and figure 1)."""

import numpy as np
import tensorflow as tf

from experiments.result import Finding
from experiments.subject import Judged
from models.judges.judge import ClassJudge
from models.judges.perturbations import fast_gradient_sign
from panels.grids import captioned_rows, stacked, titled
from panels.lines import lines
from pipelines.images import in_batches

# Shares of the range of pixels; the last is the paper's on MNIST.
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.25)
# At which the pictures are made.
SHOWN_EPSILON = 0.1
# Images that are measured, and shown.
MOST, SHOWN = 2000, 8


def run(subject: Judged) -> Finding:
    """How often, and how surely, a judge of classes is wrong about images that were changed to deceive it.

    Each pixel goes by epsilon up the loss of the true class (`fast_gradient_sign`), or, as a comparison, by the same
    epsilon up or down at random.

    Returns:
        Pictures "examples": unseen images, the sign of the gradient, their sum, and the same with signs at random,
        each with the class that is seen; "errors": the error over epsilon. Figures, of unseen images: "error" and
        "confidence" of the images as they are, and, by epsilon in thousandths of the range of pixels,
        "adversarial_0100" and "random_0100"; confidence is the mean probability of the class that is seen where it is
        the wrong one, None where there is no error.
    """
    rows = np.random.default_rng(subject.seed).permutation(len(subject.examples))[:MOST]
    labels, names = subject.examples.labels[rows], subject.examples.class_names
    return adversarial_examples(subject.judge, subject.real(rows), labels, names, subject.seed)


def adversarial_examples(
    judge: ClassJudge, images: np.ndarray, labels: np.ndarray, class_names: tuple[str, ...], seed: int
) -> Finding:
    """See `run`.

    Args:
        judge: trained.
        images: (n, h, w, c) in [-1, 1].
        labels: (n,) their classes.
        class_names: of the labels.
        seed: of the signs at random.
    """

    def signs_of(rows, classes):
        return tf.sign(judge.input_gradient(rows, classes[:, tf.newaxis]))

    signs = in_batches(signs_of, images, labels)
    at_random = np.random.default_rng(seed).choice(np.array([-1.0, 1.0], np.float32), images.shape)
    directions = {"adversarial": signs, "random": at_random}
    figures, curves = wrong(probabilities(judge, images), labels), {}
    for name, direction in directions.items():
        errors = [figures["error"]]
        for epsilon in EPSILONS:
            found = wrong(probabilities(judge, changed(images, direction, epsilon)), labels)
            figures[f"{name}_{round(1000 * epsilon):04}"] = found
            errors.append(found["error"])
        curves[f"{name} signs"] = ([0.0, *EPSILONS], errors)
    shown = evenly_spread(labels, SHOWN)
    pictures = {
        "examples": examples(judge, images[shown], signs[shown], at_random[shown], labels[shown], class_names),
        "errors": lines(curves, "epsilon, as a share of the range of pixels", "error"),
    }
    return Finding(pictures, figures)


def changed(images: np.ndarray, signs: np.ndarray, epsilon: float) -> np.ndarray:
    """(n, h, w, c) images in [-1, 1], each pixel a step in the direction of its sign."""
    return fast_gradient_sign(images, signs, epsilon).numpy()


def probabilities(judge: ClassJudge, images: np.ndarray) -> np.ndarray:
    """(n, classes) of (n, h, w, c) images in [-1, 1]."""
    return in_batches(judge.probabilities, images)


def wrong(seen: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """The share of images of which another class is seen, and how probable that is then: None where there are none."""
    errors = seen.argmax(axis=1) != labels
    confidence = float(seen.max(axis=1)[errors].mean()) if errors.any() else None
    return {"error": float(errors.mean()), "confidence": confidence}


def evenly_spread(labels: np.ndarray, count: int) -> np.ndarray:
    """Rows of the first image of each class, then of the second, as many as are asked for."""
    turns = np.zeros(len(labels), int)
    for label in np.unique(labels):
        turns[labels == label] = np.arange((labels == label).sum())
    return np.lexsort((labels, turns))[:count]


def examples(judge, images, signs, at_random, labels, class_names) -> np.ndarray:
    """Rows: an image, the signs, their sum; and the sum with signs at random; as in figure 1 of the paper."""
    rows = []
    shown = {
        "adversarial": (signs, changed(images, signs, SHOWN_EPSILON)),
        "random": (at_random, changed(images, at_random, SHOWN_EPSILON)),
    }
    seen = {name: probabilities(judge, sums) for name, (_, sums) in shown.items()}
    before = probabilities(judge, images)
    for row, image in enumerate(images):
        words = [f"{class_names[labels[row]]}: seen as {told(before[row], class_names)}"]
        words += [f"{name} signs: {told(found[row], class_names)}" for name, found in seen.items()]
        panels = [image]
        for direction, sums in shown.values():
            panels += [direction[row], sums[row]]
        rows.append(("; ".join(words), np.stack(panels)))
    title = f"image; signs of the gradient, image + {SHOWN_EPSILON:g} signs; the same with signs at random"
    return stacked([titled(title, captioned_rows(rows))])


def told(seen: np.ndarray, class_names: tuple[str, ...]) -> str:
    """The class that is seen, and its probability."""
    return f"{class_names[seen.argmax()]} {seen.max():.0%}"
