"""Training the char-CNN-RNN text encoder by deep structured joint embedding (Reed et al., CVPR 2016)."""

import tensorflow as tf

from losses import joint_embedding_loss
from models.core.schedules import ExponentialDecay
from models.core.trained import TrainedModel
from models.text_encoder import networks
from models.text_encoder.configs import JointEmbeddingConfig


class CharCNNRNN(TrainedModel):
    """A text encoder and an image encoder whose embeddings of matching pairs learn to agree.

    Batches are dicts: `image` (B, image_size, image_size, 3) float32 in [-1, 1] (or, with a pretrained image
    network, its `image_features` (B, image_features_dim)), `characters` (B, 201) integers,
    `label` (B,) integers.
    """

    config_class = JointEmbeddingConfig
    players = ("text_encoder", "image_encoder")
    log_names = ("joint_embedding_loss", "accuracy")
    couples_examples = True

    def build_networks(self):
        """The paper's text encoder; the image encoder is a small one from scratch, or a head on a pretrained one."""
        config = self.config
        self.text_encoder = networks.text_encoder(config, config.embedding_dim)
        build_image_encoder = networks.feature_projection if config.image_features_dim else networks.image_encoder
        self.image_encoder = build_image_encoder(config)

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

    def train_step(self, batch):
        """One step of both encoders on B pairs."""
        with tf.GradientTape() as text_tape, tf.GradientTape() as image_tape:
            text_embedding = self.text_encoder({"characters": batch["characters"]}, training=True)
            image_embedding = self.image_encoder({self.image_key: batch[self.image_key]}, training=True)
            loss = joint_embedding_loss(image_embedding, text_embedding, batch["label"], self.config.margin)
        self.minimize(loss, text_tape, "text_encoder")
        self.minimize(loss, image_tape, "image_encoder")
        scores = tf.matmul(image_embedding, text_embedding, transpose_b=True)
        best = tf.gather(batch["label"], tf.argmax(scores, axis=1))
        accuracy = tf.reduce_mean(tf.cast(best == batch["label"], tf.float32))
        return self.track(joint_embedding_loss=loss, accuracy=accuracy)
