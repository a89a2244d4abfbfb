"""The presets of text to image: Reed et al., "Generative Adversarial Text to Image Synthesis" (ICML 2016), and the
char-CNN-RNN encoder of Reed et al., "Learning Deep Representations of Fine-Grained Visual Descriptions" (CVPR 2016).

"Torch code" is the authors' own, reedscot/icml2016 and reedscot/cvpr2016.
"""

import dataclasses

from models.presets.adversarial import AdversarialConfig, smallest_side
from models.presets.config import ConfigError, Preset, TrainingConfig, setting

PAPER = "Reed et al., ICML 2016"
# The values of text_encoder that name no file or folder.
CHAR_CNN_RNN, END_TO_END = "char_cnn_rnn", "end_to_end"
SMALL_CNN = "small_cnn"


@dataclasses.dataclass(frozen=True)
class TextToImageConfig(AdversarialConfig):
    """A text-conditional GAN; the defaults are the authors' for CUB."""

    batch_size: int = setting(64, "examples a step, over all devices; section 5", minimum=2)
    image_size: int = setting(64, "pixels; section 5", minimum=8)
    epochs: int = setting(
        600, "passes over the training images; `steps` goes before it; section 5", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; section 5", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(100, "epochs between halvings; Torch code, decay_every", minimum=0)
    text_encoder: str = setting(
        CHAR_CNN_RNN,
        "char_cnn_rnn, end_to_end, the run folder of a trained encoder, or a file of embeddings",
        path_or=(CHAR_CNN_RNN, END_TO_END),
    )
    text_dim: int = setting(0, "size of a text embedding; 0: the encoder's (1,024 in the paper)", minimum=0)
    convolution_width: int = setting(512, "of an end_to_end text encoder: see char_cnn_rnn", minimum=4)
    recurrent_width: int = setting(512, "of an end_to_end text encoder: see char_cnn_rnn", minimum=1)
    read_characters: int = setting(201, "of an end_to_end text encoder: see char_cnn_rnn", minimum=48, maximum=201)
    captions_per_image: int = setting(4, "captions drawn and averaged; Torch code, numCaption", minimum=1)
    latent_dim: int = setting(100, "size of the noise, N(0, 1); Torch code, nz", minimum=1)
    text_projection_dim: int = setting(128, "size of the projected text; section 4.1", minimum=1)
    generator_width: int = setting(128, "channels of the generator's last hidden stage; Torch code, ngf", minimum=1)
    discriminator_width: int = setting(64, "channels of the discriminator's first stage; Torch code, ndf", minimum=1)
    inner_product_dim: int = setting(
        0,
        "size of the inner product of image and text that joins the logit; Miyato & Koyama 2018, equation 3; 0: none",
        minimum=0,
    )

    def __post_init__(self):
        super().__post_init__()
        smallest_side(self.image_size)


@dataclasses.dataclass(frozen=True)
class MatchingAwareConfig(TextToImageConfig):
    """With a discriminator that also sees wrong images (GAN-CLS)."""

    mismatch_weight: float = setting(
        0.5, "share of the false pairs' loss that wrong images pay; Torch code, cls_weight", minimum=0.0, maximum=1.0
    )


@dataclasses.dataclass(frozen=True)
class InterpolationConfig(MatchingAwareConfig):
    """With a generator that is also asked for images of interpolated texts (GAN-INT, GAN-INT-CLS)."""

    interpolation_weight: float = setting(
        1.0, "weight of generated images of interpolated texts; Torch code, interp_weight", minimum=0.0
    )
    interpolation_beta: float = setting(0.5, "where between two texts; section 4.3", minimum=0.0, maximum=1.0)

    def __post_init__(self):
        super().__post_init__()
        if self.batch_size % 2:
            raise ConfigError(f"interpolating texts needs an even batch_size. Received: {self.batch_size}")


@dataclasses.dataclass(frozen=True)
class JointEmbeddingConfig(TrainingConfig):
    """The char-CNN-RNN text encoder, trained against an image encoder."""

    batch_size: int = setting(40, "pairs of distinct classes a step; Torch code, batch_size", minimum=2)
    epochs: int = setting(200, "of the ICML 2016 encoder; Torch code's default: 300", minimum=1, ends_run=True)
    learning_rate: float = setting(2e-4, "Adam's step size; of the ICML 2016 encoder", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(
        50, "epochs between halvings; of the ICML 2016 encoder: decay_every", minimum=0
    )
    embedding_dim: int = setting(1024, "size of both embeddings; CVPR 2016, section 5", minimum=1)
    convolution_width: int = setting(
        512, "channels of the second and third convolution, three quarters of it in the first", minimum=4
    )
    recurrent_width: int = setting(512, "units of the recurrent layer, whose states are averaged", minimum=1)
    read_characters: int = setting(
        201, "characters of a caption that are read, the rest is cut; Torch code, doc_length", minimum=48, maximum=201
    )
    image_encoder: str = setting(
        SMALL_CNN, "small_cnn (from scratch), or the .keras file of a pretrained network", path_or=(SMALL_CNN,)
    )
    image_features_dim: int = setting(0, "size of the pretrained network's features; from the network", minimum=0)
    image_encoder_width: int = setting(32, "channels of the small CNN's first stage", minimum=1)
    margin: float = setting(1.0, "by which the matching pair must win; CVPR 2016, equation 5", minimum=0.0)


# What makes the paper's experiments short enough for the embedded birds on two cores. Sizes, rates and lengths were
# chosen by measuring the share of named colors seen on unseen species within 15 minutes; the README has the figures.
# 132 characters: 99 of 100 captions of the birds are shorter.
BIRDS_TEXT_ENCODER = {"convolution_width": 192, "recurrent_width": 192, "read_characters": 132}
BIRDS = BIRDS_TEXT_ENCODER | {
    "image_size": 32,
    "batch_size": 32,
    "epochs": 28,
    "captions_per_image": 1,
    "generator_width": 32,
    "discriminator_width": 16,
    # The narrow discriminator learns with it in minutes which color belongs to which part.
    "inner_product_dim": 128,
    "learning_rate": 5e-4,
    "average_decay": 0.998,
    "learning_rate_halving_epochs": 0,
}
TEXT_AND_IMAGES = frozenset({"image", "captions"})


def text_to_image(model: str, summary: str, source: str, config: TextToImageConfig) -> Preset:
    """A preset of the GANs here: they differ in a class and one or two constants."""
    return Preset(
        model=model,
        task="tasks.text_to_image.TextToImageTask",
        config=config,
        summary=summary,
        source=f"{PAPER}, {source}",
        needs=TEXT_AND_IMAGES,
        per_dataset={"birds": BIRDS},
    )


PRESETS = {
    "gan_cls": text_to_image(
        "models.gan_cls.GANCLS",
        "text to image with the matching-aware discriminator",
        "section 4.2, Algorithm 1",
        MatchingAwareConfig(),
    ),
    "gan_int": text_to_image(
        "models.gan_int.GANINT",
        "text to image, learning with manifold interpolation",
        "section 4.3",
        InterpolationConfig(mismatch_weight=0.0),
    ),
    "gan_int_cls": text_to_image(
        "models.gan_int.GANINT",
        "matching-aware discriminator and manifold interpolation together",
        "sections 4.2 and 4.3",
        InterpolationConfig(),
    ),
    "text_gan": text_to_image(
        "models.text_gan.TextGAN",
        "the naive text-conditional GAN",
        "section 4.2, first paragraph",
        TextToImageConfig(),
    ),
    "char_cnn_rnn": Preset(
        model="models.char_cnn_rnn.CharCNNRNN",
        task="tasks.text_encoder.TextEncoderTask",
        config=JointEmbeddingConfig(),
        summary="the char-CNN-RNN text encoder, by deep structured joint embedding",
        source="Reed et al., CVPR 2016, sections 3 and 5",
        needs=TEXT_AND_IMAGES,
        modes=("train", "evaluate"),
        per_dataset={
            "birds": BIRDS_TEXT_ENCODER
            | {
                # Few pairs, many steps: the more steps, the better what was learned holds for unseen species.
                "batch_size": 32,
                "image_size": 32,
                "epochs": 27,
                "embedding_dim": 256,
                "image_encoder_width": 48,
                "learning_rate": 2e-3,
                "learning_rate_halving_epochs": 9,
            }
        },
    ),
}
