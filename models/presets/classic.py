"""The presets of the classic line, from the 2014 GAN to SNGAN; sections are those of each preset's paper.

GAN: Goodfellow et al., "Generative Adversarial Nets" (NIPS 2014); "authors' code" is goodfeli/adversarial.
CGAN: Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014).
DCGAN: Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs" (ICLR 2016).
LSGAN: Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017).
WGAN: Arjovsky et al., "Wasserstein GAN" (ICML 2017).
WGAN-GP: Gulrajani et al., "Improved Training of Wasserstein GANs" (NIPS 2017).
SNGAN: Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (ICLR 2018).
Projection: Miyato & Koyama, "cGANs with Projection Discriminator" (ICLR 2018).
ACGAN: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs" (ICML 2017).
InfoGAN: Chen et al., "InfoGAN: Interpretable Representation Learning" (NIPS 2016).
"""

import dataclasses

from models.presets.adversarial import AdversarialConfig, smallest_side
from models.presets.config import MODES, ConfigError, Preset, setting

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


# What makes the papers' networks short enough for small images on two cores: found by measuring.
SMALL = {"batch_size": 64, "generator_width": 64, "discriminator_width": 64, "average_decay": 0.999}
# Passes over each set that make 10 to 20 minutes on two cores, on the digits one.
EPOCHS = {**dict.fromkeys(("birds", "birds_colors"), 80), "digits": 300}
FEW_EPOCHS = 16
# Of one's own images, of which there may be few.
OWN = {name: {"steps": 25_000} for name in ("folder", "captions", "cub", "flowers")}
SIZES = {
    **dict.fromkeys(("mnist", "fashion_mnist", "kmnist", "emnist", "idx"), 28),
    **dict.fromkeys(("birds", "birds_colors", "cifar10"), 32),
    "digits": 16,
}
# Of images that are the same mirrored; digits and letters are not.
FLIPPED = ("birds", "birds_colors", "cifar10", "celeb_a", "cub", "flowers")


def preset(model: str, config: ImageGenerationConfig, summary: str, source: str, dataset: str = "digits", **small):
    """A preset of images.

    Args:
        model: of `models`, the class that trains it.
        config: the published constants.
        summary: one line on what it is.
        source: paper, section.
        dataset: the default.
        small: what is changed on small images, beside their size.
    """
    small = (SMALL if config.network == "dcgan" else {}) | small
    per_dataset = OWN | {
        name: small | {"image_size": size, "epochs": EPOCHS.get(name, FEW_EPOCHS)} for name, size in SIZES.items()
    }
    return Preset(
        model=f"models.{model}",
        task="tasks.image_generation.ImageGenerationTask",
        config=config,
        summary=summary,
        source=source,
        needs=frozenset({"image", "classes"} if config.conditional else {"image"}),
        default_dataset=dataset,
        per_dataset=per_dataset | {name: per_dataset.get(name, {}) | {"flip": True} for name in FLIPPED},
        modes=MODES,
        samples_from="noise",
    )


def dcgan(summary: str, source: str, **changes):
    """A preset on DCGAN's networks: what differs is a constant or two."""
    return preset("gan.ImageGAN", dataclasses.replace(DCGAN, **changes), summary, source, "birds")


def points(summary: str, dataset: str, **changes):
    """A preset of points."""
    return Preset(
        model="models.gan.PointGAN",
        task="tasks.point_generation.PointGenerationTask",
        config=PointGenerationConfig(**changes),
        summary=summary,
        source="this project; the networks and constants are not a paper's",
        needs=frozenset({"points"}),
        default_dataset=dataset,
        pictures_every=50,
        samples_from="noise",
    )


# Goodfellow et al. 2014, section 5 and authors' code (mnist.yaml). There the momentum rises from 0.5 to 0.7.
MAXOUT = {
    "network": "mlp",
    "image_size": 28,
    "batch_size": 100,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "beta_1": 0.5,
    "latent_distribution": "normal",
    "generator_width": 1200,
    "generator_normalization": "none",
    "discriminator_width": 240,
    "discriminator_normalization": "none",
    "dropout": 0.5,
}
# Gulrajani et al. 2017, Algorithm 1 and appendix; Miyato et al. 2018, section 4 (setting C has five turns).
CRITIC = {
    "beta_1": 0.0,
    "beta_2": 0.9,
    "batch_size": 64,
    "latent_dim": 128,
    "latent_distribution": "normal",
    "discriminator_normalization": "none",
    "discriminator_steps": 5,
    "steps": 100_000,
    "decay_steps": 100_000,
}
# Small images are trained on for a number of epochs, which is too few steps for the rate to fall.
CONSTANT = {"steps": 0, "decay_steps": 0}
PUBLISHED_GAN = ImageGenerationConfig(**MAXOUT, learning_rate_decay=1 / 1.000004)
DCGAN = ImageGenerationConfig()

PRESETS = {
    "gan": preset(
        "gan.ImageGAN",
        PUBLISHED_GAN,
        "the 2014 GAN: maxout against rectified units",
        "Goodfellow et al., NIPS 2014, Algorithm 1",
    ),
    "gan_minimax": preset(
        "gan.ImageGAN",
        # Measured: with the rate of the other loss, 0.1, this one ends in numbers that are not finite.
        dataclasses.replace(PUBLISHED_GAN, adversarial="minimax", learning_rate=0.01),
        "the same, the generator minimizing log(1 - D)",
        "Goodfellow et al., NIPS 2014, equation 1",
    ),
    "gan_1d": points("one dimension: a normal distribution, with the decision function", "normal_1d"),
    "gan_2d": points("two dimensions: a ring of Gaussians, whose modes are counted", "ring_2d"),
    "cgan": preset(
        "gan.ImageGAN",
        dataclasses.replace(
            PUBLISHED_GAN, conditioning="concatenation", latent_distribution="uniform", learning_rate_decay=1 / 1.00004
        ),
        "the 2014 GAN with a class",
        "Mirza & Osindero 2014, section 4.1",
    ),
    "dcgan": dcgan("strided convolutions and batch normalization", "Radford et al., ICLR 2016, section 3"),
    "lsgan": dcgan("DCGAN with squares", "Mao et al., ICCV 2017, equation 9", adversarial="least_squares"),
    "wgan": dcgan(
        "a critic of clipped weights",
        "Arjovsky et al., ICML 2017, Algorithm 1",
        adversarial="wasserstein",
        weight_clip=0.01,
        discriminator_steps=5,
        optimizer="rmsprop",
        learning_rate=5e-5,
        batch_size=64,
    ),
    "wgan_gp": preset(
        "gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="wasserstein", penalty="gradient"),
        "a critic whose slope is held at 1",
        "Gulrajani et al., NIPS 2017, Algorithm 1",
        "birds",
        **CONSTANT,
    ),
    "sngan": preset(
        "gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="hinge", spectral_normalization=True),
        "spectral normalization and the hinge loss",
        "Miyato et al., ICLR 2018, section 2.1",
        "birds",
        **CONSTANT,
    ),
    "acgan": preset(
        "acgan.ACGAN",
        ACGANConfig(batch_size=100, latent_dim=110),
        "the discriminator also names the class",
        "Odena et al., ICML 2017, section 3",
    ),
    "projection": preset(
        "gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="hinge", spectral_normalization=True, conditioning="projection"),
        "SNGAN with a class: inner product, conditional batch normalization",
        "Miyato & Koyama, ICLR 2018, section 2",
        "birds_colors",
        **CONSTANT,
    ),
    "infogan": preset(
        "infogan.InfoGAN",
        InfoGANConfig(image_size=28, learning_rate=1e-3, discriminator_learning_rate=2e-4, generator_width=64),
        "codes that are read off the images",
        "Chen et al., NIPS 2016, sections 5 and 7",
    ),
}
