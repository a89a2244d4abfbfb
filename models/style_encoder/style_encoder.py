"""Training a style encoder: inverting a generator of text to image (Reed et al. 2016, section 4.4)."""

import keras
import tensorflow as tf

from losses import style_loss
from models.core.trained import TrainedModel
from models.style_encoder import networks
from models.style_encoder.configs import StyleEncoderConfig


class StyleEncoder(TrainedModel):
    """A network S that reads the noise z off G(z, phi(t)); the generator G is frozen.

    Batches are dicts: `text` (B, text_dim) float32, embeddings of captions.
    """

    config_class = StyleEncoderConfig
    players = ("style_encoder",)
    log_names = ("style_loss",)

    def build_networks(self):
        """The style encoder, and the generator that the configuration describes."""
        self.generator = networks.frozen_generator(self.config)
        self.style_encoder = networks.style_encoder(self.config)

    @property
    def sampled_generator(self) -> keras.Model:
        """The generator, which is the one that its own run samples."""
        return self.generator

    def train_step(self, batch):
        """One step on equation 6: the images are those that the generator draws when it is used."""
        text = batch["text"]
        latent = self.sample_latent(tf.shape(text)[0])
        image = self.generator({"latent": latent, "text": text}, training=False)
        with tf.GradientTape() as tape:
            loss = style_loss(latent, self.style_encoder({"image": image}, training=True))
        self.minimize(loss, tape, "style_encoder")
        return self.track(style_loss=loss)
