"""Energy-based GAN (Zhao et al. 2017): the discriminator is an auto-encoder, its energy the error of reconstruction."""

import keras
import tensorflow as tf
from keras import layers, ops

from losses import pulling_away_term
from models.core.adversarial import GENERATED
from models.core.layers import LEAK, convolution, normalization, transposed_convolution
from models.generation import dcgan
from models.generation.energy_configs import EBGANConfig
from models.generation.gan import ImageGAN, Turn


def discriminator(config: EBGANConfig) -> keras.Model:
    """Image to its energy: how badly an auto-encoder reconstructs it.

    Input: `image` (B, side, side, channels) in [-1, 1]. Outputs: `energy` (B, 1) float32, the mean squared (or, with
    `energy_power=1`, absolute) error over pixels and channels; `code` (B, D), what the encoder makes of the image;
    `reconstruction`, as the image. The encoder is DCGAN's discriminator without its last layer, the decoder its mirror.
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    normalize, use_bias = (
        normalization(config.discriminator_normalization),
        config.discriminator_normalization == "none",
    )
    widths = dcgan.widths_of(config, config.discriminator_width)
    x = image
    for stage, channels in enumerate(widths):
        name = {} if stage else {"name": "first_filters"}
        x = convolution(x, channels, 4, strides=2, use_bias=not stage or use_bias, **name)
        x = layers.LeakyReLU(LEAK, name=f"features_{stage}")(normalize(x) if stage else x)
    code = layers.Flatten(name="code")(x)
    for channels in widths[-2::-1]:
        x = layers.ReLU()(normalize(transposed_convolution(x, channels, use_bias=use_bias)))
    x = transposed_convolution(x, config.channels, use_bias=True, dtype="float32")
    reconstruction = layers.Activation("tanh", dtype="float32", name="reconstruction")(x)
    error = layers.Subtract(dtype="float32")([reconstruction, image])
    of_pixel = ops.square if config.energy_power == 2 else ops.abs
    energy = ops.mean(of_pixel(layers.Flatten(dtype="float32")(error)), axis=1, keepdims=True)
    outputs = {"energy": energy, "code": code, "reconstruction": reconstruction}
    return keras.Model({"image": image}, outputs, name="discriminator")


class EBGAN(ImageGAN):
    """A generator of images of low energy; the discriminator gives low energy to real images, and to generated ones the
    margin at least.

    In the place of logits there are energies: the lower, the more real. With `pulling_away_weight`, the generator's
    codes are pulled away from each other.
    """

    config_class = EBGANConfig
    # The pulling-away term is of pairs within a batch.
    couples_examples = True

    def build_networks(self):
        """DCGAN's generator and the auto-encoder."""
        self.generator = dcgan.generator(self.config)
        self.discriminator = discriminator(self.config)
        self.set_reference()

    def score(self, turn: Turn, image: tf.Tensor, role: int) -> tf.Tensor:
        """(B, 1) energies."""
        return self.discriminate(turn, image, role)["energy"]

    def generator_turn_loss(self, turn: Turn) -> tf.Tensor:
        """Equations 2 and 4: the energy of new images and, of their codes, the pulling-away term."""
        outputs = self.discriminate(turn, self.generate(turn), GENERATED)
        loss, weight = self.generator_loss(turn, outputs["energy"]), self.config.pulling_away_weight
        return loss + weight * pulling_away_term(outputs["code"]) if weight else loss
