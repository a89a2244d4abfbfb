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
    """The authors' FixedRNN, averaged over the steps; (B, T, units) to (B, units).

    h_1 = relu(x_1), h_t = relu(x_t + U h_{t-1} + c). The input is already multiplied by its weights, for all steps at
    once. The steps are few and their number is fixed, so they are unrolled.

    Args:
        units: of the state.
        initial_range: initial weights and biases are uniform within it; 0: orthogonal, which keeps the states stable,
            and 0.
    """

    # Matrices of the input's width.
    inputs = 1

    def __init__(self, units: int, initial_range: float = 0.0, **options):
        super().__init__(**options)
        self.units, self.initial_range = units, initial_range

    def build(self, input_shape):
        """Make U and c."""
        kernel, bias = initializers(self.initial_range, "orthogonal")
        shape = (self.units, self.inputs * self.units)
        self.recurrent_kernel = self.add_weight(name="recurrent_kernel", shape=shape, initializer=kernel)
        self.recurrent_bias = self.add_weight(name="recurrent_bias", shape=shape[1:], initializer=bias)

    def call(self, inputs):
        """Run the steps."""
        state = self.first(inputs[:, 0])
        states = [state]
        for step in range(1, inputs.shape[1]):
            state = self.following(inputs[:, step], state)
            states.append(state)
        return sum(states) / len(states)

    def first(self, x):
        """The first state."""
        return keras.ops.relu(x)

    def following(self, x, state):
        """The state after another one."""
        return keras.ops.relu(x + keras.ops.matmul(state, self.recurrent_kernel) + self.recurrent_bias)

    def get_config(self):
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units, "initial_range": self.initial_range}


@keras.saving.register_keras_serializable("gan")
class MeanOfGatedStates(MeanOfStates):
    """The authors' FixedGRU, averaged over the steps; (B, T, 3 units), for z, r and h, to (B, units).

    h_1 = tanh(x_1), h_t = z tanh(x_t + U (r h_{t-1}) + c) + (1 - z) h_{t-1}.
    """

    inputs = 3

    def first(self, x):
        """The first state has no gates."""
        return keras.ops.tanh(x[:, 2 * self.units :])

    def following(self, x, state):
        """The state after another one."""
        gates = 2 * self.units
        kernel, bias = self.recurrent_kernel, self.recurrent_bias
        update, reset = keras.ops.split(
            keras.ops.sigmoid(x[:, :gates] + keras.ops.matmul(state, kernel[:, :gates]) + bias[:gates]), 2, axis=1
        )
        candidate = keras.ops.matmul(reset * state, kernel[:, gates:]) + bias[gates:]
        return update * keras.ops.tanh(x[:, gates:] + candidate) + (1.0 - update) * state


# The keys are `models.text_encoder.configs.RECURRENT_UNITS`.
RECURRENT_LAYERS = {"rnn": MeanOfStates, "gru": MeanOfGatedStates}


def initializers(initial_range: float, kernel: str = "glorot_uniform") -> tuple:
    """The initial kernel and bias: uniform within a range or, if it is 0, a named one and zeros."""
    if not initial_range:
        return kernel, "zeros"
    return tuple(keras.initializers.RandomUniform(-initial_range, initial_range) for _ in range(2))


def text_encoder(config: TextEncoderConfig, embedding_dim: int) -> keras.Model:
    """Characters of a caption to its embedding.

    Input: `characters` (B, 201) integers (see `pipelines.batches.text`). Output: (B, embedding_dim) float32, unbounded.
    Three convolutions of width 4 cover 18 overlapping pieces of the sentence, a recurrent layer processes them, and its
    states are averaged. At the default widths these are the authors' layers (HybridCNNLong): 384, 512, 512, 512. Only
    the first `read_characters` are processed: short captions need not pay for padding.
    """

    def start() -> dict:
        kernel, bias = initializers(config.initial_range)
        return {"kernel_initializer": kernel, "bias_initializer": bias}

    characters = keras.Input((MAX_CHARACTERS,), dtype="int32", name="characters")
    x, width = OneHotCharacters()(characters), config.convolution_width
    if config.read_characters < MAX_CHARACTERS:
        x = layers.Cropping1D((0, MAX_CHARACTERS - config.read_characters))(x)
    for channels, pool in ((width * 3 // 4, True), (width, True), (width, False)):
        x = layers.Conv1D(channels, 4, activation="relu", **start())(x)
        if pool:
            x = layers.MaxPooling1D(3)(x)
    recurrent = RECURRENT_LAYERS[config.recurrent_unit]
    x = layers.Dense(recurrent.inputs * config.recurrent_width, **start())(x)
    x = recurrent(config.recurrent_width, config.initial_range)(x)
    x = layers.Dense(embedding_dim, dtype="float32", name="embedding", **start())(x)
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
