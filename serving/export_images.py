"""A sampler of images or points as a numbered SavedModel for TensorFlow Serving. Loading it needs TensorFlow alone."""

import pathlib

import keras
import tensorflow as tf

from serving.export import clock_seed, with_png, write_version
from serving.image_sampler import ImageSampler


def export(sampler: ImageSampler, folder: pathlib.Path) -> pathlib.Path:
    """Write the next version below `folder` (1, 2, ...); returns where.

    Signatures of a model without classes, by name:
        serving_default: count (int32 scalar); the noise differs from call to call.
        count_and_seed: count and a seed (int32 scalar); the same seed gives the same images.
        latent: latent (B, D) float32.
    Of one that is told the class: serving_default takes label (B,) int32, label_and_seed a seed too, latent_and_label
    both. Each returns `images` (uint8) and `png` (bytes) or, of points, `points` (float32).
    """
    count = tf.TensorSpec([], tf.int32, name="count")
    label = tf.TensorSpec([None], tf.int32, name="label")
    latent = tf.TensorSpec([None, sampler.latent_dim], tf.float32, name="latent")
    seed = tf.TensorSpec([], tf.int32, name="seed")

    def latent_and_label(latent, label):
        made = sampler.generated(latent, label)
        return with_png(made) if sampler.of_images else {"points": made}

    def label_and_seed(label, seed):
        return latent_and_label(sampler.latents(tf.shape(label)[0], seed), label)

    def label_alone(label):
        return label_and_seed(label, clock_seed())

    archive = keras.export.ExportArchive()
    archive.track(sampler.generator)
    if sampler.classes:
        archive.add_endpoint("serving_default", label_alone, [label])
        archive.add_endpoint("label_and_seed", label_and_seed, [label, seed])
        archive.add_endpoint("latent_and_label", latent_and_label, [latent, label])
    else:

        def count_alone(count):
            return label_alone(tf.zeros([count], tf.int32))

        def count_and_seed(count, seed):
            return label_and_seed(tf.zeros([count], tf.int32), seed)

        def latent_alone(latent):
            return latent_and_label(latent, tf.zeros([tf.shape(latent)[0]], tf.int32))

        archive.add_endpoint("serving_default", count_alone, [count])
        archive.add_endpoint("count_and_seed", count_and_seed, [count, seed])
        archive.add_endpoint("latent", latent_alone, [latent])
    return write_version(archive, folder)
