"""A sampler as a numbered SavedModel for TensorFlow Serving. Loading it needs TensorFlow alone."""

import pathlib
import shutil

import keras
import tensorflow as tf

from serving.sampler import Sampler


def with_png(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """What every signature returns: the pixels (B, side, side, 3) uint8, and each image as PNG bytes (B,)."""
    png = tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.string)
    return {"images": images, "png": png}


def clock_seed() -> tf.Tensor:
    """A seed from the clock: one fixed in the graph would repeat the same pictures after each start of a server."""
    return tf.cast(tf.math.floormod(tf.timestamp() * 1e6, 2.0**31), tf.int32)


def export(sampler: Sampler, folder: pathlib.Path) -> pathlib.Path:
    """Write the next version below `folder` (1, 2, ...); returns where.

    Signatures, by name:
        serving_default: captions (B,) strings; the noise differs from call to call.
        captions_and_seed: captions and a seed (int32 scalar); the same seed gives the same images.
        embeddings_and_noise: embeddings (B, D) and noise (B, Z), float32.
        embeddings_and_seed: embeddings and a seed.
    `--mode=sample --num_images=n --seed=s` draws each caption as a batch of its own: its row is what
    `captions_and_seed` gives for that caption n times and s.
    A model trained on embeddings from a file has the last two only, `embeddings_and_seed` as its default.
    """
    captions = tf.TensorSpec([None], tf.string, name="captions")
    embeddings = tf.TensorSpec([None, sampler.text_dim], tf.float32, name="embeddings")
    noise = tf.TensorSpec([None, sampler.latent_dim], tf.float32, name="noise")
    seed = tf.TensorSpec([], tf.int32, name="seed")

    def embeddings_and_noise(embeddings, noise):
        return with_png(sampler.images(embeddings, noise))

    def embeddings_and_seed(embeddings, seed):
        return with_png(sampler.images(embeddings, sampler.latents(tf.shape(embeddings)[0], seed)))

    def captions_and_seed(captions, seed):
        return embeddings_and_seed(sampler.encoder.embed(captions), seed)

    def captions_alone(captions):
        return captions_and_seed(captions, clock_seed())

    archive = keras.export.ExportArchive()
    archive.track(sampler.generator)
    archive.add_endpoint("embeddings_and_noise", embeddings_and_noise, [embeddings, noise])
    archive.add_endpoint("embeddings_and_seed", embeddings_and_seed, [embeddings, seed])
    if sampler.encoder:
        archive.track(sampler.encoder.network)
        archive.add_endpoint("captions_and_seed", captions_and_seed, [captions, seed])
        archive.add_endpoint("serving_default", captions_alone, [captions])
    else:
        archive.add_endpoint("serving_default", embeddings_and_seed, [embeddings, seed])
    return write_version(archive, folder)


def write_version(archive: keras.export.ExportArchive, folder: pathlib.Path) -> pathlib.Path:
    """Write an archive as the next numbered version below `folder`; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)
    # TensorFlow Serving takes up any numbered folder, so an unfinished one must not have a number.
    aside = folder / f".{version}.unfinished"
    shutil.rmtree(aside, ignore_errors=True)
    archive.write_out(str(aside), verbose=False)
    return aside.rename(folder / str(version))
