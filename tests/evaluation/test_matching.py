"""R-precision by encoders whose embeddings are known."""

import types

import numpy as np
import pytest
import tensorflow as tf

from evaluation.captions import CaptionOutputs
from evaluation.evaluator import Data, measure, protocol_of
from evaluation.matching import RetrievalEncoder, RPrecision, unit
from pipelines.examples import CaptionedImages
from serving.joint import COSINE, INNER_PRODUCT, Compatibility
from tests.evaluation.doubles import CELLS, SIDE, CaptionDouble, pictures


def encoders(compatibility):
    """An image's embedding is how white its 16 cells are; a caption's, its kind's cell, moved as it was in training."""

    def texts(captions):
        kinds = np.array([int(caption.split()[-1]) for caption in captions])
        embeddings = np.eye(CELLS**2)[kinds] * (1 + kinds[:, np.newaxis])
        if compatibility.kind == COSINE:
            # By inner products, the long ones would fit pictures of others better.
            embeddings += 0.5 * (1 + kinds[:, np.newaxis])
        if compatibility.text_mean:
            embeddings = (embeddings - np.array(compatibility.text_mean)) / compatibility.scale
        return embeddings.astype(np.float32)

    def images(batch):
        cells = tf.nn.avg_pool2d(batch[..., :1] / 2 + 0.5, SIDE // CELLS, SIDE // CELLS, "VALID")
        # Brighter than any text is long.
        return 100.0 * tf.reshape(cells, (len(batch), -1))

    text = types.SimpleNamespace(embed_all=texts)
    return RetrievalEncoder(
        types.SimpleNamespace(text=text, embed_images=images, compatibility=compatibility, image_size=SIDE), "runs/x"
    )


def test_networks_of_photographs_see_few_images_at_a_time():
    """All maps of 250 of 160 pixels, kept until the end of a call, took MobileNetV2 23 GB."""
    seen = []

    def images(batch):
        seen.append(batch.shape[0])
        return tf.reduce_mean(batch, axis=(1, 2))

    for side, most in ((160, 2), (32, 64)):
        encoders = types.SimpleNamespace(embed_images=images, compatibility=Compatibility(COSINE), image_size=side)
        drawn = np.random.default_rng(0).uniform(0, 1, (130, 8, 8, 3)).astype(np.float32)
        found = RetrievalEncoder(encoders, "runs/x").images(drawn)
        np.testing.assert_allclose(found, unit(drawn.mean(axis=(1, 2))), rtol=1e-5)
        # Compiled, it is traced for one size, or for one and any.
        assert len(seen) <= 2
        assert seen[0] == most
        seen.clear()


def measured(drawn, real, labels, retrieval, lines=1, count=1000):
    """Figures where image `i` and its captions are of kind `real[i]`, and a picture of kind `drawn[i]` is drawn."""
    captions = tuple(tuple(f"line {line} of kind {kind}" for line in range(lines)) for kind in real)
    names = tuple(map(str, range(len(real))))
    images = pictures(real, channels=3)
    examples = CaptionedImages(images=images, names=names, captions=captions, labels=labels)
    data = Data(examples, "test", count, retrieval=retrieval)
    sampler = CaptionDouble()
    outputs = CaptionOutputs(sampler, data, SIDE, lambda names: [np.array([[drawn[int(n)], 0]] * lines) for n in names])
    return measure([RPrecision()], outputs, data), protocol_of([RPrecision()], outputs, data)


KINDS = np.arange(160) % 16


@pytest.mark.parametrize(
    "compatibility",
    [
        Compatibility(COSINE, 10.0),
        Compatibility(INNER_PRODUCT),
        # Standardized.
        Compatibility(INNER_PRODUCT, 3.0, tuple(np.linspace(-9, 9, 16).tolist())),
    ],
    ids=["cosine", "inner product", "standardized"],
)
def test_a_picture_that_fits_its_caption_counts(compatibility):
    # Every fourth picture is of another kind than its caption says.
    drawn = np.where(np.arange(160) % 4 == 3, (KINDS + 5) % 16, KINDS)
    figures, protocol = measured(drawn, KINDS, KINDS, encoders(compatibility))
    assert figures["r_precision"] == pytest.approx(0.75)
    assert figures["r_precision_of_real"] == pytest.approx(1)
    assert figures["r_precision_standard_error"] == pytest.approx(np.sqrt(0.75 * 0.25 / 160))
    assert figures["r_precision_by_chance"] == 0.01
    assert protocol == {"r_precision_mismatches": 99}


def test_of_few_pictures_the_captions_of_the_whole_split_are_ranked():
    figures, protocol = measured(KINDS, KINDS, KINDS, encoders(Compatibility(COSINE)), count=20)
    assert (figures["r_precision"], protocol) == (1, {"r_precision_mismatches": 99})
    # Of few captions, as many as there are; the picture's own other lines are no mismatches.
    figures, protocol = measured(np.arange(4), np.arange(4), np.arange(4), encoders(Compatibility(COSINE)), lines=3)
    assert protocol == {"r_precision_mismatches": 9}
    assert (figures["r_precision"], figures["r_precision_by_chance"]) == (1, 0.1)


def test_images_without_classes_are_classes_of_their_own_and_one_class_says_nothing():
    encoder = encoders(Compatibility(COSINE))
    figures, _ = measured(np.zeros(16, int), np.arange(16), None, encoder)
    # One picture for all captions fits one of them.
    assert figures["r_precision"] == pytest.approx(1 / 16)
    assert measured(KINDS, KINDS, np.zeros(160, int), encoder) == ({}, {})
