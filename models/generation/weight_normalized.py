"""The networks of Improved GAN for digits (Salimans et al. 2016, authors' code: train_mnist_feature_matching.py)."""

import math

import keras
from keras import layers

from models.core.layers import FusedBatchNormalization, SeededNoise
from models.core.minibatch import beside_others
from models.core.weight_norm import WeightNormalizedDense
from models.generation.class_configs import ImprovedGANConfig
from models.generation.conditions import classifier_outputs

# Of each hidden layer, as a share of the first's 1,000 units, and of the generator's two.
WIDTHS = (1.0, 0.5, 0.25, 0.25, 0.25)
# Noise on the image, as a share of that on the hidden layers: 0.3 of pixels in [0, 1] is 0.6 in [-1, 1], of 0.5.
IMAGE_NOISE = 1.2


def generator(config: ImprovedGANConfig) -> keras.Model:
    """Noise to an image: two layers of `generator_width` softplus units with batch normalization without scales.

    Input: `latent` (B, input_dim). Output: (B, side, side, channels) float32 in [-1, 1] (the authors' in [0, 1]).
    """
    latent = keras.Input((config.input_dim,), name="latent")
    x = latent
    for _ in range(2):
        x = layers.Dense(config.generator_width, use_bias=False, kernel_initializer="glorot_uniform")(x)
        x = FusedBatchNormalization(momentum=0.9, epsilon=1e-6, scale=False)(x)
        x = layers.Activation("softplus")(x)
    x = layers.Activation("linear", name="maps_0")(x)
    shape = (config.image_size, config.image_size, config.channels)
    x = WeightNormalizedDense(math.prod(shape), learns_length=True, dtype="float32")(x)
    image = layers.Activation("tanh", dtype="float32", name="image")(layers.Reshape(shape)(x))
    return keras.Model({"latent": latent}, image, name="generator")


def discriminator(config: ImprovedGANConfig) -> keras.Model:
    """Image to the logits of its class (see `conditions.classifier_outputs`): five layers of rectified units, the first
    of `discriminator_width`, with Gaussian noise before each while it is trained.

    Inputs: `image` (B, side, side, channels) in [-1, 1]; `seed` (B, 2) integers, whose first row seeds the noise.
    """
    image = keras.Input((config.image_size, config.image_size, config.channels), name="image")
    seed = keras.Input((2,), dtype="int32", name="seed")
    x = SeededNoise(IMAGE_NOISE * config.noise, 0)([layers.Flatten()(image), seed])
    for stage, share in enumerate(WIDTHS, start=1):
        units = max(round(config.discriminator_width * share), 1)
        # Of rectified units half are on: this length keeps the scale. (The authors': from a first batch.)
        features = layers.ReLU(name=f"features_{stage - 1}")(WeightNormalizedDense(units, length=math.sqrt(2.0))(x))
        x = SeededNoise(config.noise, stage)([features, seed])
    last = WeightNormalizedDense(config.classes, learns_length=True, dtype="float32", name="class_logits")
    # What is matched are the features without their noise.
    outputs = classifier_outputs(last(beside_others(x, config)), features)
    return keras.Model({"image": image, "seed": seed}, outputs, name="discriminator")
