"""What the networks of images share, described for NumPy: the class as a condition, and the discriminator's outputs."""

import numpy as np

from tests.models.reference import Reference


def one_hot(label, classes: int):
    return np.eye(classes)[label]


def with_class(r: Reference, vector, label, classes: int, conditioning: str):
    """A vector, by concatenation with the one-hot class."""
    return r.concatenate(vector, one_hot(label, classes)) if conditioning == "concatenation" else vector


def with_class_maps(r: Reference, image, label, classes: int, conditioning: str):
    """An image, by concatenation with a constant map for each class."""
    if conditioning != "concatenation":
        return image
    maps = np.broadcast_to(one_hot(label, classes)[:, None, None], (*image.shape[:3], classes))
    return r.concatenate(image, maps)


def normalized(r: Reference, x, label, classes: int, conditioning: str):
    """Batch normalization, by projection with the scale and the offset of each example's class."""
    if conditioning != "projection":
        return r.batch_normalization(x)
    y = r.batch_normalization(x, affine=False)
    scale, offset = (
        r.take(kind, (classes, x.shape[-1]), "the scale and offset of each class")[label]
        for kind in ("table of ones", "table of zeros")
    )
    shape = (len(x),) + (1,) * (x.ndim - 2) + (x.shape[-1],)
    return y * scale.reshape(shape) + offset.reshape(shape)


def logits(r: Reference, features, pooled, label, classes: int, conditioning: str, spectral_norm: bool):
    """Linear in the features; by projection, plus the inner product of pooled features and the class's embedding."""
    y = r.dense(features.reshape(len(features), -1), 1, spectral_norm=spectral_norm)
    if conditioning != "projection":
        return y
    embeddings = r.kernel((classes, pooled.shape[-1]), spectral_norm, "the embedding of the class")
    return y + np.sum(embeddings[label] * pooled, axis=1, keepdims=True)
