"""Every number of an evaluation of a text encoder whose embeddings are known."""

import types

import numpy as np
import pytest

from evaluation.evaluator import Data, measure
from evaluation.retrieval import ClassRetrieval, EmbeddingOutputs, ImageRecall
from pipelines.examples import CaptionedImages

# Two classes of six images each, an axis of the embedding for each image; the first image of each class has two
# captions.
IMAGES = 12
LABELS = np.repeat([3, 8], 6)
CAPTIONS = tuple(("one", "another") if row in (0, 6) else ("one",) for row in range(IMAGES))
# The image that each of the 14 captions describes, and by how much the encoder prefers all others to it.
OWNERS = np.repeat(np.arange(IMAGES), [len(lines) for lines in CAPTIONS])


def outputs_of(texts, images, labels=LABELS):
    """The outputs of encoders that give these embeddings, by the number that stands in each input."""

    def encoder(name, table):
        def encode(inputs, training):
            assert not training
            assert list(inputs) == [name]
            return table[np.asarray(inputs[name])[:, 0].astype(int)]

        return encode

    model = types.SimpleNamespace(
        text_encoder=encoder("letters", texts),
        image_encoder=encoder("pixels", images),
        text_key="letters",
        image_key="pixels",
    )
    examples = CaptionedImages(
        images=np.zeros((IMAGES, 1, 1, 3)), names=tuple(map(str, range(IMAGES))), captions=CAPTIONS, labels=labels
    )
    data = Data(examples, "test", 100)
    rows = [np.arange(count)[:, None] for count in (len(texts), len(images))]
    return EmbeddingOutputs(model, data, *rows), data


def measured(evaluator, *arguments, **options):
    outputs, data = outputs_of(*arguments, **options)
    assert outputs.protocol() == {"captions": 14, "real": 12}
    return measure([evaluator], outputs, data)


def test_the_recall_is_of_a_captions_own_image_among_ten_beside_chance():
    # A caption's score of image j is how far j is behind its own, so that 0 to 11 are before it.
    before = np.array([0, 9, 10, 11, 3, 9, 5, 10, 1, 2, 11, 8, 9, 7])
    places = (np.arange(IMAGES) - OWNERS[:, None] - 1) % IMAGES
    texts = np.where(places < before[:, None], 2.0, 0.0) + np.eye(IMAGES)[OWNERS]
    # Behind it are all others. Four of fourteen have ten or eleven images before it.
    assert (np.sum(texts > 1, axis=1) == before).all()
    assert measured(ImageRecall(), texts, np.eye(IMAGES)) == {
        "image_recall_at_10": pytest.approx(10 / 14),
        "image_recall_at_10_by_chance": pytest.approx(10 / 12),
    }


def test_class_retrieval_beside_chance():
    images = np.where(LABELS == 3, 1.0, -1.0)[:, None] * np.ones((1, 2)) * [1, 0]
    # Three captions of the first class and one of the second are on the wrong side; the means are not.
    side = np.where(LABELS[OWNERS] == 3, 1.0, -1.0)
    side[[1, 2, 4, 9]] *= -0.5
    texts = side[:, None] * [[1.0, 7.0]]
    figures = measured(ClassRetrieval(), texts, images)
    # Of the best twelve of twelve, six are of the class.
    assert figures == {
        "class_accuracy": pytest.approx(10 / 14),
        "class_accuracy_by_chance": 0.5,
        "average_precision_at_50": 0.5,
        "average_precision_at_50_by_chance": 0.5,
    }


def test_the_precision_is_of_the_best_images_for_a_classs_mean_caption():
    # With the classes of one and of eleven images.
    labels = np.where(np.arange(IMAGES) < 1, 3, 8)
    figures = measured(ClassRetrieval(), np.ones((14, 2)), np.ones((12, 2)), labels=labels)
    assert figures["average_precision_at_50"] == pytest.approx((1 / 12 + 11 / 12) / 2)
    assert figures["class_accuracy_by_chance"] == 0.5
    assert measured(ClassRetrieval(), np.ones((14, 2)), np.ones((12, 2)), labels=LABELS * 0) == {}
