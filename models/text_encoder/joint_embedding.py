"""Training a text encoder against an image encoder: what all text encoders share."""

import keras
import tensorflow as tf
from keras import layers

from losses import contrastive_loss, joint_embedding_loss
from models.core.schedules import ExponentialDecay
from models.core.trained import TrainedModel
from models.text_encoder import networks
from models.text_encoder.configs import CONTRASTIVE, HINGE, JointEmbeddingConfig


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
        text, image = self.build_text_encoder(), self.build_image_encoder()
        # Of what both give, the embedding alone; their weights are the same.
        self.text_network, self.text_encoder = text, embedding_of(text, "text_encoder")
        self.image_network, self.image_encoder = image, embedding_of(image, "image_encoder")

    def player_networks(self, player):
        """With everything that they give beside the embedding."""
        return [{"text_encoder": self.text_network, "image_encoder": self.image_network}[player]]

    def build_text_encoder(self) -> keras.Model:
        """The text's network, a functional model of the input `text_key`: `embedding` (B, D), and whatever else."""
        raise NotImplementedError

    def build_image_encoder(self) -> keras.Model:
        """The image's network, a functional model of the input `image_key`: `embedding` (B, D), and whatever else."""
        config = self.config
        build = networks.feature_projection if config.image_features_dim else networks.image_encoder
        network = build(config)
        return self.with_embedding(network.input, network.output)

    def with_embedding(self, inputs: dict, embedding: keras.KerasTensor, **others: keras.KerasTensor) -> keras.Model:
        """A network of an embedding, which for the contrastive loss gets unit length, and others."""
        if self.config.objective == CONTRASTIVE:
            embedding = layers.UnitNormalization(dtype="float32", name="unit_length")(embedding)
        return keras.Model(inputs, {"embedding": embedding, **others})

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

    def loss_of(self, images: dict, texts: dict, edits: dict | None, is_edited: tf.Tensor | None, batch) -> tf.Tensor:
        """The objective that the configuration names, of what the networks give for B pairs.

        Args:
            images: (B, ...) of the images.
            texts: (B, ...) of the captions.
            edits: (B, K, ...) of the edited captions; None without.
            is_edited: (B, K) bool, which of these there are.
            batch: `label` and `caption`.
        """
        config, label = self.config, batch["label"]
        if config.objective == HINGE:
            return joint_embedding_loss(images["embedding"], texts["embedding"], label, config.margin)
        edited = edits and edits["embedding"]
        pair = images["embedding"], texts["embedding"]
        return contrastive_loss(*pair, label, batch["caption"], config.logit_scale, edited, is_edited)

    def read(self, batch) -> tuple[dict, dict | None, tf.Tensor | None]:
        """What the text's network gives of the captions (B, ...) and of their edits (B, K, ...); and (B, K) bool, which
        of these there are.
        """
        captions = batch[self.text_key]
        if not self.config.edited_captions:
            return self.text_network({self.text_key: captions}, training=True), None, None
        edited = batch["edited"]
        all_captions = tf.concat([captions, tf.reshape(edited, (-1, edited.shape[2]))], axis=0)
        given = self.text_network({self.text_key: all_captions}, training=True)
        count = tf.shape(captions)[0]
        edits = {name: tf.reshape(rows[count:], (-1, edited.shape[1], *rows.shape[1:])) for name, rows in given.items()}
        is_edited = tf.reduce_any(edited != captions[:, tf.newaxis], axis=2)
        return {name: rows[:count] for name, rows in given.items()}, edits, is_edited

    def train_step(self, batch):
        """One step of both encoders on B pairs."""
        with tf.GradientTape() as text_tape, tf.GradientTape() as image_tape:
            texts, edits, is_edited = self.read(batch)
            images = self.image_network({self.image_key: batch[self.image_key]}, training=True)
            loss = self.loss_of(images, texts, edits, is_edited, batch)
        self.minimize(loss, text_tape, "text_encoder")
        self.minimize(loss, image_tape, "image_encoder")
        scores = tf.matmul(images["embedding"], texts["embedding"], transpose_b=True)
        best = tf.gather(batch["label"], tf.argmax(scores, axis=1))
        accuracy = tf.reduce_mean(tf.cast(best == batch["label"], tf.float32))
        return self.track(joint_embedding_loss=loss, accuracy=accuracy)


def embedding_of(network: keras.Model, name: str) -> keras.Model:
    """The embedding alone of a network that gives more; the weights are the same."""
    return keras.Model(network.input, network.output["embedding"], name=name)
