"""The step of the judges by hand: the mean cross-entropy over the attributes."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import Step, class_entropy, descend, images, plain


@pytest.mark.parametrize("name", ["attribute_judge", "class_judge"])
@pytest.mark.parametrize("counts", [(3, 2), (4,)])
def test_the_step(name, counts):
    model = plain(name, value_counts=counts, channels=3) if name == "class_judge" else plain(name, value_counts=counts)
    image, rng = images(0), np.random.default_rng(0)
    attributes = np.stack([rng.integers(0, count, 4) for count in counts], axis=1)
    step = Step(model, {"image": image, "attributes": tf.constant(attributes, tf.int32)})
    with tf.GradientTape() as tape:
        parts = tf.split(model.classifier({"image": image}, training=True), counts, axis=1)
        losses = [class_entropy(part, attributes[:, place]) for place, part in enumerate(parts)]
        loss = sum(losses) / len(counts)
    descend(loss, tape, model.classifier)
    predicted = np.stack([np.argmax(part, axis=1) for part in parts], axis=1)
    step.assert_repeated(loss=loss, accuracy=np.mean(predicted == attributes))
