"""The settings of a GAN of images or points, with the published values; sections are those of the papers in
`models.generation.presets`.
"""

import dataclasses
from collections.abc import Mapping

from models.core.adversarial_config import UPSAMPLINGS, VIRTUAL, AdversarialConfig, smallest_side
from models.core.config import ConfigError, setting

NETWORKS = ("mlp", "dcgan", "resnet", "weight_normalized")
# That of a discriminator which classifies.
CLASSIFYING = "weight_normalized"
# A pair for each side of an image.
PYRAMID = "pyramid"
# Those whose maps are halved down to a smallest one.
HALVED = ("dcgan", "resnet")
CONDITIONINGS = ("none", "concatenation", "projection")
# Uniform in [-1, 1], in [0, 1] and, with unit variance, in [-sqrt 3, sqrt 3]; and N(0, 1).
LATENT_DISTRIBUTIONS = ("uniform", "uniform_unit_cube", "uniform_unit_variance", "normal")


@dataclasses.dataclass(frozen=True)
class GenerationConfig(AdversarialConfig):
    """Images (or points) from noise and possibly a class; the defaults are DCGAN's."""

    batch_size: int = setting(128, "real examples per discriminator turn, over all devices; DCGAN, 4", minimum=2)
    epochs: int = setting(25, "passes over the training images; `steps` takes precedence", minimum=1, ends_run=True)
    learning_rate: float = setting(2e-4, "the optimizers' step size; DCGAN, 4", minimum=0.0, maximum=100.0)
    learning_rate_decay: float = setting(1.0, "factor of the learning rate at every step", minimum=0.5, maximum=1.0)
    minimum_learning_rate: float = setting(
        0.0, "below which learning_rate_decay does not lower it; GAN, authors' code: 1e-6", minimum=0.0
    )
    decay_steps: int = setting(0, "steps over which the learning rate falls linearly to 0; 0: constant", minimum=0)
    final_momentum: float = setting(
        0.0, "momentum of sgd after it has risen from beta_1; 0: it is always beta_1", minimum=0.0, maximum=1.0
    )
    momentum_epochs: int = setting(250, "epochs over which the momentum rises; GAN, authors' code", minimum=2)
    latent_dim: int = setting(100, "size of the noise; DCGAN, 4", minimum=1)
    latent_distribution: str = setting(
        "uniform",
        "of the noise: uniform in [-1, 1] (DCGAN, 4), in [0, 1] (uniform_unit_cube; CGAN, 4.1) or in [-sqrt 3, sqrt 3] "
        "(uniform_unit_variance; GAN, authors' code); normal: N(0, 1)",
        choices=LATENT_DISTRIBUTIONS,
    )
    discriminator_loss_factor: float = setting(
        1.0, "of the discriminator's adversarial loss; GAN, authors' code (AdversaryCost2): 0.5", minimum=0.0
    )
    discriminator_steps: int = setting(
        1, "turns of the discriminator, each on a new batch, per turn of the generator: k", minimum=1
    )
    weight_clip: float = setting(
        0.0, "bound of the discriminator's weights, c (WGAN, Algorithm 1); 0: none", minimum=0.0
    )
    minibatch_kernels: int = setting(
        0,
        "numbers by which the discriminator sees how near the other examples of the batch are (minibatch "
        "discrimination); Salimans et al. 2016, 3.2: 100; 0: none",
        minimum=0,
    )
    historical_averaging: float = setting(
        0.0,
        "weight of the squared distance of each player's weights from their mean so far; Salimans et al. 2016, 3.3; "
        "0: none",
        minimum=0.0,
    )
    minibatch_dims: int = setting(5, "of each of these distances; Salimans et al. 2016, authors' code", minimum=1)
    minibatch_average: bool = setting(
        False,
        "whether these numbers are means over the other examples, not sums; Salimans et al. 2016, authors' code for "
        "ImageNet",
    )
    generator_width: int = setting(128, "width of the generator's layers: see the network", minimum=1)
    discriminator_width: int = setting(64, "width of the discriminator's layers: see the network", minimum=1)

    pairs_logits = True

    def __post_init__(self):
        super().__post_init__()
        schedules = {
            "learning_rate_decay": self.learning_rate_decay < 1.0,
            "decay_steps": self.decay_steps > 0,
            "learning_rate_halving_epochs": self.learning_rate_halving_epochs > 0,
        }
        if self.minibatch_average and not self.minibatch_kernels:
            raise ConfigError("minibatch_average goes with minibatch_kernels. Received: minibatch_kernels=0")
        if self.minibatch_kernels and self.penalty != "none":
            raise ConfigError(
                "penalty requires minibatch_kernels=0: it is of the gradient of each example alone. "
                f"Received: penalty={self.penalty} and minibatch_kernels={self.minibatch_kernels}"
            )
        chosen = [name for name, is_chosen in schedules.items() if is_chosen]
        if len(chosen) > 1:
            raise ConfigError(f"the learning rate falls in one way only. Received: {' and '.join(chosen)}")

    @property
    def latent_parts(self) -> dict[str, int]:
        """The parts of the generator's latent input in their order, each with its size; any but the noise may be 0."""
        return {"noise": self.latent_dim}

    @property
    def input_dim(self) -> int:
        """Size of the generator's latent input."""
        return sum(self.latent_parts.values())

    def decay_end(self, images: int) -> int:
        """After the `decay_steps`."""
        return self.decay_steps

    def steps_per_epoch(self, images: int) -> int:
        """Steps in one pass over the images: each turn of the discriminator takes new ones."""
        return max(images // (self.batch_size * self.discriminator_steps), 1)


@dataclasses.dataclass(frozen=True)
class ImageGenerationConfig(GenerationConfig):
    """Images from noise and possibly a class; the defaults are DCGAN's at 64 pixels."""

    network: str = setting(
        "dcgan",
        "of both players; mlp: 2 hidden layers, maxout in the discriminator; dcgan: strided convolutions, the width "
        "is that of the largest map; resnet: residual blocks of one width",
        choices=("mlp", *HALVED),
    )
    channels: int = setting(0, "of an image: 1 or 3; 0: from the data", choices=(0, 1, 3))
    classes: int = setting(0, "number of classes; from the data", minimum=0)
    conditioning: str = setting(
        "none",
        "how the players are conditioned on the class; projection: Miyato & Koyama 2018, section 2, with conditional "
        "batch normalization in the generator",
        choices=CONDITIONINGS,
    )
    flip: bool = setting(False, "whether real images are mirrored with probability 1/2")
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; DCGAN, 3; resize: Odena et al. 2016, no checkerboards",
        choices=UPSAMPLINGS,
    )
    maxout_pieces: int = setting(5, "of the mlp's discriminator; GAN, authors' code; 1: leaky ReLU", minimum=1)
    joint_pieces: int = setting(
        0, "of its joint layer of image and class, unless maxout_pieces is 1; CGAN, 4.1; 0: as many", minimum=0
    )
    dropout: float = setting(0.0, "of the mlp's discriminator; of its input 0.4 times it", minimum=0.0, maximum=0.9)
    generator_dropout: float = setting(
        0.0, "of the mlp's generator's hidden units, while it is trained; CGAN, 4.1: 0.5", minimum=0.0, maximum=0.9
    )
    feature_matching: bool = setting(
        False,
        "whether the generator's loss is that its images have the discriminator's features of real ones; Salimans et "
        "al. 2016, 3.1",
    )
    hidden_units: int = setting(
        0,
        "of a fully connected layer in both of the dcgan networks: after the noise, and before the logit; InfoGAN, "
        "appendix C.1: 1,024; 0: no such layer",
        minimum=0,
    )
    spectral_normalization: bool = setting(False, "of the discriminator's weights; SNGAN, 2.1")
    generator_normalization: str = setting(
        "batch",
        "in the generator; DCGAN, 3; virtual: by a fixed reference batch, Salimans et al. 2016, 3.4",
        choices=("batch", VIRTUAL, "none"),
    )
    reference_batch: int = setting(64, "images of the reference batch of virtual batch normalization", minimum=2)

    # Units of the hidden layer between the discriminator's features and its further outputs; 0: there is none.
    code_units = 0
    # Whether the generator's loss is the adversarial one alone, in whose place feature matching can be.
    matches_features = True
    # Whether the discriminator's logit is that of any class of real images.
    classifies = False

    def __post_init__(self):
        super().__post_init__()
        if self.feature_matching and not self.matches_features:
            raise ConfigError(
                "feature_matching is in the place of the adversarial loss, where the generator has no other. "
                f"Received: feature_matching=True of {type(self).__name__.removesuffix('Config')}"
            )
        if self.network in HALVED:
            smallest_side(self.image_size)
        if self.conditioning == "projection" and self.generator_normalization != "batch":
            raise ConfigError(
                "conditioning=projection requires generator_normalization=batch, which conditions the generator. "
                f"Received: {self.generator_normalization}"
            )

    @property
    def conditional(self) -> bool:
        """Whether the data must have class labels."""
        return self.conditioning != "none"

    @property
    def discriminator_conditioning(self) -> str:
        """How the discriminator is conditioned on the class."""
        return self.conditioning

    @property
    def heads(self) -> dict[str, int]:
        """What the discriminator outputs beside the logits: name to size."""
        return {}

    @property
    def remapping(self) -> bool:
        """Not with spectral normalization: TensorFlow's remapper fails on a bias between a spectral convolution and a
        leaky ReLU.
        """
        return super().remapping and not self.spectral_normalization


def require(config: ImageGenerationConfig, others: Mapping[str, object], what: str):
    """ConfigError where a setting that all image GANs have is not the one that a kind of them has."""
    if wrong := [f"{name}={getattr(config, name)}" for name, value in others.items() if getattr(config, name) != value]:
        accepted = ", ".join(f"{name}={value}" for name, value in others.items())
        raise ConfigError(f"{what} has {accepted}. Received: {', '.join(wrong)}")


@dataclasses.dataclass(frozen=True)
class BinaryGenerationConfig(ImageGenerationConfig):
    """Images of black and white pixels, which are drawn, so that no gradient goes through them."""

    estimator: str = setting(
        "boundary_seeking",
        "how the generator learns; straight_through: the gradient of a drawn pixel is taken for that of its expected "
        "value, as in Bengio et al. 2013",
        choices=("boundary_seeking", "straight_through"),
    )
    draws: int = setting(
        20, "images that are drawn for each noise in the generator's turn, M; this project's", minimum=2
    )

    # A paired loss and feature matching are of the adversarial game alone.
    pairs_logits = False
    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        if self.estimator == "boundary_seeking" and self.adversarial not in ("non_saturating", "minimax"):
            raise ConfigError(
                "estimator=boundary_seeking requires adversarial=non_saturating or minimax, whose logits are of a "
                f"probability. Received: {self.adversarial}"
            )


@dataclasses.dataclass(frozen=True)
class PointGenerationConfig(GenerationConfig):
    """Points of one or two dimensions; the defaults are this project's."""

    dimensions: int = setting(0, "of a point; from the data", minimum=0)
    batch_size: int = setting(256, "points per discriminator turn, over all devices", minimum=2)
    image_size: int = setting(8, "unused: points have no pixels", minimum=8)
    steps: int = setting(3000, "training steps", minimum=0, ends_run=True)
    learning_rate: float = setting(1e-3, "the optimizers' step size", minimum=0.0, maximum=100.0)
    latent_dim: int = setting(8, "size of the noise", minimum=1)
    latent_distribution: str = setting(
        "normal", "of the noise: N(0, 1), or uniform in [-1, 1]", choices=LATENT_DISTRIBUTIONS
    )
    generator_width: int = setting(128, "units of each of the generator's two hidden layers", minimum=1)
    discriminator_width: int = setting(128, "units of each of the discriminator's two hidden layers", minimum=1)
    discriminator_normalization: str = setting("none", "in the discriminator", choices=("none", "layer"))

    def __post_init__(self):
        super().__post_init__()
        if self.augmentations:
            raise ConfigError(f"augmentation is of images, not of points. Received: {self.augmentation}")
