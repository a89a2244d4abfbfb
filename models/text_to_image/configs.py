"""The settings of a text-conditional GAN: Reed et al., "Generative Adversarial Text to Image Synthesis" (ICML 2016).

"Torch code" is the authors' own, reedscot/icml2016.
"""

import dataclasses

from models.core.adversarial_config import PAIRED_LOSSES, PENALTIES, AdversarialConfig, smallest_side
from models.core.config import ConfigError, setting
from models.text_encoder.configs import MAX_CHARACTERS, RECURRENT_UNITS

# The values of text_encoder that name no file or folder.
CHAR_CNN_RNN, WORD_CNN, WORD_REGION, END_TO_END = "char_cnn_rnn", "word_cnn", "word_region", "end_to_end"
# Of these, the presets of encoders that are trained first, in a folder beside the run's.
TRAINED_FIRST = (CHAR_CNN_RNN, WORD_CNN, WORD_REGION)
# What reads the words of captions, as a message names it.
READS_WORDS = "word_attention, contrastive_weight, alignment_weight, generated_edits and edited_share"
# The authors' two discriminators, by the names of the scripts that train them.
MAIN_CLS_INT, MAIN_CLS = "main_cls_int", "main_cls"

# The penalty of text to image alone, beside those of all adversarial models.
MATCHING_AWARE = "matching_aware"

# Features that a place reads from the words of a caption.
ATTENTION_DIM = 64


@dataclasses.dataclass(frozen=True)
class TextToImageConfig(AdversarialConfig):
    """A text-conditional GAN; the defaults are the authors' for CUB."""

    batch_size: int = setting(64, "examples per step, over all devices; section 5", minimum=2)
    image_size: int = setting(64, "pixels; section 5", minimum=8)
    epochs: int = setting(
        600, "passes over the training images; `steps` takes precedence; section 5", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; section 5", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(100, "epochs between halvings; Torch code, decay_every", minimum=0)
    text_encoder: str = setting(
        CHAR_CNN_RNN,
        "char_cnn_rnn, word_cnn, word_region, end_to_end, the run folder of a trained encoder, or a file of embeddings",
        path_or=(*TRAINED_FIRST, END_TO_END),
    )
    text_dim: int = setting(0, "size of a text embedding; 0: the encoder's (1,024 in the paper)", minimum=0)
    convolution_width: int = setting(512, "of an end_to_end text encoder: see char_cnn_rnn", minimum=4)
    recurrent_unit: str = setting("gru", "of an end_to_end text encoder: see char_cnn_rnn", choices=RECURRENT_UNITS)
    recurrent_width: int = setting(512, "of an end_to_end text encoder: see char_cnn_rnn", minimum=1)
    read_characters: int = setting(
        MAX_CHARACTERS, "of an end_to_end text encoder: see char_cnn_rnn", minimum=48, maximum=MAX_CHARACTERS
    )
    flip: bool = setting(True, "whether real images are mirrored with probability 1/2; Torch code, trainHook")
    captions_per_image: int = setting(4, "captions drawn and averaged; Torch code, numCaption", minimum=1)
    latent_dim: int = setting(100, "size of the noise, N(0, 1); Torch code, nz", minimum=1)
    text_projection_dim: int = setting(128, "size of the projected text; section 4.1", minimum=1)
    generator_width: int = setting(128, "channels of the generator's last hidden stage; Torch code, ngf", minimum=1)
    full_size_stage: bool = setting(
        False,
        "whether the generator has one more stage, of the image's size, and a 3x3 convolution of it to the image, as "
        "Zhang et al. 2017 (StackGAN) and Xu et al. 2018 (AttnGAN)",
    )
    text_affine: bool = setting(
        False,
        "whether the text scales and shifts each channel after every normalization of the generator's stages, by a "
        "network of two layers; Tao et al. 2022 (DF-GAN), section 3.4",
    )
    discriminator_width: int = setting(64, "channels of the discriminator's first stage; Torch code, ndf", minimum=1)
    penalty: str = setting(
        "none",
        "as of all GANs; matching_aware: at real images and matching texts, Tao et al. 2022 (DF-GAN), section 3.3, "
        "with penalty_weight=2 there",
        choices=("none", *PENALTIES, MATCHING_AWARE),
    )
    discriminator_network: str = setting(
        MAIN_CLS_INT,
        "Torch code; main_cls_int (birds, flowers): batch normalization of the projected text, no activation after the "
        "last stage but one; main_cls (COCO): the activation, and no normalization of the text",
        choices=(MAIN_CLS_INT, MAIN_CLS),
    )
    inner_product_dim: int = setting(
        0,
        "size of the inner product of image and text added to the logit; Miyato & Koyama 2018, equation 3; 0: none",
        minimum=0,
    )

    word_attention: int = setting(
        0,
        "heads with which the places of the generator's 8 x 8 and 16 x 16 maps read the words of the caption, its text "
        "in the place of the embedding; Xu et al. 2018 (AttnGAN), equation 2; 0: none",
        minimum=0,
        maximum=64,
    )
    read_words: int = setting(0, "words of a caption that the encoder reads; from the data", minimum=0)
    word_dim: int = setting(0, "size of the embedding of a word; from the data", minimum=0)
    contrastive_weight: float = setting(
        0.0,
        "weight, in the generator's loss, of the contrastive loss of whole generated images and whole captions, by the "
        "frozen encoders of a word_region run; as DAMSM's in Xu et al. 2018 (AttnGAN); 0: none",
        minimum=0.0,
    )
    contrastive_scale: float = setting(
        10.0, "of the cosines in it; as in the encoders' own training", minimum=0.1, maximum=100.0
    )
    alignment_weight: float = setting(
        0.0,
        "weight of the same of the words of the captions and regions of the images, Xu et al. 2018, equation 11, with "
        "the best region of a word in the place of attention, Yao et al. 2022 (FILIP); and of telling the caption from "
        "edited ones word by word; 0: none",
        minimum=0.0,
    )
    alignment_scale: float = setting(
        15.0, "of the cosines in that; as in the encoders' own training", minimum=0.1, maximum=100.0
    )
    edited_scale: float = setting(
        8.0,
        "of the same where a caption is told from edited ones; as in the encoders' own training",
        minimum=0.1,
        maximum=100.0,
    )
    mode_seeking_weight: float = setting(
        0.0,
        "weight, in the generator's loss, of the inverse distance of two images of one text and two noises; Mao et al. "
        "2019 (MSGAN), equation 1; 0: none",
        minimum=0.0,
    )
    edited_captions: int = setting(
        1,
        "captions with one word exchanged that a generated image must not be taken to show, where either of these "
        "losses is on; hard negatives: Faghri et al. 2018; by words: Yuksekgonul et al. 2023",
        minimum=1,
    )

    generated_edits: float = setting(
        0.0,
        "share of the generated images that are drawn for captions with one word exchanged, of which there are no real "
        "images, so that the generator alone learns from them, as from interpolations: Reed et al. 2016, section 4.3",
        minimum=0.0,
        maximum=0.9,
    )

    # A generated image and a real one have each text.
    pairs_logits = True

    def __post_init__(self):
        super().__post_init__()
        smallest_side(self.image_size)
        if self.adversarial in PAIRED_LOSSES and self.generated_edits:
            raise ConfigError(
                f"generated_edits must be 0 with adversarial={self.adversarial}: no real image belongs to an edited "
                f"caption. Received: {self.generated_edits}"
            )
        if self.word_attention and ATTENTION_DIM % self.word_attention:
            raise ConfigError(
                f"word_attention must divide {ATTENTION_DIM}, the features read. Received: {self.word_attention}"
            )
        if self.reads_words and self.text_encoder == END_TO_END:
            raise ConfigError(
                f"{READS_WORDS} require {WORD_REGION}; gan_cls has none of them. "
                f"Received: text_encoder={self.text_encoder}"
            )
        if self.reads_words and self.captions_per_image != 1:
            # The words of an average of captions are no words.
            raise ConfigError(f"{READS_WORDS} require captions_per_image=1. Received: {self.captions_per_image}")

    @property
    def input_dim(self) -> int:
        """Size of the generator's latent input: the noise."""
        return self.latent_dim

    @property
    def reads_words(self) -> bool:
        """Whether batches hold the words of captions, and captions with one word exchanged (`pipelines.edits`)."""
        return max(self.word_attention, self.contrastive_weight, self.alignment_weight, self.generated_edits) > 0

    @property
    def initial_range(self) -> float:
        """Of an end_to_end text encoder: Keras's initial weights."""
        return 0.0


@dataclasses.dataclass(frozen=True)
class MatchingAwareConfig(TextToImageConfig):
    """With a discriminator that is also trained on mismatched images (GAN-CLS)."""

    mismatch_weight: float = setting(
        0.5, "weight of mismatched images in the loss of false pairs; Torch code, cls_weight", minimum=0.0, maximum=1.0
    )
    edited_share: float = setting(
        0.0,
        "share of the mismatched pairs that are the right image with its caption, one word of it exchanged (hard "
        "negatives: Faghri et al. 2018; by words: Yuksekgonul et al. 2023); the others have a wrong image",
        minimum=0.0,
        maximum=1.0,
    )

    @property
    def reads_words(self) -> bool:
        """For the mismatched pairs too."""
        return super().reads_words or self.edited_share > 0.0


@dataclasses.dataclass(frozen=True)
class InterpolationConfig(MatchingAwareConfig):
    """With a generator that is also trained on interpolated texts (GAN-INT, GAN-INT-CLS)."""

    interpolation_weight: float = setting(
        1.0, "weight of generated images of interpolated texts; Torch code, interp_weight", minimum=0.0
    )
    interpolation_beta: float = setting(0.5, "weight of the first of two texts; section 4.3", minimum=0.0, maximum=1.0)

    # No real image belongs to an interpolated text.
    pairs_logits = False

    def __post_init__(self):
        super().__post_init__()
        if self.batch_size % 2:
            raise ConfigError(f"interpolating texts requires an even batch_size. Received: {self.batch_size}")
