"""The step of the char-CNN-RNN by hand (Reed et al., CVPR 2016, equations 4 to 6), pair by pair."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.steps import Step, descend, images, plain


def pair_by_pair(image, text, labels, margin):
    """Both directions, each a mean over all pairs; pairs of one class are no mistakes."""
    total, count = 0.0, len(labels)
    for right in range(count):
        for wrong in range(count):
            if labels[wrong] != labels[right]:
                matching = tf.tensordot(image[right], text[right], 1)
                total += tf.maximum(margin + tf.tensordot(image[right], text[wrong], 1) - matching, 0)
                total += tf.maximum(margin + tf.tensordot(image[wrong], text[right], 1) - matching, 0)
    return total / count**2


@pytest.mark.parametrize("margin", [1.0, 0.3])
@pytest.mark.parametrize("features", [0, 5])
def test_both_encoders_learn_from_one_loss(features, margin):
    changes = {} if margin == 1.0 else {"margin": margin}
    # So many that the recurrent layer has three steps.
    model = plain("char_cnn_rnn", image_features_dim=features, read_characters=66, **changes)
    rng, labels = np.random.default_rng(0), [0, 1, 1, 2]
    batch = {
        "characters": tf.constant(rng.integers(1, 71, (4, 201)), tf.int32),
        "label": tf.constant(labels),
        "image": images(0),
        "image_features": tf.constant(rng.normal(size=(4, features)), tf.float32),
    }
    key = "image_features" if features else "image"
    step = Step(model, batch)
    with tf.GradientTape() as tape:
        text = model.text_encoder({"characters": batch["characters"]}, training=True)
        image = model.image_encoder({key: batch[key]}, training=True)
        loss = pair_by_pair(image, text, labels, margin)
    # From one loss: neither sees the other's update.
    descend(loss, tape, model.text_encoder, model.image_encoder)
    found = np.array(labels)[np.argmax(image.numpy() @ text.numpy().T, axis=1)]
    step.assert_repeated(joint_embedding_loss=loss, accuracy=np.mean(found == labels))
