"""A classifier of the attributes seen in a picture; it scores generated pictures against their captions."""

import keras
import tensorflow as tf
from keras import layers

from models.base import TrainedModel
from models.presets.judges import JudgeConfig


def attribute_classifier(image_size: int, width: int, value_counts: tuple[int, ...]) -> keras.Model:
    """Image to the logits of every value of every attribute, side by side.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: (B, sum(value_counts)) float32.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = image
    side, channels = image_size, width
    while side > 6:
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D(2)(x)
        side, channels = side // 2, min(channels * 2, 8 * width)
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Flatten()(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Dense(8 * width, use_bias=False)(x)))
    x = layers.Dense(sum(value_counts), dtype="float32", name="logits")(x)
    return keras.Model(image, x, name="classifier")


class AttributeJudge(TrainedModel):
    """Learns, from real pictures only, to name the value of each attribute.

    Batches are dicts: `image` (B, image_size, image_size, 3) float32 in [-1, 1], `attributes` (B, A) integers.
    """

    config_class = JudgeConfig
    players = ("classifier",)
    log_names = ("loss", "accuracy")

    def build_networks(self):
        """One trunk, one softmax an attribute."""
        self.classifier = attribute_classifier(self.config.image_size, self.config.width, self.config.value_counts)

    def train_step(self, batch):
        """One step on the mean cross-entropy over the attributes."""
        attributes = batch["attributes"]
        with tf.GradientTape() as tape:
            logits = self.split(self.classifier(batch["image"], training=True))
            loss = tf.add_n(
                [
                    tf.reduce_mean(
                        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=attributes[:, index], logits=part)
                    )
                    for index, part in enumerate(logits)
                ]
            ) / len(logits)
        self.minimize(loss, tape, "classifier")
        seen = tf.stack([tf.argmax(part, axis=1, output_type=attributes.dtype) for part in logits], axis=1)
        return self.track(loss=loss, accuracy=tf.reduce_mean(tf.cast(seen == attributes, tf.float32)))

    def split(self, logits: tf.Tensor) -> list[tf.Tensor]:
        """The logits of each attribute."""
        return tf.split(logits, self.config.value_counts, axis=1)

    def judge(self, images: tf.Tensor) -> tf.Tensor:
        """(B, A) the index of each attribute's value as seen in (B, h, w, 3) images in [-1, 1] of any size."""
        side = self.config.image_size
        resized = tf.image.resize(images, (side, side), antialias=True)
        logits = self.split(self.classifier(resized, training=False))
        return tf.stack([tf.argmax(part, axis=1, output_type=tf.int32) for part in logits], axis=1)
