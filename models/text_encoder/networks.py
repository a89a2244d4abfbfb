"""The char-CNN-RNN text encoder (Reed et al., CVPR 2016, section 4; layer sizes from the ICML 2016 code)."""

import keras
from keras import layers

# What pipelines.batches.text.encode_characters makes of a caption: 201 indices, 0 for padding and unknown characters.
MAX_CHARACTERS = 201
ALPHABET_SIZE = 70


@keras.saving.register_keras_serializable("gan")
class OneHotCharacters(layers.Layer):
    """(B, 201) character indices to (B, 201, 70) one-hot rows; index 0 becomes a row of zeros."""

    def call(self, characters):
        """Rows in the layer's compute dtype."""
        return keras.ops.one_hot(
            keras.ops.cast(characters, "int32") - 1, ALPHABET_SIZE, axis=-1, dtype=self.compute_dtype
        )


@keras.saving.register_keras_serializable("gan")
class MeanOfStates(layers.Layer):
    """The authors' FixedRNN: h_t = relu(x_t + U h_{t-1}), averaged over the steps; (B, T, units) to (B, units).

    The input is already multiplied by its weights, for all steps at once. The steps are few and fixed, so they are
    written out; orthogonal initial weights keep them stable.
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
        """What `from_config` needs."""
        return {**super().get_config(), "units": self.units}


def text_encoder(
    embedding_dim: int, convolution_width: int = 512, recurrent_width: int = 512, read_characters: int = MAX_CHARACTERS
) -> keras.Model:
    """Characters of a caption to its embedding.

    Input: `characters` (B, 201) integers (see `pipelines.batches.text`). Output: (B, embedding_dim) float32, unbounded.
    Three convolutions of width 4 see 18 overlapping pieces of the sentence, a recurrent layer reads them, and its
    states are averaged. At the default widths these are the paper's layers: 384, 512, 512, 512. Of the characters the
    first `read_characters` (48 or more) are read: short captions need not pay for padding.
    """
    characters = keras.Input((MAX_CHARACTERS,), dtype="int32", name="characters")
    x = OneHotCharacters()(characters)
    if read_characters < MAX_CHARACTERS:
        x = layers.Cropping1D((0, MAX_CHARACTERS - read_characters))(x)
    for channels, pool in ((convolution_width * 3 // 4, True), (convolution_width, True), (convolution_width, False)):
        x = layers.Conv1D(channels, 4, activation="relu")(x)
        if pool:
            x = layers.MaxPooling1D(3)(x)
    x = MeanOfStates(recurrent_width)(layers.Dense(recurrent_width)(x))
    x = layers.Dense(embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model(characters, x, name="text_encoder")


def image_encoder(image_size: int, embedding_dim: int, width: int) -> keras.Model:
    """A small convolutional network from scratch: image to its embedding.

    Input: `image` (B, image_size, image_size, 3) in [-1, 1]. Output: (B, embedding_dim) float32.
    The paper uses 1,024 GoogLeNet features; this stands in for them where nothing pretrained is at hand.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = image
    side, channels = image_size, width
    while side > 4:
        x = layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        side, channels = (side + 1) // 2, min(channels * 2, 8 * width)
    x = layers.Flatten()(x)
    x = layers.Dense(embedding_dim, dtype="float32", name="embedding")(x)
    return keras.Model(image, x, name="image_encoder")


def feature_projection(features_dim: int, embedding_dim: int) -> keras.Model:
    """Features of a pretrained image network to their embedding: a linear map, as in the paper.

    Input: `image_features` (B, features_dim). Output: (B, embedding_dim) float32.
    """
    features = keras.Input((features_dim,), name="image_features")
    return keras.Model(
        features, layers.Dense(embedding_dim, dtype="float32", name="embedding")(features), name="image_encoder"
    )
