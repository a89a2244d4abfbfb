"""A classifier of the attributes seen in a picture; it scores generated pictures against their captions."""

import keras
import tensorflow as tf
from keras import layers

from models.core.trained import TrainedModel
from models.judges.configs import ClassJudgeConfig, JudgeConfig


def attribute_classifier(image_size: int, channels: int, width: int, value_counts: tuple[int, ...]) -> keras.Model:
    """Image to the logits of every value of every attribute, side by side.

    Input: `image` (B, image_size, image_size, channels) in [-1, 1]. Output: (B, sum(value_counts)) float32.
    """
    image = keras.Input((image_size, image_size, channels), name="image")
    x = image
    side, maps = image_size, width
    while side > 6:
        x = layers.Conv2D(maps, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D(2)(x)
        side, maps = side // 2, min(maps * 2, 8 * width)
    x = layers.Conv2D(maps, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Flatten()(x)
    x = layers.BatchNormalization(momentum=0.9)(layers.Dense(8 * width, use_bias=False)(x))
    x = layers.ReLU(name="features")(x)
    x = layers.Dense(sum(value_counts), dtype="float32", name="logits")(x)
    return keras.Model(image, x, name="classifier")


class AttributeJudge(TrainedModel):
    """Learns, from real pictures only, to name the value of each attribute.

    Batches are dicts: `image` (B, image_size, image_size, channels) float32 in [-1, 1], `attributes` (B, A) integers.
    The class of an image is an attribute, too.
    """

    config_class = JudgeConfig
    players = ("classifier",)
    log_names = ("loss", "accuracy")
    channels = 3

    def build_networks(self):
        """One trunk, one softmax an attribute."""
        config = self.config
        self.classifier = attribute_classifier(config.image_size, self.channels, config.width, config.value_counts)

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
        """(B, A) the index of each attribute's value as seen in (B, h, w, c) images in [-1, 1] of any size."""
        logits = self.split(self.classifier(self.resized(images), training=False))
        return tf.stack([tf.argmax(part, axis=1, output_type=tf.int32) for part in logits], axis=1)

    def resized(self, images: tf.Tensor) -> tf.Tensor:
        """Images of any size as the classifier takes them."""
        side = self.config.image_size
        return tf.image.resize(images, (side, side), antialias=True)


class ClassJudge(AttributeJudge):
    """Names the class of an image: its one attribute."""

    config_class = ClassJudgeConfig

    @property
    def channels(self) -> int:
        """Of the dataset's images."""
        return self.config.channels
