"""The judges' classifier recomputed in NumPy."""

import pytest

from models.judges.judge import attribute_classifier
from tests.models.operations import max_pool, relu
from tests.models.reference import assert_computes, images
from tests.worlds import tiny


def described(r, image, width: int, logits: int):
    """3x3 convolutions with batch normalization and ReLU, pooled while the side is above 6, and one hidden layer."""

    def normalize(x):
        return relu(r.batch_normalization(x, epsilon=1e-3, unbiased=False))

    x, channels = image, width
    while x.shape[1] > 6:
        x = max_pool(normalize(r.convolution(x, channels, 3)))
        channels = min(2 * channels, 8 * width)
    x = normalize(r.convolution(x, channels, 3))
    x = normalize(r.dense(x.reshape(len(x), -1), 8 * width, bias=False))
    return r.dense(x, logits)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    ("model", "size", "changes"),
    [
        ("attribute_judge", 32, {"value_counts": (3, 2, 4)}),
        ("class_judge", 28, {"value_counts": (9,), "channels": 1}),
        ("attribute_judge", 100, {"value_counts": (4, 5)}),
    ],
)
def test_the_classifier_computes_what_its_documentation_says(model, size, changes, training):
    config = tiny(model, width=2, image_size=size, **changes)
    assert_computes(
        attribute_classifier(config),
        lambda r, image: described(r, image, 2, 9),
        {"image": images(4, size, channels=config.channels)},
        training,
    )
