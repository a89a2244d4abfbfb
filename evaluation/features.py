"""Pretrained image networks that the user names: Keras's InceptionV3, a .keras file, or a SavedModel folder."""

import hashlib
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from evaluation.extractor import Extractor
from evaluation.names import INCEPTION, INCEPTION_FILES, digest, network_name
from pipelines.examples import DataError
from pipelines.readers.download import is_reachable

INCEPTION_SIDE = 299
INCEPTION_FILE = next(iter(INCEPTION_FILES))
INCEPTION_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{INCEPTION_FILE}"
# Networks of photographs take some 4 KB a pixel while they compute (MobileNetV2, measured); at a quarter of what small
# networks get they are as fast, and the whole evaluation needs 1 GB less.
BATCH_PIXELS = 2**16
ACCEPTED = (
    "an image network must be a .keras file, a SavedModel folder, the .h5 weights of Keras's InceptionV3, or inception"
)


def feature_network(named: str) -> Extractor:
    """The network that `--feature_network` names. It gives one vector an image, or a dict with it as "features".

    Networks take images in [-1, 1]; to one that takes a single size they are resized. A dict may hold the
    "probabilities" of classes, too.

    Raises:
        DataError: there is no such network, it does not give that, or it cannot be downloaded.
    """
    path = pathlib.Path(named)
    if named == INCEPTION:
        return downloaded_inception()
    if path.suffix == ".h5":
        return inception(named)
    try:
        network = saved_model(path) if path.is_dir() else keras.saving.load_model(path, compile=False)
    except Exception as error:
        # What is no network makes Keras and TensorFlow raise almost anything.
        raise DataError(f"{ACCEPTED}. Received: {named} ({first_line(error)})") from None
    if isinstance(network, keras.Model):
        shape, output = network.input_shape, network.output
        shape = next(iter(shape.values())) if isinstance(shape, dict) else shape
        names = output if isinstance(output, dict) else ()
    else:
        shape, names = network.shape, network.names
    side = shape[1] if isinstance(shape, tuple) and len(shape) == 4 and shape[1] == shape[2] else 0
    return Extractor(
        Checked(network, named),
        network_name(named),
        side or 0,
        "probabilities" in names,
        weights=digest(path)[:16],
        batch_pixels=BATCH_PIXELS,
    )


class Checked:
    """A network whose outputs are checked, once for each size of images, before it is compiled.

    Args:
        network: images to one vector each, or to a dict.
        named: as the user names it.
    """

    def __init__(self, network, named: str):
        self.network, self.named, self.seen = network, named, set()
        self.compiled = tf.function(lambda images: self.outputs(images), reduce_retracing=True)

    def outputs(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is used of what the network gives."""
        output = self.network(images, training=False)
        found = output if isinstance(output, dict) else {"features": output}
        return {name: found[name] for name in ("features", "probabilities") if name in found}

    def __call__(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is used of what the network gives of (B, h, w, 3) images."""
        if images.shape[1:] not in self.seen:
            self.check(images[:1])
            self.seen.add(images.shape[1:])
        return self.compiled(images)

    def check(self, image: tf.Tensor):
        """DataError if the network does not take an image, or gives no vector of it."""
        try:
            output = self.network(image, training=False)
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            raise DataError(
                f"the image network does not take images of {image.shape[1]} pixels. "
                f"Received: {self.named} ({first_line(error)})"
            ) from None
        vectors = output.get("features") if isinstance(output, dict) else output
        if getattr(vectors, "ndim", None) != 2:
            received = f"a dict of {', '.join(output)}" if isinstance(output, dict) else f"{output!r:.80}"
            raise DataError(
                "an image network must give one vector an image, or a dict with it as 'features'. "
                f"Received: {self.named} which gives {' '.join(received.split())}"
            )


class SavedNetwork:
    """The default signature of a SavedModel, which takes one batch of images.

    Args:
        signature: a concrete function.
        owner: keeps its variables.
    """

    def __init__(self, signature, owner):
        self.signature, self.owner = signature, owner
        inputs = signature.structured_input_signature[1]
        if len(inputs) != 1:
            raise ValueError(f"its default signature takes {', '.join(inputs) or 'nothing'}, not images alone")
        ((self.argument, spec),) = inputs.items()
        self.shape, self.names = tuple(spec.shape), tuple(signature.structured_outputs)

    def __call__(self, images: tf.Tensor, training: bool):
        """As a Keras model is called; what is served computes as in inference."""
        output = self.signature(**{self.argument: images})
        return next(iter(output.values())) if len(output) == 1 else output


def saved_model(path: pathlib.Path) -> SavedNetwork:
    """The network in the folder of a SavedModel; ValueError or OSError where there is none."""
    owner = tf.saved_model.load(str(path))
    if "serving_default" not in owner.signatures:
        raise ValueError("it has no signature serving_default")
    return SavedNetwork(owner.signatures["serving_default"], owner)


def inception(weights: str | None, named: str = "") -> Extractor:
    """Keras's InceptionV3: 2,048 pooled features, and the probabilities of 1,000 classes if the weights have them.

    Args:
        weights: "imagenet", an .h5 file, or None for random ones.
        named: as the user names it, if it is not the file.
    """
    named = named or str(weights)
    has_classes = "notop" not in named
    try:
        network = keras.applications.InceptionV3(
            include_top=has_classes,
            weights=weights,
            input_shape=(INCEPTION_SIDE, INCEPTION_SIDE, 3),
            pooling=None if has_classes else "avg",
        )
    except Exception as error:
        # What is no file of weights makes h5py and Keras raise almost anything.
        raise DataError(f"{ACCEPTED}. Received: {named} ({first_line(error)})") from None
    outputs = {"features": network.get_layer("avg_pool").output if has_classes else network.output}
    outputs |= {"probabilities": network.output} if has_classes else {}
    network = keras.Model(network.input, outputs)
    return Extractor(
        Checked(network, named),
        network_name(named),
        INCEPTION_SIDE,
        has_classes,
        weights=weights_hash(network),
        batch_pixels=BATCH_PIXELS,
    )


def downloaded_inception() -> Extractor:
    """InceptionV3 with the weights that Keras downloads, once; DataError where it cannot."""
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
    if not (home / "models" / INCEPTION_FILE).exists():
        what = f"the weights of Keras's InceptionV3 (ImageNet, 96 MB) from {INCEPTION_URL}"
        by_hand = f"--feature_network={INCEPTION_FILE} takes the file, downloaded by hand"
        if not is_reachable(INCEPTION_URL):
            raise DataError(f"no network to download {what}; {by_hand}. Received: --feature_network={INCEPTION}")
        print(f"Downloading {what}, once, into {home / 'models'}; {by_hand}.", flush=True)
    return inception("imagenet", INCEPTION)


def weights_hash(network: keras.Model) -> str:
    """A short hash of a network's weights."""
    content = hashlib.sha256()
    for array in network.get_weights():
        content.update(np.ascontiguousarray(array))
    return content.hexdigest()[:16]


def first_line(error: Exception) -> str:
    """Of what Keras says of an error."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
