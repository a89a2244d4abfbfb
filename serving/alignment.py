"""The words of captions and the regions of images, embedded by frozen encoders: does each word fit some region?"""

import dataclasses
import pathlib

import keras
import tensorflow as tf

from models.text_encoder.words import WORD_SEQUENCE
from pipelines.atomic import atomic_write
from pipelines.examples import DataError
from serving.encoder import CaptionEncoder
from serving.reading import Reading, reading_of

# What a text encoder with an alignment leaves in its folder, beside the files of `serving.joint`.
WORDS_FILE, REGIONS_FILE = "word_encoder.keras", "region_encoder.keras"


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Two frozen encoders whose embeddings of words and regions learned to agree (`losses.alignment_loss`).

    Attributes:
        words: the numbers of a caption's words to its `embedding` (B, D), as in the text encoder's file, the embeddings
            of its `words` (B, T, A) and their `weights` (B, T).
        regions: images (B, side, side, 3) in [-1, 1], under the name "image", to their `embedding` (B, D) and that of
            each of their `regions` (B, R, A).
    """

    words: keras.Model
    regions: keras.Model

    def __post_init__(self):
        self.words.trainable = self.regions.trainable = False

    @property
    def reading(self) -> Reading:
        """What is read of a caption."""
        return reading_of(self.words)

    def read(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """(..., T) numbers of words to the outputs of `words`, each (..., of its own)."""
        lead = tf.shape(ids)[:-1]
        given = self.words({self.reading.input_name: tf.reshape(ids, (-1, ids.shape[-1]))}, training=False)
        return {
            name: tf.reshape(tf.cast(rows, tf.float32), tf.concat([lead, tf.shape(rows)[1:]], 0))
            for name, rows in given.items()
        }

    def see(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """(B, h, w, 3) images in [-1, 1], of any size, to the outputs of `regions`; gradients flow through it."""
        images, size = tf.cast(images, tf.float32), tuple(self.regions.input["image"].shape[1:3])
        if tuple(images.shape[1:3]) != size:
            images = tf.image.resize(images, size, antialias=True)
        given = self.regions({"image": images}, training=False)
        return {name: tf.cast(rows, tf.float32) for name, rows in given.items()}

    @property
    def word_dim(self) -> int:
        """A, the size of the embedding of a word."""
        return self.words.output["words"].shape[-1]

    def sequences(self) -> CaptionEncoder:
        """Captions to the embeddings of their words, (B, T, A), as a generator reads them."""
        return CaptionEncoder(keras.Model(self.words.input, self.words.output["words"]))

    def save(self, folder: pathlib.Path):
        """Write both files."""
        for name, network in ((WORDS_FILE, self.words), (REGIONS_FILE, self.regions)):
            with atomic_write(folder / name) as aside:
                network.save(aside)

    @staticmethod
    def check(folder: pathlib.Path):
        """DataError where there are no such files."""
        if missing := [name for name in (WORDS_FILE, REGIONS_FILE) if not (folder / name).exists()]:
            raise DataError(
                "words are compared with regions by a text encoder that was trained with alignment_dim, such as "
                f"word_region's. Received: {folder}, without {', '.join(missing)}"
            )

    @classmethod
    def load(cls, folder: pathlib.Path) -> "Alignment":
        """What `save` wrote; DataError where there is none, or an earlier version of this project wrote it."""
        cls.check(folder)
        words, regions = (keras.saving.load_model(folder / name, compile=False) for name in (WORDS_FILE, REGIONS_FILE))
        if WORD_SEQUENCE not in (layer.name for layer in words.layers):
            raise DataError(
                "a text encoder must be one of this version: train it again, by python main.py --model=word_region "
                f"--workdir={folder} --restart, with its --dataset. Received: one of an earlier version"
            )
        return cls(words, regions)
