"""The settings of the char-CNN-RNN encoder: Reed et al., "Learning Deep Representations of Fine-Grained Visual
Descriptions" (CVPR 2016). "Torch code" is the authors' own, reedscot/cvpr2016.
"""

import dataclasses
from typing import Protocol

from models.core.config import TrainingConfig, setting

SMALL_CNN = "small_cnn"
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
    def read_characters(self) -> int:
        """Characters of a caption that are processed, 48 or more."""


@dataclasses.dataclass(frozen=True)
class JointEmbeddingConfig(TrainingConfig):
    """The char-CNN-RNN text encoder, trained against an image encoder."""

    batch_size: int = setting(40, "pairs of distinct classes per step; Torch code, batch_size", minimum=2)
    epochs: int = setting(200, "of the ICML 2016 encoder; Torch code's default: 300", minimum=1, ends_run=True)
    learning_rate: float = setting(2e-4, "Adam's step size; of the ICML 2016 encoder", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(
        50, "epochs between halvings; of the ICML 2016 encoder: decay_every", minimum=0
    )
    embedding_dim: int = setting(1024, "size of both embeddings; CVPR 2016, section 5", minimum=1)
    convolution_width: int = setting(
        512, "channels of the second and third convolution, three quarters of them in the first", minimum=4
    )
    recurrent_width: int = setting(512, "units of the recurrent layer, whose states are averaged", minimum=1)
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
    image_encoder_width: int = setting(32, "channels of the small CNN's first stage", minimum=1)
    standardize: bool = setting(
        True,
        "whether the trained embeddings are shifted and scaled to mean 0 and standard deviation 0.2; this project's: "
        "the joint embedding leaves their scale free",
    )
    margin: float = setting(
        1.0, "by which the matching pair must exceed the others; CVPR 2016, equation 5", minimum=0.0
    )
