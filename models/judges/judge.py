"""Classifiers of an image's attributes or class, which evaluate generated images."""

import keras
import tensorflow as tf
from keras import layers

from models.core.trained import TrainedModel
from models.judges.configs import ClassJudgeConfig, JudgeConfig
from models.judges.perturbations import fast_gradient_sign


def attribute_classifier(config: JudgeConfig) -> keras.Model:
    """Image to the logits of all values of all attributes, concatenated.

    Input: `image` (B, image_size, image_size, channels) in [-1, 1]. Output: (B, sum(value_counts)) float32.
    """
    side, width, maps = config.image_size, config.width, config.width
    image = keras.Input((side, side, config.channels), name="image")
    x = image
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
    x = layers.Dense(sum(config.value_counts), dtype="float32", name="logits")(x)
    return keras.Model({"image": image}, x, name="classifier")


class AttributeJudge(TrainedModel):
    """Predicts the value of each attribute; trained on real images only.

    Batches are dicts: `image` (B, image_size, image_size, channels) float32 in [-1, 1], `attributes` (B, A) integers.
    The class of an image is one of the attributes.
    """

    config_class = JudgeConfig
    players = ("classifier",)
    log_names = ("loss", "accuracy")

    def build_networks(self):
        """One trunk, one softmax per attribute."""
        self.classifier = attribute_classifier(self.config)

    def train_step(self, batch):
        """One step on the mean cross-entropy over the attributes.

        With `adversarial_epsilon`, half of it is that of images which the fast gradient sign method has changed against
        the classifier as it is (Goodfellow et al. 2015, section 6: alpha = 1/2).
        """
        image, attributes, epsilon = batch["image"], batch["attributes"], self.config.adversarial_epsilon
        with tf.GradientTape() as tape:
            with tf.GradientTape(watch_accessed_variables=False) as image_tape:
                image_tape.watch(image)
                logits = self.classifier({"image": image}, training=True)
                loss = self.entropy(logits, attributes)
            if epsilon:
                adversarial = fast_gradient_sign(image, image_tape.gradient(loss, image), epsilon)
                loss = (loss + self.entropy(self.classifier({"image": adversarial}, training=True), attributes)) / 2.0
        self.minimize(loss, tape, "classifier")
        parts = self.split(logits)
        predicted = tf.stack([tf.argmax(part, axis=1, output_type=attributes.dtype) for part in parts], axis=1)
        return self.track(loss=loss, accuracy=tf.reduce_mean(tf.cast(predicted == attributes, tf.float32)))

    def entropy(self, logits: tf.Tensor, attributes: tf.Tensor) -> tf.Tensor:
        """The cross-entropy of (B, sum(value_counts)) logits and (B, A) attributes: the mean over both."""
        losses = [
            tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=attributes[:, index], logits=part))
            for index, part in enumerate(self.split(logits))
        ]
        return tf.add_n(losses) / len(losses)

    @tf.function(reduce_retracing=True)
    def input_gradient(self, images: tf.Tensor, attributes: tf.Tensor) -> tf.Tensor:
        """The gradient of the cross-entropy by (B, image_size, image_size, channels) images in [-1, 1]; of the trained
        judge, whose normalization is that of inference.
        """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            loss = self.entropy(self.classifier({"image": images}, training=False), attributes)
        return tape.gradient(loss, images)

    def split(self, logits: tf.Tensor) -> list[tf.Tensor]:
        """The logits of each attribute."""
        return tf.split(logits, self.config.value_counts, axis=1)

    def judge(self, images: tf.Tensor) -> tf.Tensor:
        """(B, A) the predicted value of each attribute of (B, h, w, c) images in [-1, 1] of any size."""
        logits = self.split(self.classifier({"image": self.resized(images)}, training=False))
        return tf.stack([tf.argmax(part, axis=1, output_type=tf.int32) for part in logits], axis=1)

    def resized(self, images: tf.Tensor) -> tf.Tensor:
        """Images of any size, resized to the classifier's."""
        side = self.config.image_size
        return tf.image.resize(images, (side, side), antialias=True)


class ClassJudge(AttributeJudge):
    """Predicts the class of an image, as its only attribute."""

    config_class = ClassJudgeConfig

    @tf.function(reduce_retracing=True)
    def probabilities(self, images: tf.Tensor) -> tf.Tensor:
        """(B, classes) of (B, image_size, image_size, channels) images in [-1, 1]."""
        return tf.nn.softmax(self.classifier({"image": images}, training=False))
