"""The settings of the text encoders.

Those of the char-CNN-RNN are of Reed et al., "Learning Deep Representations of Fine-Grained Visual Descriptions" (CVPR
2016). "Torch code" is the authors' own, reedscot/cvpr2016.

Its preset is the encoder of the birds of "Generative Adversarial Text to Image Synthesis" (ICML 2016), which that code
trained: lm_sje_nc4_cub_hybrid_gru18_a1_c512_0.00070_1_10_trainvalids.txt_iter30000 (reedscot/icml2016, CONFIG). "Name"
is this file name.
"""

import dataclasses
from typing import Protocol

from models.core.config import OPTIMIZERS, ConfigError, TrainingConfig, setting

SMALL_CNN = "small_cnn"
# The losses of the joint embedding.
HINGE, CONTRASTIVE = "hinge", "contrastive"
# The authors' two recurrent layers (FixedRNN, FixedGRU).
RECURRENT_UNITS = ("gru", "rnn")
# Characters in which a caption is encoded, padded or truncated; Torch code, doc_length.
MAX_CHARACTERS = 201
# Words of a caption that are read at most, where the captions decide.
MAX_WORDS = 64


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
    """A text encoder, trained against an image encoder; the defaults are those of the char-CNN-RNN's authors."""

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
    objective: str = setting(
        HINGE,
        "loss of the joint embedding; hinge: CVPR 2016, equation 5, on inner products; contrastive: InfoNCE on cosines "
        "(van den Oord et al. 2018; Radford et al. 2021), which leaves out pairs of one class or one caption",
        choices=(HINGE, CONTRASTIVE),
    )
    logit_scale: float = setting(
        10.0, "factor of the cosines in the contrastive loss; this project's", minimum=0.1, maximum=100.0
    )
    edited_captions: int = setting(
        0,
        "captions with one word exchanged that an image must not take for its own, beside the batch's other captions; "
        "hard negatives: Faghri et al. 2018; by words: Yuksekgonul et al. 2023; contrastive only",
        minimum=0,
    )
    standardize: bool = setting(
        False,
        "whether embeddings trained with the hinge are shifted and scaled to mean 0 and standard deviation 0.2; this "
        "project's, for its own birds and own data: the joint embedding leaves their scale free",
    )
    margin: float = setting(
        1.0, "by which the matching pair must exceed the others; CVPR 2016, equation 5", minimum=0.0
    )

    def __post_init__(self):
        super().__post_init__()
        if self.edited_captions and self.objective != CONTRASTIVE:
            raise ConfigError(f"edited_captions requires objective={CONTRASTIVE}. Received: {self.objective}")
        if self.learning_rate_halving_epochs and self.learning_rate_decay < 1.0:
            raise ConfigError(
                "the learning rate falls in one way only: learning_rate_decay must be 1 with "
                f"learning_rate_halving_epochs. Received: {self.learning_rate_decay}"
            )


@dataclasses.dataclass(frozen=True)
class CharCNNRNNConfig(JointEmbeddingConfig):
    """The char-CNN-RNN."""

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


@dataclasses.dataclass(frozen=True)
class WordCNNConfig(JointEmbeddingConfig):
    """A convolutional network over words; the sizes and rates are this project's."""

    batch_size: int = setting(128, "pairs per step, of distinct classes where there are as many", minimum=2)
    epochs: int = setting(200, "passes over the training images; `steps` takes precedence", minimum=1, ends_run=True)
    steps: int = setting(0, "training steps; 0: given by `epochs`", minimum=0, ends_run=True)
    optimizer: str = setting("adam", "gradient descent method", choices=OPTIMIZERS)
    learning_rate: float = setting(5e-4, "Adam's step size; measured on the birds", minimum=0.0, maximum=100.0)
    learning_rate_decay: float = setting(
        1.0, "factor of the learning rate after every decay_steps; 1: none", minimum=0.5, maximum=1.0
    )
    embedding_dim: int = setting(256, "size of both embeddings", minimum=1)
    objective: str = setting(
        CONTRASTIVE,
        "loss of the joint embedding; contrastive: InfoNCE on cosines (van den Oord et al. 2018; Radford et al. 2021), "
        "which leaves out pairs of one class or one caption; hinge: Reed et al., CVPR 2016, equation 5",
        choices=(HINGE, CONTRASTIVE),
    )
    standardize: bool = setting(
        True,
        "whether embeddings trained with the hinge are shifted and scaled to mean 0 and standard deviation 0.2",
    )
    word_dim: int = setting(128, "size of the embedding of a word (Kim 2014, section 3.1: 300, pretrained)", minimum=1)
    convolution_width: int = setting(192, "channels of the two convolutions of three words", minimum=1)
    hidden_units: int = setting(512, "units of the dense layer before the embedding", minimum=1)
    alignment_dim: int = setting(
        0,
        "size of the embeddings of words and of regions of an image, which are compared beside the whole caption's and "
        "the whole image's; Yao et al. 2022 (FILIP), and DAMSM in Xu et al. 2018; contrastive, small_cnn only; 0: none",
        minimum=0,
    )
    alignment_scale: float = setting(
        15.0, "factor of their cosines in the contrastive loss; this project's", minimum=0.1, maximum=100.0
    )
    edited_scale: float = setting(
        8.0,
        "of the same cosines where a caption is told from edited ones word by word; this project's",
        minimum=0.1,
        maximum=100.0,
    )
    read_words: int = setting(
        0,
        f"words of a caption that are read; 0: those of the longest training caption, at most {MAX_WORDS}",
        minimum=0,
    )
    vocabulary_size: int = setting(
        20_000, "words of the vocabulary at most: the most frequent ones of the training captions", minimum=1
    )
    unknown_buckets: int = setting(
        64,
        "embeddings that all other words share, by their hash; trained by words that occur once",
        minimum=1,
    )
    vocabulary: tuple = setting((), "the words that have an embedding of their own; from the training captions")

    def __post_init__(self):
        super().__post_init__()
        if self.alignment_dim and (self.objective != CONTRASTIVE or self.image_encoder != SMALL_CNN):
            raise ConfigError(
                f"alignment_dim requires objective={CONTRASTIVE} and image_encoder={SMALL_CNN}. "
                f"Received: {self.objective}, {self.image_encoder}"
            )
