"""A translator as a numbered SavedModel for TensorFlow Serving. Loading it needs TensorFlow alone."""

import pathlib

import keras
import tensorflow as tf

from serving.export import write_version
from serving.translator import Translator


def export(translator: Translator, folder: pathlib.Path) -> pathlib.Path:
    """Write the next version below `folder` (1, 2, ...); returns where.

    Signatures, by name:
        serving_default: image_bytes (B,) strings, JPEG or PNG files of any sizes; the seed is 0.
        image_bytes_and_seed: the same and a seed (int32 scalar), which decides the dropout.
        images_and_seed: images (B, h, w, 3) uint8 and a seed.
    The first two return `png` (B,) strings, PNG files of the input's sizes; the third `images` (B, h, w, 3) uint8.
    Each image is translated by itself, whatever the others are: as `--mode=sample --seed=s` does.
    """
    image_bytes = tf.TensorSpec([None], tf.string, name="image_bytes")
    images = tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")
    seed = tf.TensorSpec([], tf.int32, name="seed")

    def image_bytes_and_seed(image_bytes, seed):
        def one(encoded):
            image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
            return tf.io.encode_png(translator.translated(tf.ensure_shape(image, (None, None, 3)), seed))

        return {"png": tf.map_fn(one, image_bytes, fn_output_signature=tf.string)}

    def image_bytes_alone(image_bytes):
        return image_bytes_and_seed(image_bytes, tf.constant(0))

    def images_and_seed(images, seed):
        return {"images": tf.map_fn(lambda image: translator.translated(image, seed), images)}

    archive = keras.export.ExportArchive()
    archive.track(translator.generator)
    archive.add_endpoint("serving_default", image_bytes_alone, [image_bytes])
    archive.add_endpoint("image_bytes_and_seed", image_bytes_and_seed, [image_bytes, seed])
    archive.add_endpoint("images_and_seed", images_and_seed, [images, seed])
    return write_version(archive, folder)
