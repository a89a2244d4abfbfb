"""Segments the branch in images of birds: a small network that is trained on rendered ones."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from pipelines.birds import load_branches
from pipelines.images import in_batches, to_float

EPOCHS, BATCH_SIZE = 6, 64


def branch_segmenter(image_size: int, data_dir: str, cache_dir: str) -> tuple[Callable, float]:
    """Trains the segmenter, which takes a minute.

    Args:
        image_size: pixels.
        data_dir: where rendered birds are kept; "" for the cache folder.
        cache_dir: see `pipelines.birds.load`.

    Returns:
        (n, s, s, 3) images in [-1, 1] -> (n, s, s) bool; and its intersection over union on unseen species.
    """
    keras.utils.set_random_seed(0)
    image = keras.Input((image_size, image_size, 3))
    x = image
    # Dilated, so that the receptive field spans the line that a pixel may belong to.
    for rate in (1, 2, 4, 1):
        x = layers.Conv2D(24, 3, padding="same", dilation_rate=rate, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    network = keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(x))
    network.compile(keras.optimizers.Adam(3e-3), loss="binary_crossentropy")

    def split(name: str):
        pairs = load_branches(name, image_size, data_dir, cache_dir)
        return np.asarray(to_float(pairs.b)), pairs.a[..., :1] > 127

    images, masks = split("train")
    network.fit(images, masks.astype(np.float32), batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=2)

    def mask_of(images: np.ndarray) -> np.ndarray:
        return in_batches(lambda part: network(tf.constant(part), training=False), images)[..., 0] > 0.5

    unseen, truth = split("test")
    found, truth = mask_of(unseen), truth[..., 0]
    return mask_of, float((found & truth).sum() / (found | truth).sum())
