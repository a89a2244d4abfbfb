"""Forgetting to draw an object (DCGAN, Radford et al. 2016, section 6.3.1, figure 6).

A logistic regression says which of a generator's hidden maps go with an object; without those the generator draws the
same scenes and leaves the object out.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from experiments.networks import compiled, generator_inputs
from experiments.panels import grid, titled
from experiments.result import Finding, NothingFoundError, ratio
from experiments.threads import one_thread
from panels.grids import stacked

# Positions that the regression sees at most: more take longer and say no more.
POSITIONS = 100_000
RANDOM_DRAWS = 5


class Switches(keras.layers.Layer):
    """(B, h, w, maps) with each map on or off: times its `on`, 1 or 0."""

    def build(self, input_shape):
        """Make `on`, all 1."""
        self.on = self.add_weight(name="on", shape=(input_shape[-1],), initializer="ones", trainable=False)

    def call(self, maps):
        """Switch."""
        return maps * keras.ops.cast(self.on, maps.dtype)


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
        layer: of `map_layers` (in the paper the last but one).
        labels: (n,) of a class-conditional generator.
        object_share: a position of the layer shows the object if that share of its pixels does.
        held_out: the share of samples on which the regression is tested.
        shown: how many samples are drawn.
        seed: of the samples that are held out, the positions, and the random maps.

    Returns:
        Picture "dropping": the same latents as they are, without the object's maps, without random ones. Figures:
        "maps" and how many were "dropped"; "AUC" of the regression on held-out samples (0.5 is chance); shares of
        pixels that are the object "before", "after" and "after random" (mean of five draws), of which "left" and
        "left after random" are parts of "before"; and how much the other pixels changed (mean absolute difference of
        values in [-1, 1]), "change elsewhere" and "change elsewhere after random".

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
        "AUC": auc,
        "before": before_share,
        "after": after_share,
        "after random": random_share,
        "left": ratio(after_share, before_share),
        "left after random": ratio(random_share, before_share),
        "change elsewhere": float(np.abs(after - images)[~mask].mean()),
        "change elsewhere after random": float(np.mean([np.abs(one - images)[~mask].mean() for one in random_ones])),
    }
    # Those with most of the object, so that there is something to forget.
    chosen = np.argsort(-mask.mean(axis=(1, 2)), kind="stable")[:shown]
    titles = {
        "as they are": images,
        f"without {dropped.sum()} maps of the object, of {len(dropped)}": after,
        "without as many random maps": random_ones[0],
    }
    rows = [titled(title, grid(pictures[chosen], len(chosen))) for title, pictures in titles.items()]
    return Finding({"dropping": stacked(rows)}, figures)


def with_switches(generator: keras.Model, layer: str) -> tuple[keras.Model, Switches]:
    """A copy of a generator whose maps of a layer can be switched off, and the switches."""
    switches = Switches(name="switches")

    def call(operation, *args, **kwargs):
        outputs = operation(*args, **kwargs)
        return switches(outputs) if operation.name == layer else outputs

    copy = keras.models.clone_model(generator, call_function=call)
    for own in generator.layers:
        copy.get_layer(own.name).set_weights(own.get_weights())
    return copy, switches


def _at_positions(mask: np.ndarray, sides: tuple[int, int], share: float) -> np.ndarray:
    """(n, s, s) bool to (n, h, w) bool: whether `share` or more of a position's pixels are the object."""
    shares = tf.image.resize(mask[..., np.newaxis].astype(np.float32), sides, method="area").numpy()[..., 0]
    present = shares >= share
    if present.all() or not present.any():
        raise ValueError(
            "the object must be at some positions of the layer and not at others. "
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
                f"the object must be in some {name} samples and not fill all. Received: {wanted.mean()}"
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
