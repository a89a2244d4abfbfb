"""Does a generated picture show what its caption says? Scored by an attribute judge where the truth is known."""

from collections.abc import Callable

import numpy as np

from metrics.diversity import mean_pairwise_distance

# Each group is counted by itself: of the values that captions name there, how many are seen.
GROUPS = {
    "breast or belly color": ("breast color", "belly color"),
    "wing color": ("wing color",),
    "crown color": ("crown color",),
    "tail color": ("tail color",),
    "bill color": ("bill color",),
    "size": ("size",),
}


def share_seen(
    seen: np.ndarray, wanted: np.ndarray, named: np.ndarray, attribute_names: tuple[str, ...]
) -> dict[str, float]:
    """Of the attributes that captions name, the share that is seen in the pictures, for each of `GROUPS`.

    Args:
        seen: (n, A) the judge's value of each attribute of each picture.
        wanted: (n, A) the value of the species that the caption describes.
        named: (n, A) bool, whether the caption names the attribute.
        attribute_names: the A names.

    Returns:
        Group to a share in [0, 1]; groups that no caption names are left out.
    """
    shares = {}
    for group, members in GROUPS.items():
        columns = [attribute_names.index(name) for name in members if name in attribute_names]
        counted = named[:, columns]
        if counted.any():
            shares[group] = float((seen[:, columns] == wanted[:, columns])[counted].mean())
    return shares


def attribute_figures(
    judge: Callable[[np.ndarray], np.ndarray],
    generated: np.ndarray,
    real: np.ndarray,
    captions: np.ndarray,
    truth,
    rng: np.random.Generator,
) -> dict[str, dict[str, float]]:
    """The share of named attributes that a judge sees, with its ceiling and its floor.

    Args:
        judge: (n, h, w, 3) images in [-1, 1] -> (n, A) values seen.
        generated: (n, ...) one picture a caption.
        real: (n, ...) the real pictures that the captions belong to.
        captions: (n, 2) which example and which of its captions each picture was generated for.
        truth: of all examples, with `attributes`, `mentions` and `attribute_names` (pipelines.examples.GroundTruth).
        rng: shuffles the captions for the floor.

    Returns:
        "generated": the figure; "real renders": the judge on real pictures (the ceiling); "shuffled captions": the
        figure against other captions of the same set (the floor).
    """
    wanted = truth.attributes[captions[:, 0]]
    named = truth.mentions[captions[:, 0], captions[:, 1]]
    seen = judge(generated)
    other = rng.permutation(len(captions))
    names = truth.attribute_names
    return {
        "generated": share_seen(seen, wanted, named, names),
        "real renders": share_seen(judge(real), wanted, named, names),
        "shuffled captions": share_seen(seen, wanted[other], named[other], names),
    }


def diversity_figures(samples_of_a_caption: list[np.ndarray], real_of_a_class: list[np.ndarray]) -> dict[str, float]:
    """Mean pairwise distance among samples of one caption, beside that among real images of one class.

    Args:
        samples_of_a_caption: for each caption (n, h, w, 3) images in [-1, 1].
        real_of_a_class: for each class (n, h, w, 3) images in [-1, 1].
    """
    return {
        "samples of one caption": float(np.mean([mean_pairwise_distance(images) for images in samples_of_a_caption])),
        "real images of one class": float(np.mean([mean_pairwise_distance(images) for images in real_of_a_class])),
    }
