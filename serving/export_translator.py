"""A translator as a numbered SavedModel for TensorFlow Serving. Loading it needs TensorFlow alone."""

import pathlib
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from serving.export import write_version
from serving.translator import Translator

DEFAULT = "serving_default"


def export(translators: Mapping[str, Translator], folder: pathlib.Path) -> pathlib.Path:
    """Write the next version below `folder` (1, 2, ...); returns where.

    Signatures of a model that draws dropout, by name:
        serving_default: image_bytes (B,) strings, JPEG or PNG files of any sizes; the seed is 0.
        image_bytes_and_seed: the same and a seed (int32 scalar), which decides the dropout.
        images_and_seed: images (B, h, w, 3) uint8 and a seed.
    Of one that draws nothing: `serving_default`, `images`. Where it translates both ways, these are from A to B;
    `BtoA_image_bytes` and `BtoA_images` are the way back.
    Those of bytes return `png` (B,) strings, PNG files of the input's sizes; the others `images` (B, h, w, 3) uint8.
    Each image is translated by itself, whatever the others are: as `--mode=sample --seed=s` does.

    Args:
        translators: by direction, the one that is served by default first.
        folder: of the versions.
    """
    archive = keras.export.ExportArchive()
    for place, (direction, translator) in enumerate(translators.items()):
        archive.track(translator.generator)
        for name, (function, signature) in endpoints(translator).items():
            if place:
                name = f"{direction}_{'image_bytes' if name == DEFAULT else name}"
            archive.add_endpoint(name, function, signature)
    return write_version(archive, folder)


def endpoints(translator: Translator) -> dict[str, tuple[Callable, list[tf.TensorSpec]]]:
    """By name, each function that is served and the signature that it takes."""
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

    def images_alone(images):
        return images_and_seed(images, tf.constant(0))

    served = {DEFAULT: (image_bytes_alone, [image_bytes])}
    if translator.is_seeded:
        served["image_bytes_and_seed"] = (image_bytes_and_seed, [image_bytes, seed])
        served["images_and_seed"] = (images_and_seed, [images, seed])
    else:
        served["images"] = (images_alone, [images])
    return served
