"""The two encoders of a joint embedding, frozen: how well does an image fit a caption?"""

import dataclasses
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from pipelines.atomic import atomic_write
from pipelines.examples import DataError
from serving.encoder import STANDARD_DEVIATION, CaptionEncoder

# What a text encoder's run leaves in its folder.
TEXT_FILE, IMAGE_FILE, COMPATIBILITY_FILE = "text_encoder.keras", "image_encoder.keras", "compatibility.json"
COSINE, INNER_PRODUCT = "cosine", "inner_product"


@dataclasses.dataclass(frozen=True)
class Compatibility:
    """How the embeddings in the two files of a run are compared, so that it is as in training.

    Attributes:
        kind: "cosine", or "inner_product".
        scale: the factor of the cosine in the loss; of an inner product, what undoes the division of the texts by a
            number when the embeddings were standardized.
        text_mean: of an inner product, (D,) what was subtracted from the texts then; () for nothing.
    """

    kind: str
    scale: float = 1.0
    text_mean: tuple[float, ...] = ()

    def scores(self, image_embedding: tf.Tensor, text_embedding: tf.Tensor) -> tf.Tensor:
        """(n, D) and (m, D) embeddings to (n, m) float32 scores: the higher, the better the caption fits the image.

        They are those that the loss compared. Gradients flow through both arguments.
        """
        images, texts = tf.cast(image_embedding, tf.float32), tf.cast(text_embedding, tf.float32)
        if self.kind == COSINE:
            images, texts = tf.math.l2_normalize(images, axis=1), tf.math.l2_normalize(texts, axis=1)
        scores = self.scale * tf.matmul(images, texts, transpose_b=True)
        return scores + tf.linalg.matvec(images, tf.constant(self.text_mean))[:, None] if self.text_mean else scores

    def write(self, path: pathlib.Path):
        """As JSON."""
        with atomic_write(path) as aside:
            aside.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: pathlib.Path) -> "Compatibility":
        """What `write` wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(found["kind"], found["scale"], tuple(found["text_mean"]))


@dataclasses.dataclass(frozen=True)
class JointEncoders:
    """The text encoder and the image encoder of a finished run, and how their embeddings are compared.

    Attributes:
        text: captions to (m, D) embeddings.
        image: images (n, side, side, 3) in [-1, 1], under the name "image", to (n, D) embeddings.
        compatibility: says how well an image fits a caption.
    """

    text: CaptionEncoder
    image: keras.Model
    compatibility: Compatibility

    @classmethod
    def load(cls, folder: pathlib.Path | str) -> "JointEncoders":
        """From the folder of a text encoder's run, or of a text-to-image run that was trained on one.

        Raises:
            DataError: a file is missing, or is of an earlier version of this project.
        """
        folder = pathlib.Path(folder)
        if missing := [name for name in (TEXT_FILE, IMAGE_FILE, COMPATIBILITY_FILE) if not (folder / name).exists()]:
            raise DataError(
                f"a joint embedding is the files {TEXT_FILE}, {IMAGE_FILE} and {COMPATIBILITY_FILE} of a text "
                f"encoder's run; train it again, with --restart. Received: {folder}, without {', '.join(missing)}"
            )
        image = keras.saving.load_model(folder / IMAGE_FILE, compile=False)
        image.trainable = False
        return cls(CaptionEncoder.load(folder / TEXT_FILE), image, Compatibility.read(folder / COMPATIBILITY_FILE))

    @property
    def image_size(self) -> int:
        """The side of the images that are embedded, in pixels."""
        return self.image.input["image"].shape[1]

    def embed_images(self, images: tf.Tensor) -> tf.Tensor:
        """(n, h, w, 3) images in [-1, 1], of any size, to (n, D) float32 embeddings; gradients flow through it.

        Another size than the encoder's is resized, bilinearly and without aliasing.
        """
        images = tf.cast(images, tf.float32)
        size = (self.image_size, self.image_size)
        if tuple(images.shape[1:3]) != size:
            images = tf.image.resize(images, size, antialias=True)
        return tf.cast(self.image({"image": images}, training=False), tf.float32)

    def scores(self, images: tf.Tensor, text_embedding: tf.Tensor) -> tf.Tensor:
        """(n, h, w, 3) images and (m, D) embeddings of texts to (n, m) scores."""
        return self.compatibility.scores(self.embed_images(images), text_embedding)


def scaled_to_noise(network: keras.Model) -> keras.Model:
    """A text encoder of unit length, whose numbers get the standard deviation that a generator reads well.

    Of D numbers of unit length, the root of the mean square is 1 / sqrt(D); cosines stay as they are.
    """
    scale = STANDARD_DEVIATION * float(np.sqrt(network.output_shape[-1]))
    scaled = keras.layers.Rescaling(scale, dtype="float32", name="scale")(network.output)
    return keras.Model(network.input, scaled, name=network.name)


def of_images(network: keras.Model, pretrained: keras.Model | None, image_size: int) -> keras.Model:
    """An image encoder that takes images: behind the pretrained network whose features it takes, if there is one."""
    if pretrained is None:
        return network
    if isinstance(pretrained.output, dict):
        # An output that is the input itself, called on another input, would make a loop.
        pretrained = keras.Model(pretrained.inputs, pretrained.output["features"])
    image = keras.Input((image_size, image_size, 3), name="image")
    return keras.Model({"image": image}, network({"image_features": pretrained(image)}), name=network.name)
