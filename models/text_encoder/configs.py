"""The settings of the char-CNN-RNN encoder: Reed et al., "Learning Deep Representations of Fine-Grained Visual
Descriptions" (CVPR 2016). "Torch code" is the authors' own, reedscot/cvpr2016.

The preset is the encoder of the birds of "Generative Adversarial Text to Image Synthesis" (ICML 2016), which that code
trained: lm_sje_nc4_cub_hybrid_gru18_a1_c512_0.00070_1_10_trainvalids.txt_iter30000 (reedscot/icml2016, CONFIG). "Name"
is this file name.
"""

import dataclasses
from typing import Protocol

from models.core.config import OPTIMIZERS, ConfigError, TrainingConfig, setting

SMALL_CNN = "small_cnn"
# The authors' two recurrent layers (FixedRNN, FixedGRU).
RECURRENT_UNITS = ("gru", "rnn")
# Characters in which a caption is encoded, padded or truncated; Torch code, doc_length.
MAX_CHARACTERS = 201


class TextEncoderConfig(Protocol):
    """The settings of a text encoder: those of its own training, and of text to image that trains it end to end."""

    @property
    def convolution_width(self) -> int:
        """Channels of the second and third convolution."""

    @property
    def recurrent_width(self) -> int:
        """Units of the recurrent layer."""

    @property
    def recurrent_unit(self) -> str:
        """One of `RECURRENT_UNITS`."""

    @property
    def initial_range(self) -> float:
        """Initial weights and biases are uniform within it; 0: Keras's."""

    @property
    def read_characters(self) -> int:
        """Characters of a caption that are processed, 48 or more."""


@dataclasses.dataclass(frozen=True)
class JointEmbeddingConfig(TrainingConfig):
    """The char-CNN-RNN text encoder, trained against an image encoder."""

    batch_size: int = setting(40, "pairs of distinct classes per step; Torch code, batch_size", minimum=2)
    epochs: int = setting(
        200,
        "passes over the training images; `steps` takes precedence; Torch code, max_epochs",
        minimum=1,
        ends_run=True,
    )
    steps: int = setting(30_000, "training steps; name: iter30000; 0: given by `epochs`", minimum=0, ends_run=True)
    optimizer: str = setting("rmsprop", "gradient descent method; Torch code", choices=OPTIMIZERS)
    learning_rate: float = setting(7e-4, "the optimizers' step size; name: 0.00070", minimum=0.0, maximum=100.0)
    learning_rate_decay: float = setting(
        0.98, "factor of the learning rate after every decay_steps; 1: none; Torch code", minimum=0.5, maximum=1.0
    )
    decay_steps: int = setting(
        150, "steps of an epoch of the Torch code: as many as there are training classes, 150 of CUB", minimum=1
    )
    embedding_dim: int = setting(1024, "size of both embeddings; CVPR 2016, section 5", minimum=1)
    convolution_width: int = setting(
        512, "channels of the second and third convolution, three quarters of them in the first", minimum=4
    )
    recurrent_unit: str = setting("gru", "of the recurrent layer; name: gru18; CVPR 2016: rnn", choices=RECURRENT_UNITS)
    recurrent_width: int = setting(512, "units of the recurrent layer, whose states are averaged", minimum=1)
    initial_range: float = setting(
        0.08, "initial weights and biases are uniform within it; Torch code; 0: Glorot et al.'s, and 0", minimum=0.0
    )
    read_characters: int = setting(
        MAX_CHARACTERS,
        "characters of a caption that are processed, the rest is cut; Torch code, doc_length",
        minimum=48,
        maximum=MAX_CHARACTERS,
    )
    image_encoder: str = setting(
        SMALL_CNN, "small_cnn (from scratch), or the .keras file of a pretrained network", path_or=(SMALL_CNN,)
    )
    image_features_dim: int = setting(0, "size of the pretrained network's features; from the network", minimum=0)
    flip: bool = setting(
        True,
        "whether training images are mirrored with probability 1/2; this project's, for the small CNN (CVPR 2016, "
        "section 5: features of 10 views, half of them mirrored); a pretrained network sees none mirrored",
    )
    image_encoder_width: int = setting(32, "channels of the small CNN's first stage", minimum=1)
    standardize: bool = setting(
        False,
        "whether the trained embeddings are shifted and scaled to mean 0 and standard deviation 0.2; this project's, "
        "for its own birds and own data: the joint embedding leaves their scale free",
    )
    margin: float = setting(
        1.0, "by which the matching pair must exceed the others; CVPR 2016, equation 5", minimum=0.0
    )

    def __post_init__(self):
        super().__post_init__()
        if self.learning_rate_halving_epochs and self.learning_rate_decay < 1.0:
            raise ConfigError(
                "the learning rate falls in one way only: learning_rate_decay must be 1 with "
                f"learning_rate_halving_epochs. Received: {self.learning_rate_decay}"
            )
