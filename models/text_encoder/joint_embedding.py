"""Training a text encoder against an image encoder: what all text encoders share."""

import keras
import tensorflow as tf
from keras import layers

from losses import contrastive_loss, joint_embedding_loss
from models.core.schedules import ExponentialDecay
from models.core.trained import TrainedModel
from models.text_encoder import networks
from models.text_encoder.configs import CONTRASTIVE, JointEmbeddingConfig


class JointEmbedding(TrainedModel):
    """A text encoder and an image encoder whose embeddings of matching pairs learn to agree.

    Batches are dicts: `image` (B, image_size, image_size, 3) float32 in [-1, 1] (or, with a pretrained image
    network, its `image_features` (B, image_features_dim)), the captions under `text_key`, `label` (B,) integers and,
    for the contrastive loss, `caption` (B,) integers: the same one of equal captions. With `edited_captions` K they
    have `edited` (B, K, ...) like the captions; an edit that is the caption itself stands for none.

    Compatibility is the inner product of the embeddings; of the contrastive loss they have unit length. A subclass sets
    `text_key` and makes the text's network in `build_text_encoder`.
    """

    config_class = JointEmbeddingConfig
    players = ("text_encoder", "image_encoder")
    log_names = ("joint_embedding_loss", "accuracy")
    couples_examples = True
    # The text encoder's input in a batch.
    text_key: str

    def build_networks(self):
        """The text encoder; the image encoder is a small one from scratch, or a head on a pretrained one."""
        config = self.config
        build_image_encoder = networks.feature_projection if config.image_features_dim else networks.image_encoder
        encoders = [self.build_text_encoder(), build_image_encoder(config)]
        if config.objective == CONTRASTIVE:
            encoders = map(unit_length, encoders)
        # Once: Keras tracks whatever has been an attribute.
        self.text_encoder, self.image_encoder = encoders

    def build_text_encoder(self) -> keras.Model:
        """The text's network, a functional model of the input `text_key`; its last layer is called `embedding`."""
        raise NotImplementedError

    def learning_rate(self, player: str, steps_per_epoch: int):
        """Lowered by a factor after every epoch of the authors' code, or halved every few epochs."""
        config = self.config
        if config.learning_rate_decay == 1.0:
            return super().learning_rate(player, steps_per_epoch)
        return ExponentialDecay(self.initial_rate(player), config.learning_rate_decay, period_steps=config.decay_steps)

    @property
    def image_key(self) -> str:
        """The image encoder's input in a batch."""
        return "image_features" if self.config.image_features_dim else "image"

    def loss_of(self, image_embedding: tf.Tensor, text_embedding: tf.Tensor, batch) -> tf.Tensor:
        """The objective that the configuration names."""
        config, label = self.config, batch["label"]
        if config.objective == CONTRASTIVE:
            edits = self.edits_of(batch) if config.edited_captions else (None, None)
            return contrastive_loss(
                image_embedding, text_embedding, label, batch["caption"], config.logit_scale, *edits
            )
        return joint_embedding_loss(image_embedding, text_embedding, label, config.margin)

    def edits_of(self, batch) -> tuple[tf.Tensor, tf.Tensor]:
        """The (B, K, D) embeddings of the edited captions, and (B, K) which of them there are."""
        edited = batch["edited"]
        flat = self.text_encoder({self.text_key: tf.reshape(edited, (-1, edited.shape[2]))}, training=True)
        is_edited = tf.reduce_any(edited != batch[self.text_key][:, tf.newaxis], axis=2)
        return tf.reshape(flat, (-1, edited.shape[1], flat.shape[1])), is_edited

    def train_step(self, batch):
        """One step of both encoders on B pairs."""
        with tf.GradientTape() as text_tape, tf.GradientTape() as image_tape:
            text_embedding = self.text_encoder({self.text_key: batch[self.text_key]}, training=True)
            image_embedding = self.image_encoder({self.image_key: batch[self.image_key]}, training=True)
            loss = self.loss_of(image_embedding, text_embedding, batch)
        self.minimize(loss, text_tape, "text_encoder")
        self.minimize(loss, image_tape, "image_encoder")
        scores = tf.matmul(image_embedding, text_embedding, transpose_b=True)
        best = tf.gather(batch["label"], tf.argmax(scores, axis=1))
        accuracy = tf.reduce_mean(tf.cast(best == batch["label"], tf.float32))
        return self.track(joint_embedding_loss=loss, accuracy=accuracy)


def unit_length(network: keras.Model) -> keras.Model:
    """A network whose output is divided by its length."""
    normalized = layers.UnitNormalization(dtype="float32", name="unit_length")(network.output)
    return keras.Model(network.input, normalized, name=network.name)
