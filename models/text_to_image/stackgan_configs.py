"""The settings of StackGAN: Zhang et al., "StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative
Adversarial Networks" (ICCV 2017).

"Authors' code" is hanzhanggit/StackGAN.
"""

import dataclasses
import json

from models.core.config import ConfigError, from_plain, setting
from models.text_to_image.configs import END_TO_END, MatchingAwareConfig

# The preset of the first stage, and the discriminators' name.
STAGE_1, STACKGAN = "stackgan_stage1", "stackgan"
# Settings of Reed et al.'s generator that StackGAN's have nothing of.
REEDS_OWN = ("word_attention", "full_size_stage", "text_affine")


@dataclasses.dataclass(frozen=True)
class FirstStageConfig(MatchingAwareConfig):
    """Stage I: noise and a caption to a small image. The defaults are the authors' for CUB."""

    batch_size: int = setting(64, "examples per step, over all devices; authors' code, BATCH_SIZE", minimum=2)
    image_size: int = setting(64, "pixels; section 3.3", minimum=8)
    epochs: int = setting(
        600, "passes over the training images; `steps` takes precedence; section 3.5", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; section 3.5", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(
        50, "epochs between halvings; authors' code, LR_DECAY_EPOCH (section 3.5: 100)", minimum=0
    )
    captions_per_image: int = setting(4, "captions drawn and averaged; authors' code, NUM_EMBEDDING", minimum=1)
    latent_dim: int = setting(100, "size of the noise, N(0, 1); authors' code, Z_DIM", minimum=1)
    conditioning_augmentation: bool = setting(
        True,
        "whether the generator reads a draw from a normal distribution that it learns for each caption; else that "
        "distribution's mean alone; section 3.2",
    )
    conditioning_dim: int = setting(
        128, "numbers that the generator reads of a caption, each with noise of its own; section 3.5, N_g", minimum=1
    )
    divergence_weight: float = setting(
        2.0,
        "weight, in the generator's loss, of the divergence of these distributions from N(0, 1), the mean over their "
        "dimensions; equation 2; authors' code, COEFF.KL",
        minimum=0.0,
    )
    text_projection_dim: int = setting(
        128, "of the discriminator: size of the projected text; section 3.5, N_d", minimum=1
    )
    generator_width: int = setting(
        128, "channels of the generator's last hidden stage; authors' code, GF_DIM", minimum=1
    )
    discriminator_width: int = setting(
        64, "channels of the discriminator's first stage; authors' code, DF_DIM", minimum=1
    )
    discriminator_network: str = setting(
        STACKGAN,
        "authors' code: as main_cls_int, but for the projected text, which is not normalized",
        choices=(STACKGAN,),
    )

    def __post_init__(self):
        super().__post_init__()
        for name in REEDS_OWN:
            if value := getattr(self, name):
                raise ConfigError(f"{name} must be off: StackGAN's generators have none of it. Received: {value}")

    @property
    def conditioning_noise(self) -> int:
        """How many numbers of noise the generator's conditions are drawn with."""
        return self.conditioning_dim if self.conditioning_augmentation else 0

    @property
    def input_dim(self) -> int:
        """Size of the generator's latent input: the noise, then that of the conditions."""
        return self.latent_dim + self.conditioning_noise


@dataclasses.dataclass(frozen=True)
class SecondStageConfig(FirstStageConfig):
    """Stage II: the image of a trained first stage and its caption to a larger image."""

    image_size: int = setting(256, "pixels, a multiple of the first stage's by a power of two; section 3.4", minimum=8)
    learning_rate_halving_epochs: int = setting(
        100, "epochs between halvings; section 3.5; authors' code, LR_DECAY_EPOCH", minimum=0
    )
    latent_dim: int = setting(0, "size of the noise, all of it the first stage's; 0: from the first stage", minimum=0)
    generator_width: int = setting(128, "channels of the generator's first stage; authors' code, GF_DIM", minimum=1)
    residual_blocks: int = setting(4, "of the generator; section 3.5, 256 x 256 images", minimum=0)
    first_stage: str = setting(
        STAGE_1, f"{STAGE_1} (the run beside this one, trained first) or its run folder", path_or=(STAGE_1,)
    )
    first_generator: str = setting("", "configuration of that run, in JSON; from the data")

    @classmethod
    def with_newer_settings(cls, recorded):
        """With those of the first stage, too."""
        config = super().with_newer_settings(recorded)
        if config["first_generator"]:
            first = FirstStageConfig.with_newer_settings(json.loads(config["first_generator"]))
            config["first_generator"] = described(first)
        return config

    def __post_init__(self):
        super().__post_init__()
        if self.text_encoder == END_TO_END:
            raise ConfigError(
                "text_encoder must be one that is trained first, or a file of embeddings: both stages read the same. "
                f"Received: {self.text_encoder}"
            )
        if self.first_generator:
            self.check_first(self.first)

    def check_first(self, first: FirstStageConfig):
        """ConfigError unless a first stage's images can be made larger to this size, from as much noise."""
        if self.latent_dim not in (0, first.latent_dim):
            raise ConfigError(
                f"latent_dim comes from the first stage, where it is {first.latent_dim}. Received: {self.latent_dim}"
            )
        side = first.image_size
        scale, rest = divmod(self.image_size, side)
        if rest or scale < 2 or scale & (scale - 1):
            raise ConfigError(
                f"image_size must be 2, 4, 8 or more times {side}, that of the first stage. Received: {self.image_size}"
            )

    @property
    def first(self) -> FirstStageConfig:
        """The configuration of the first stage."""
        return from_plain(FirstStageConfig, json.loads(self.first_generator))

    @property
    def input_dim(self) -> int:
        """Size of the generator's latent input: the first stage's, then the noise of this one's conditions."""
        return self.first.input_dim + self.conditioning_noise


def described(config) -> str:
    """The setting `first_generator`: a configuration, as a mapping, as a run's record holds it."""
    return json.dumps(config, sort_keys=True)
