"""Forgetting to draw an object (DCGAN, Radford et al. 2016, section 6.3.1, figure 6).

A logistic regression finds the hidden maps of a generator that go with an object; without these the generator draws the
same scenes and leaves the object out.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from experiments.networks import compiled, generator_inputs, map_layers
from experiments.result import Finding, NothingFoundError, ratio
from experiments.segmenter import branch_segmenter
from experiments.subject import Subject
from experiments.switches import with_switches
from experiments.threads import one_thread
from panels.grids import SMALL_SIDE, grid, stacked, titled

SAMPLES = 400
# Positions that the regression is fitted to at most: more take longer and change nothing.
POSITIONS = 100_000
RANDOM_DRAWS = 5


def run(subject: Subject) -> Finding:
    """On birds: the maps of the last layer that draw the branch."""
    mask_of, quality = branch_segmenter(subject.image_size, subject.data_dir, subject.cache_dir)
    found = dropping(
        subject.generator,
        subject.latents(SAMPLES),
        mask_of,
        map_layers(subject.generator)[-1],
        labels=subject.labels(SAMPLES),
        object_share=0.2,
        seed=subject.seed,
    )
    return Finding(found.pictures, {"segmenter_intersection_over_union": quality, **found.figures})


def dropping(
    generator: keras.Model,
    latents: np.ndarray,
    mask_of: Callable[[np.ndarray], np.ndarray],
    layer: str,
    labels: np.ndarray | None = None,
    object_share: float = 0.5,
    held_out: float = 0.25,
    shown: int = 8,
    seed: int = 0,
) -> Finding:
    """Drop the maps of a layer whose weights for an object are positive, and as many random ones as a control.

    Args:
        generator: with the layer.
        latents: (n, Z), n in the hundreds.
        mask_of: (n, s, s, c) images in [-1, 1] -> (n, s, s) bool, where the object is.
        layer: one of `map_layers` (in the paper the last but one).
        labels: (n,) of a class-conditional generator.
        object_share: a position of the layer shows the object if this share of its pixels does.
        held_out: the share of samples on which the regression is tested.
        shown: how many samples are drawn.
        seed: of the held-out samples, the positions, and the random maps.

    Returns:
        Picture "dropping": the same latents with all maps, without the object's maps, without random ones. Figures:
        "maps" and how many were "dropped"; "auc" of the regression on held-out samples (0.5 is chance); the object's
        share of all pixels "before", "after" and "after_random" (mean of five draws), the last two also over the first
        ("left", "left_after_random"); and the change of all other pixels (mean absolute difference of values in
        [-1, 1]), "change_elsewhere" and "change_elsewhere_after_random".

    Raises:
        NothingFoundError: the object is nowhere or everywhere.
    """
    rng = np.random.default_rng(seed)
    inputs = generator_inputs(latents, labels)
    network = keras.Model(generator.input, {"maps": generator.get_layer(layer).output, "image": generator.output})
    outputs = compiled(network)(inputs)
    maps, images = outputs["maps"], outputs["image"]
    mask = mask_of(images)
    weights, auc = _object_weights(maps, _at_positions(mask, maps.shape[1:3], object_share), held_out, rng)
    dropped = weights > 0.0

    switchable, switches = with_switches(generator, layer)
    draw = compiled(switchable)

    def without(off: np.ndarray) -> np.ndarray:
        switches.on.assign(np.where(off, 0.0, 1.0))
        return draw(inputs)

    after = without(dropped)
    random_ones = [without(rng.permutation(dropped)) for _ in range(RANDOM_DRAWS)]
    before_share, after_share = float(mask.mean()), float(mask_of(after).mean())
    random_share = float(np.mean([mask_of(one).mean() for one in random_ones]))
    figures = {
        "maps": len(dropped),
        "dropped": int(dropped.sum()),
        "auc": auc,
        "before": before_share,
        "after": after_share,
        "after_random": random_share,
        "left": ratio(after_share, before_share),
        "left_after_random": ratio(random_share, before_share),
        "change_elsewhere": float(np.abs(after - images)[~mask].mean()),
        "change_elsewhere_after_random": float(np.mean([np.abs(one - images)[~mask].mean() for one in random_ones])),
    }
    # Those that show the most of the object, so that there is something to drop.
    chosen = np.argsort(-mask.mean(axis=(1, 2)), kind="stable")[:shown]
    titles = {
        "all maps": images,
        f"without the {dropped.sum()} of {len(dropped)} maps that draw the object": after,
        "without as many random maps": random_ones[0],
    }
    rows = [titled(title, grid(pictures[chosen], len(chosen), SMALL_SIDE)) for title, pictures in titles.items()]
    return Finding({"dropping": stacked(rows)}, figures)


def _at_positions(mask: np.ndarray, sides: tuple[int, int], share: float) -> np.ndarray:
    """(n, s, s) bool to (n, h, w) bool: whether `share` or more of a position's pixels are the object."""
    shares = tf.image.resize(mask[..., np.newaxis].astype(np.float32), sides, method="area").numpy()[..., 0]
    present = shares >= share
    if present.all() or not present.any():
        raise ValueError(
            "the object must be at some positions of the layer and not at all of them. "
            f"Received: {present.mean():.0%} of {present.shape}"
        )
    return present


def _object_weights(
    maps: np.ndarray, present: np.ndarray, held_out: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Weights (maps,) of a regression from (n, h, w, maps) to (n, h, w) bool, and its AUC on held-out samples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    order = rng.permutation(len(maps))
    testing = max(1, round(held_out * len(maps)))
    parts = {}
    for name, rows in (("test", order[:testing]), ("train", order[testing:])):
        values, wanted = maps[rows].reshape(-1, maps.shape[-1]), present[rows].ravel()
        if wanted.all() or not wanted.any():
            raise NothingFoundError(
                f"the object must be at some positions of the {name} samples and not at all of them. "
                f"Received: {wanted.mean():.0%}"
            )
        kept = rng.permutation(len(values))[:POSITIONS]
        parts[name] = values[kept], wanted[kept]
    values, wanted = parts["train"]
    # Scaling keeps the signs of weights, and lets the penalty treat large and small maps alike.
    scale = values.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    with one_thread():
        regression = LogisticRegression(class_weight="balanced", max_iter=1000).fit(values / scale, wanted)
    values, wanted = parts["test"]
    return regression.coef_[0], float(roc_auc_score(wanted, regression.decision_function(values / scale)))
