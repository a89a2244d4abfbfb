"""Do generated images show the attributes that their captions name? By an attribute judge, where the truth is known."""

from collections.abc import Callable

import numpy as np

from metrics.diversity import mean_pairwise_distance

# Each group has an accuracy of its own, over all mentions of its attributes.
GROUPS = {
    "breast_or_belly_color": ("breast color", "belly color"),
    "wing_color": ("wing color",),
    "crown_color": ("crown color",),
    "tail_color": ("tail color",),
    "bill_color": ("bill color",),
    "size": ("size",),
}


def attribute_accuracy(
    predicted: np.ndarray, expected: np.ndarray, mentioned: np.ndarray, attribute_names: tuple[str, ...]
) -> dict[str, float]:
    """The accuracy of the predictions over the attributes that captions mention, for each of `GROUPS`.

    Args:
        predicted: (n, A) the judge's value of each attribute of each image.
        expected: (n, A) the value of the species that the caption describes.
        mentioned: (n, A) bool, whether the caption names the attribute.
        attribute_names: the A names.

    Returns:
        Group to accuracy in [0, 1]; groups that no caption mentions are left out.
    """
    accuracy = {}
    for group, members in GROUPS.items():
        columns = [attribute_names.index(name) for name in members if name in attribute_names]
        counted = mentioned[:, columns]
        if counted.any():
            accuracy[group] = float((predicted[:, columns] == expected[:, columns])[counted].mean())
    return accuracy


def attribute_figures(
    judge: Callable[[np.ndarray], np.ndarray],
    generated: np.ndarray,
    real: np.ndarray,
    captions: np.ndarray,
    truth,
    rng: np.random.Generator,
) -> dict[str, float]:
    """A judge's accuracy over the attributes that captions mention, with its ceiling and its floor.

    Args:
        judge: (n, h, w, 3) images in [-1, 1] -> (n, A) predicted values.
        generated: (n, ...) one image per caption.
        real: (n, ...) the real images that the captions belong to.
        captions: (n, 2) the example, and which of its captions, that each image was generated for.
        truth: of all examples, with `attributes`, `mentions` and `attribute_names` (pipelines.examples.GroundTruth).
        rng: shuffles the captions for the floor.

    Returns:
        For each group that is mentioned, e.g. "wing_color": the accuracy on generated images; "wing_color_of_real": on
        the real images (the ceiling); "wing_color_of_shuffled": of the generated images against other captions of the
        same set (the floor).
    """
    expected = truth.attributes[captions[:, 0]]
    mentioned = truth.mentions[captions[:, 0], captions[:, 1]]
    predicted = judge(generated)
    other = rng.permutation(len(captions))
    names = truth.attribute_names
    figures = attribute_accuracy(predicted, expected, mentioned, names)
    ceiling = attribute_accuracy(judge(real), expected, mentioned, names)
    floor = attribute_accuracy(predicted, expected[other], mentioned[other], names)
    figures |= {f"{group}_of_real": value for group, value in ceiling.items()}
    return figures | {f"{group}_of_shuffled": value for group, value in floor.items()}


def diversity_figures(samples_of_a_caption: list[np.ndarray], real_of_a_class: list[np.ndarray]) -> dict[str, float]:
    """Mean pairwise distance among samples of one caption, and among real images of one class.

    Args:
        samples_of_a_caption: for each caption (n, h, w, 3) images in [-1, 1].
        real_of_a_class: for each class (n, h, w, 3) images in [-1, 1].

    Returns:
        "diversity_within_caption" and "diversity_within_class_of_real", means over captions and over classes.
    """
    groups = {"diversity_within_caption": samples_of_a_caption, "diversity_within_class_of_real": real_of_a_class}
    return {
        name: float(np.mean([mean_pairwise_distance(images) for images in group])) for name, group in groups.items()
    }
