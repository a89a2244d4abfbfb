"""Real and generated images in the plane by a discriminator's features: t-SNE (van der Maaten and Hinton 2008)."""

from collections.abc import Sequence

import keras
import numpy as np

from experiments.nearest_neighbors import nearest
from experiments.networks import feature_layers, features_of
from experiments.projector import projector_contents
from experiments.result import Finding
from experiments.subject import Subject
from experiments.threads import one_thread
from panels.grids import titled
from panels.scatter import class_colors, scatter, thumbnails

REAL, GENERATED = 1500, 300
# Principal components that t-SNE starts from, as in the authors' experiments.
COMPONENTS = 50
PERPLEXITY = 30.0
NEIGHBORS = 10


def run(subject: Subject) -> Finding:
    """By the last layer's features of test images and samples; also as a projector for TensorBoard."""
    images, labels = subject.real("test", REAL)
    generated, names = subject.samples(GENERATED), subject.examples("test").class_names
    layer = feature_layers(subject.discriminator)[-1]
    found = embedding(subject.discriminator, images, labels, generated, names, layer, seed=subject.seed)
    everything = np.concatenate([images, generated])
    every_label = np.concatenate([labels, np.full(len(generated), len(names))])
    features = features_of(subject.discriminator, everything, [layer])[layer]
    files = projector_contents(features, everything, every_label, (*names, "generated"))
    return Finding(found.pictures, found.figures, files)


def embedding(
    discriminator: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    generated: np.ndarray,
    class_names: Sequence[str],
    layer: str | None = None,
    cells: int = 24,
    seed: int = 0,
) -> Finding:
    """A plane in which images of similar discriminator features lie close together.

    Args:
        discriminator: with layers "features_0", "features_1", ...
        images: (n, s, s, c) real images in [-1, 1]; t-SNE of a thousand or two takes about ten seconds.
        labels: (n,) their classes.
        generated: (m, s, s, c).
        class_names: of the labels 0, 1, ...
        layer: whose features are embedded; the last if None.
        cells: along each side of the picture of thumbnails; each shows the image nearest to its center.
        seed: of PCA and t-SNE.

    Returns:
        Pictures "points" (colors for real images by label, black for generated ones) and "thumbnails" (frames in the
        same colors). Figures, shares among the ten nearest neighbors in the plane: "same_label", of real images among
        real ones, and "same_label_chance"; "generated_near_generated", of generated images among all, and
        "generated_near_generated_chance": far above it where the features tell real from generated.
    """
    layer = layer or feature_layers(discriminator)[-1]
    everything = np.concatenate([images, generated])
    plane = in_the_plane(features_of(discriminator, everything, [layer])[layer], seed)
    real = np.arange(len(everything)) < len(images)
    by_label = neighbor_agreement(plane[real], labels)
    apart = neighbor_agreement(plane, real, of=~real)
    figures = {
        "same_label": by_label[0],
        "same_label_chance": by_label[1],
        "generated_near_generated": apart[0],
        "generated_near_generated_chance": apart[1],
    }
    colors = np.concatenate([class_colors(len(class_names))[labels], np.zeros((len(generated), 3), np.uint8)])
    pictures = {
        "points": scatter(plane, labels, class_names),
        "thumbnails": titled(f"{layer} by t-SNE; black: generated", thumbnails(plane, everything, colors, cells)),
    }
    return Finding(pictures, figures)


def in_the_plane(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """(n, ...) features, by PCA and t-SNE, as (n, 2) points in [0, 1]."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    rows = features.reshape(len(features), -1)
    components = min(COMPONENTS, *rows.shape)
    rows = PCA(components, svd_solver="randomized", random_state=seed).fit_transform(rows)
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3.0)
    with one_thread():
        plane = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(rows)
    return (plane - plane.min(axis=0)) / np.maximum(np.ptp(plane, axis=0), 1e-12)


def neighbor_agreement(
    points: np.ndarray, labels: np.ndarray, of: np.ndarray | None = None, neighbors: int = NEIGHBORS
) -> tuple[float, float]:
    """The share of a point's nearest neighbors that have its label.

    Args:
        points: (n, d).
        labels: (n,).
        of: (n,) bool, the points over which the mean is taken; all if None.
        neighbors: how many, at most n - 1.

    Returns:
        The mean share, and its expectation for shuffled labels.
    """
    queries = np.flatnonzero(np.ones(len(points), bool) if of is None else of)
    neighbors = min(neighbors, len(points) - 1)
    indices, _ = nearest(points[queries], points, neighbors + 1)
    # The point itself is not its neighbor; where others coincide with it, it may not be the first.
    own = indices == queries[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    others = indices[~own].reshape(len(queries), neighbors)
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    chance = np.mean((counts[classes[queries]] - 1) / (len(points) - 1))
    return float(np.mean(labels[others] == labels[queries][:, np.newaxis])), float(chance)
