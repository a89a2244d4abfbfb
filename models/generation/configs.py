"""What can be set of a GAN of images or points, with the published values; sections are those of the papers that
`models.generation.presets` names.
"""

import dataclasses

from models.core.adversarial_config import AdversarialConfig, smallest_side
from models.core.config import ConfigError, setting

NETWORKS = ("mlp", "dcgan", "resnet")
CONDITIONINGS = ("none", "concatenation", "projection")


@dataclasses.dataclass(frozen=True)
class GenerationConfig(AdversarialConfig):
    """Images (or points) from noise and perhaps a class; the defaults are DCGAN's."""

    batch_size: int = setting(128, "real examples a turn of the discriminator, over all devices; DCGAN, 4", minimum=2)
    epochs: int = setting(25, "passes over the training images; `steps` goes before it", minimum=1, ends_run=True)
    learning_rate: float = setting(2e-4, "the optimizers' step size; DCGAN, 4", minimum=0.0, maximum=100.0)
    learning_rate_decay: float = setting(
        1.0, "what the learning rate is multiplied with at every step", minimum=0.5, maximum=1.0
    )
    decay_steps: int = setting(0, "steps within which the learning rate falls to 0 in a line; 0: it stays", minimum=0)
    final_momentum: float = setting(
        0.0, "momentum of sgd, once it has risen from beta_1; 0: it stays beta_1", minimum=0.0, maximum=1.0
    )
    momentum_epochs: int = setting(250, "within which the momentum rises; GAN, authors' code", minimum=2)
    latent_dim: int = setting(100, "size of the noise; DCGAN, 4", minimum=1)
    latent_distribution: str = setting(
        "uniform", "of the noise: between -1 and 1 (DCGAN, 4), or N(0, 1)", choices=("uniform", "normal")
    )
    discriminator_steps: int = setting(
        1, "turns of the discriminator, each on a batch of its own, before one of the generator: k", minimum=1
    )
    weight_clip: float = setting(
        0.0, "bound of the discriminator's weights (WGAN, Algorithm 1); 0: there is none", minimum=0.0
    )
    generator_width: int = setting(128, "of the generator's layers: see the network", minimum=1)
    discriminator_width: int = setting(64, "of the discriminator's layers: see the network", minimum=1)

    def __post_init__(self):
        super().__post_init__()
        ways = [
            name
            for name, other in (
                ("learning_rate_decay", self.learning_rate_decay < 1.0),
                ("decay_steps", self.decay_steps),
                ("learning_rate_halving_epochs", self.learning_rate_halving_epochs),
            )
            if other
        ]
        if len(ways) > 1:
            raise ConfigError(f"the learning rate falls in one way only. Received: {' and '.join(ways)}")

    @property
    def latent_parts(self) -> dict[str, int]:
        """Sizes of the parts of the latent."""
        return {"noise": self.latent_dim}

    @property
    def input_dim(self) -> int:
        """Numbers that the generator is given: the noise and, in InfoGAN, the codes."""
        return self.latent_dim

    def steps_per_epoch(self, images: int) -> int:
        """Each turn of the discriminator takes images of its own."""
        return max(images // (self.batch_size * self.discriminator_steps), 1)


@dataclasses.dataclass(frozen=True)
class ImageGenerationConfig(GenerationConfig):
    """Images from noise and perhaps a class; the defaults are DCGAN's at 64 pixels."""

    network: str = setting(
        "dcgan",
        "of both players; mlp: 2 hidden layers, maxout in the discriminator; dcgan: strided convolutions, the widths "
        "those of the largest map; resnet: residual blocks of one width",
        choices=NETWORKS,
    )
    channels: int = setting(0, "of an image: 1 or 3; 0: as the data has", choices=(0, 1, 3))
    classes: int = setting(0, "how many there are; from the data", minimum=0)
    conditioning: str = setting(
        "none",
        "how the players are told the class; projection: Miyato & Koyama 2018, section 2, and conditional batch "
        "normalization in the generator",
        choices=CONDITIONINGS,
    )
    flip: bool = setting(False, "whether real images are mirrored half of the time")
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; DCGAN, 3; resize: Odena et al. 2016, no checkerboard",
        choices=("transposed", "resize"),
    )
    maxout_pieces: int = setting(5, "of the mlp's discriminator; GAN, authors' code; 1: leaky ReLU instead", minimum=1)
    joint_pieces: int = setting(
        0, "of its layer that joins image and class, unless maxout_pieces is 1; CGAN, 4.1; 0: as many", minimum=0
    )
    dropout: float = setting(0.0, "of the mlp's discriminator, its input less (0.4 of it)", minimum=0.0, maximum=0.9)
    spectral_normalization: bool = setting(False, "of the discriminator's weights; SNGAN, 2.1")
    generator_normalization: str = setting("batch", "in the generator; DCGAN, 3", choices=("batch", "none"))

    def __post_init__(self):
        super().__post_init__()
        if self.network != "mlp":
            smallest_side(self.image_size)
        if self.conditioning == "projection" and self.generator_normalization != "batch":
            raise ConfigError(
                "conditioning=projection needs generator_normalization=batch, which tells the generator the class. "
                f"Received: {self.generator_normalization}"
            )

    @property
    def remapping(self) -> bool:
        """Nor with spectral norms."""
        return super().remapping and not self.spectral_normalization

    @property
    def conditional(self) -> bool:
        """Whether the classes must be known."""
        return self.conditioning != "none"

    @property
    def discriminator_conditioning(self) -> str:
        """How the discriminator is told the class."""
        return self.conditioning


@dataclasses.dataclass(frozen=True)
class ACGANConfig(ImageGenerationConfig):
    """With an auxiliary classifier in the discriminator, which is not told the class."""

    conditioning: str = setting(
        "concatenation",
        "how the generator is told the class; section 3; projection: by conditional batch normalization",
        choices=("concatenation", "projection"),
    )
    class_weight: float = setting(1.0, "weight of the classification losses; section 3", minimum=0.0)

    @property
    def discriminator_conditioning(self) -> str:
        """It is asked, not told."""
        return "none"


@dataclasses.dataclass(frozen=True)
class InfoGANConfig(ImageGenerationConfig):
    """With codes that can be read off the images."""

    latent_dim: int = setting(62, "size of the noise beside the codes; appendix C.1", minimum=1)
    categories: int = setting(10, "values of the categorical code; 0: there is none; appendix C.1", minimum=0)
    continuous_codes: int = setting(2, "codes between -1 and 1; appendix C.1", minimum=0)
    information_weight: float = setting(
        1.0, "weight of the mutual information with the categorical code, lambda; section 7", minimum=0.0
    )
    continuous_weight: float = setting(
        0.1,
        "weight of the mutual information with the continuous codes; section 5: smaller; the value is this project's",
        minimum=0.0,
    )
    code_units: int = setting(128, "of the hidden layer that reads the codes; appendix C.1", minimum=1)

    def __post_init__(self):
        super().__post_init__()
        if self.conditioning != "none":
            raise ConfigError(f"conditioning must be none: InfoGAN sees no classes. Received: {self.conditioning}")
        if not self.categories and not self.continuous_codes:
            raise ConfigError("categories and continuous_codes must not both be 0. Received: 0 and 0")

    @property
    def latent_parts(self) -> dict[str, int]:
        """Noise, a one-hot category, continuous codes."""
        return super().latent_parts | {"category": self.categories, "codes": self.continuous_codes}

    @property
    def input_dim(self) -> int:
        """Noise, one-hot category, continuous codes."""
        return self.latent_dim + self.categories + self.continuous_codes


@dataclasses.dataclass(frozen=True)
class PointGenerationConfig(GenerationConfig):
    """Points of one or two dimensions; the defaults are this project's."""

    dimensions: int = setting(0, "of a point; from the data", minimum=0)
    batch_size: int = setting(256, "points a turn of the discriminator, over all devices", minimum=2)
    image_size: int = setting(8, "unused: points have no pixels", minimum=8)
    steps: int = setting(3000, "training steps", minimum=0, ends_run=True)
    learning_rate: float = setting(1e-3, "the optimizers' step size", minimum=0.0, maximum=100.0)
    latent_dim: int = setting(8, "size of the noise", minimum=1)
    latent_distribution: str = setting(
        "normal", "of the noise: N(0, 1), or between -1 and 1", choices=("normal", "uniform")
    )
    generator_width: int = setting(128, "units of each of the generator's two hidden layers", minimum=1)
    discriminator_width: int = setting(128, "units of each of the discriminator's two hidden layers", minimum=1)
    discriminator_normalization: str = setting("none", "in the discriminator", choices=("none", "layer"))

    def __post_init__(self):
        super().__post_init__()
        if self.augmentations:
            raise ConfigError(f"augmentation is of images. Received: {self.augmentation}")
