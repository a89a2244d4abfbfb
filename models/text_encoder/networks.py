"""The char-CNN-RNN text encoder (Reed et al., CVPR 2016, section 4; layer sizes from the ICML 2016 code)."""

import keras
from keras import layers

from models.text_encoder.configs import MAX_CHARACTERS, JointEmbeddingConfig, TextEncoderConfig

# Characters of the alphabet; the index 0 is padding or an unknown character.
ALPHABET_SIZE = 70


@keras.saving.register_keras_serializable("gan")
class OneHotCharacters(layers.Layer):
    """(B, 201) character indices to (B, 201, 70) one-hot rows; the row of index 0 is all zeros."""

    def call(self, characters):
        """One-hot rows in the layer's compute dtype."""
        return keras.ops.one_hot(
            keras.ops.cast(characters, "int32") - 1, ALPHABET_SIZE, axis=-1, dtype=self.compute_dtype
        )


@keras.saving.register_keras_serializable("gan")
class MeanOfStates(layers.Layer):
    """The authors' FixedRNN: h_t = relu(x_t + U h_{t-1}), averaged over the steps; (B, T, units) to (B, units).

    The input is already multiplied by its weights, for all steps at once. The steps are few and their number is fixed,
    so they are unrolled; orthogonal initial weights keep them stable.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        """Make U."""
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, self.units), initializer="orthogonal"
        )

    def call(self, inputs):
        """Run the steps."""
        states = [keras.ops.relu(inputs[:, 0])]
        for step in range(1, inputs.shape[1]):
            states.append(keras.ops.relu(inputs[:, step] + keras.ops.matmul(states[-1], self.recurrent_kernel)))
        return sum(states) / len(states)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units}


def text_encoder(config: TextEncoderConfig, embedding_dim: int) -> keras.Model:
    """Characters of a caption to its embedding.

    Input: `characters` (B, 201) integers (see `pipelines.batches.text`). Output: (B, embedding_dim) float32, unbounded.
    Three convolutions of width 4 cover 18 overlapping pieces of the sentence, a recurrent layer processes them, and its
    states are averaged. At the default widths these are the paper's layers: 384, 512, 512, 512. Only the first
    `read_characters` are processed: short captions need not pay for padding.
    """
    characters = keras.Input((MAX_CHARACTERS,), dtype="int32", name="characters")
    x, width = OneHotCharacters()(characters), config.convolution_width
    if config.read_characters < MAX_CHARACTERS:
        x = layers.Cropping1D((0, MAX_CHARACTERS - config.read_characters))(x)
    for channels, pool in ((width * 3 // 4, True), (width, True), (width, False)):
        x = layers.Conv1D(channels, 4, activation="relu")(x)
        if pool:
            x = layers.MaxPooling1D(3)(x)
    x = MeanOfStates(config.recurrent_width)(layers.Dense(config.recurrent_width)(x))
    x = layers.Dense(embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model({"characters": characters}, x, name="text_encoder")


def image_encoder(config: JointEmbeddingConfig) -> keras.Model:
    """A small convolutional network trained from scratch: image to its embedding.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: (B, embedding_dim) float32.
    The paper uses 1,024 GoogLeNet features; this replaces them where no pretrained network is available.
    """
    side, channels = config.image_size, config.image_encoder_width
    image = keras.Input((side, side, 3), name="image")
    x = image
    while side > 4:
        x = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        side, channels = (side + 1) // 2, min(channels * 2, 8 * config.image_encoder_width)
    x = layers.Flatten()(x)
    x = layers.Dense(config.embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model({"image": image}, x, name="image_encoder")


def feature_projection(config: JointEmbeddingConfig) -> keras.Model:
    """Features of a pretrained image network to their embedding: a linear map, as in the paper.

    Input: `image_features` (B, image_features_dim). Output: (B, embedding_dim) float32.
    """
    features = keras.Input((config.image_features_dim,), name="image_features")
    embedding = layers.Dense(config.embedding_dim, dtype="float32", name="embedding")(features)
    return keras.Model({"image_features": features}, embedding, name="image_encoder")
