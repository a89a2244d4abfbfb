"""The settings of a GAN of images or points, with the published values; sections are those of the papers in
`models.generation.presets`.
"""

import dataclasses
from collections.abc import Mapping

from models.core.adversarial_config import LOSSES, UPSAMPLINGS, VIRTUAL, AdversarialConfig, smallest_side
from models.core.config import OPTIMIZERS, ConfigError, setting

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

# What a character is asked to have, in the order of `metrics.glyphs.measured`.
ATTRIBUTES = ("weight", "slant", "width")


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
class EBGANConfig(ImageGenerationConfig):
    """With an auto-encoder as the discriminator."""

    adversarial: str = setting("energy", "of energies; equations 1 and 2", choices=("energy",))
    margin: float = setting(
        0.2,
        "m, of the energy of generated images; in its units: the mean squared error of a pixel, whose range is [-1, 1]",
        minimum=0.0,
    )
    energy_power: int = setting(2, "of the error of a pixel, whose mean is the energy", choices=(1, 2))
    pulling_away_weight: float = setting(
        0.1, "of the pulling-away term in the generator's loss; section 2.4; 0: none", minimum=0.0
    )
    left_out_class: int = setting(
        -1, "a class whose images are not trained on, so that its energy can be measured; -1: none", minimum=-1
    )

    has_energy = True
    pairs_logits = False
    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        others = {
            "network": "dcgan",
            "conditioning": "none",
            "spectral_normalization": False,
            "minibatch_kernels": 0,
            "hidden_units": 0,
        }
        require(self, others, "an auto-encoder as the discriminator")


@dataclasses.dataclass(frozen=True)
class BEGANConfig(EBGANConfig):
    """With the two energies kept in a ratio; sections are those of Berthelot et al. 2017."""

    learning_rate: float = setting(1e-4, "the optimizers' step size; section 4.1", minimum=0.0, maximum=100.0)
    batch_size: int = setting(16, "real images per discriminator turn, over all devices; section 4.1", minimum=2)
    latent_dim: int = setting(64, "size of the noise; section 4.1", minimum=1)
    energy_power: int = setting(1, "of the error of a pixel, whose mean is the energy; section 3.1", choices=(1, 2))
    pulling_away_weight: float = setting(0.0, "this model has none", minimum=0.0, maximum=0.0)
    margin: float = setting(0.0, "this model has none", minimum=0.0, maximum=0.0)
    discriminator_loss_factor: float = setting(1.0, "this model has none", minimum=1.0, maximum=1.0)
    diversity_ratio: float = setting(
        0.5, "gamma, of the generated images' energy to the real ones'; section 3.3", minimum=0.0, maximum=1.0
    )
    balance_rate: float = setting(1e-3, "lambda, of k's changes; section 3.4", minimum=0.0)
    discriminator_normalization: str = setting("none", "in the discriminator; section 3.5", choices=("layer", "none"))


def require(config: ImageGenerationConfig, others: Mapping[str, object], what: str):
    """ConfigError where a setting that all image GANs have is not the one that a kind of them has."""
    if wrong := [f"{name}={getattr(config, name)}" for name, value in others.items() if getattr(config, name) != value]:
        accepted = ", ".join(f"{name}={value}" for name, value in others.items())
        raise ConfigError(f"{what} has {accepted}. Received: {', '.join(wrong)}")


@dataclasses.dataclass(frozen=True)
class LAPGANConfig(ImageGenerationConfig):
    """A Laplacian pyramid; the defaults are the authors' for CIFAR-10 (train_cifar.lua, train_cifar_coarse_to_fine.lua;
    of sides: those of 8, 16, 32 and 64 pixels).
    """

    network: str = setting(PYRAMID, "of all players", choices=(PYRAMID,))
    optimizer: str = setting("sgd", "gradient descent method", choices=OPTIMIZERS)
    learning_rate: float = setting(0.02, "the optimizers' step size", minimum=0.0, maximum=100.0)
    final_momentum: float = setting(
        0.7, "momentum of sgd after it has risen from beta_1; 0: it is always beta_1", minimum=0.0, maximum=1.0
    )
    momentum_epochs: int = setting(251, "epochs over which the momentum rises, by 0.0008 after each", minimum=2)
    conditioning: str = setting(
        "none",
        "how the players are conditioned on the class: at the coarsest level the one-hot class is beside the noise and "
        "the pixels, at the others a learned plane",
        choices=("none", "concatenation"),
    )
    level: int = setting(
        0,
        "side in pixels of the one level that is trained; 0: all are; a run may be resumed with another",
        minimum=0,
        ends_run=True,
    )
    generator_width: int = setting(64, "channels of the generators' hidden layers above the coarsest level", minimum=1)
    discriminator_width: int = setting(64, "channels of the discriminators above the coarsest level", minimum=1)
    kernel_size: int = setting(7, "of these generators' hidden layers, odd; of the last 2 less", minimum=3, maximum=15)
    coarse_generator_width: int = setting(1200, "units of the coarsest generator's hidden layers; paper", minimum=1)
    coarse_discriminator_width: int = setting(600, "units of the coarsest discriminator's; paper", minimum=1)
    dropout: float = setting(
        0.5, "before the discriminators' last layer; of the coarsest, two", minimum=0.0, maximum=0.9
    )
    discriminator_loss_factor: float = setting(
        0.5, "of the discriminators' losses: one mean over real and generated images", minimum=0.0
    )
    discriminator_normalization: str = setting("none", "in the discriminators", choices=("none",))
    generator_normalization: str = setting("none", "in the generators", choices=("none",))

    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        smallest_side(self.image_size)
        others = {
            "spectral_normalization": False,
            "minibatch_kernels": 0,
            "hidden_units": 0,
            "upsampling": "transposed",
            "generator_dropout": 0.0,
        }
        require(self, others, "a pyramid")
        if self.level and self.level not in self.sizes:
            accepted = ", ".join(map(str, (0, *self.sizes)))
            raise ConfigError(f"level must be one of {accepted}. Received: {self.level}")
        if self.kernel_size % 2 == 0:
            raise ConfigError(f"kernel_size must be odd. Received: {self.kernel_size}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sides of the levels, from the coarsest: 5 to 8 pixels, to the image's."""
        sizes = [self.image_size]
        while sizes[0] > 8:
            sizes.insert(0, sizes[0] // 2)
        return tuple(sizes)

    @property
    def trained_sizes(self) -> tuple[int, ...]:
        """The sides of the levels that are trained."""
        return (self.level,) if self.level else self.sizes

    @property
    def latent_parts(self) -> dict[str, int]:
        """The coarsest level's noise, and a plane of it for each other."""
        return {"noise": self.latent_dim} | {f"noise_{size}": size * size for size in self.sizes[1:]}


@dataclasses.dataclass(frozen=True)
class BigGANConfig(ImageGenerationConfig):
    """Small images; the networks are the authors' of 32 pixels (launch_cifar_ema.sh), what they are trained with is the
    paper's; sections are those of Brock et al. 2019.
    """

    network: str = setting("resnet", "of both players", choices=("resnet",))
    image_size: int = setting(32, "pixels", minimum=8)
    batch_size: int = setting(50, "real examples per discriminator turn, over all devices; authors' code", minimum=2)
    epochs: int = setting(500, "passes over the training images; authors' code", minimum=1, ends_run=True)
    conditioning: str = setting("projection", "on the class; Miyato & Koyama 2018", choices=("projection",))
    adversarial: str = setting("hinge", "adversarial loss; section 3", choices=LOSSES)
    spectral_normalization: bool = setting(True, "of the discriminator's weights; appendix B")
    learning_rate: float = setting(5e-5, "the generator's step size; section 3", minimum=0.0, maximum=100.0)
    discriminator_learning_rate: float = setting(
        2e-4, "the discriminator's step size; section 3", minimum=0.0, maximum=100.0
    )
    beta_1: float = setting(0.0, "Adam's first decay rate; appendix C", minimum=0.0, maximum=1.0)
    discriminator_steps: int = setting(2, "turns of the discriminator per turn of the generator; section 3", minimum=1)
    discriminator_normalization: str = setting("none", "in the discriminator", choices=("layer", "none"))
    latent_dim: int = setting(80, "size of the noise; 20 for each block and the beginning; appendix B", minimum=1)
    latent_distribution: str = setting("normal", "of the noise; section 3.1", choices=LATENT_DISTRIBUTIONS)
    generator_width: int = setting(256, "channels of the generator's blocks; authors' code: 4 x 64", minimum=1)
    discriminator_width: int = setting(256, "channels of the discriminator's blocks; authors' code", minimum=1)
    average_decay: float = setting(
        0.9999, "decay per step of the generator's moving average; appendix C", minimum=0.0, maximum=0.99999
    )
    shared_embedding: int = setting(
        128, "size of the class's embedding that all blocks share; 0: each has its own; appendix B", minimum=0
    )
    hierarchical_latent: bool = setting(True, "whether each block has its own part of the noise; appendix B")
    orthogonal_weight: float = setting(
        1e-4, "of the orthogonal regularization of the generator, beta; section 3.1; 0: none", minimum=0.0
    )

    def __post_init__(self):
        super().__post_init__()
        require(self, {"generator_normalization": "batch", "minibatch_kernels": 0, "hidden_units": 0}, "BigGAN")
        if self.hierarchical_latent and not self.shared_embedding:
            raise ConfigError("hierarchical_latent requires a shared_embedding, beside which it is. Received: 0")

    @property
    def doublings(self) -> int:
        """Blocks of the generator, each of which doubles the side."""
        return (self.image_size // smallest_side(self.image_size)).bit_length() - 1

    @property
    def latent_slices(self) -> list[tuple[int, int]]:
        """Where the parts of the noise begin and end: that of the beginning, which has the rest, then of each block."""
        size = self.latent_dim // (self.doublings + 1) if self.hierarchical_latent else 0
        first = self.latent_dim - size * self.doublings
        parts = range(self.doublings) if size else ()
        return [(0, first), *((first + part * size, first + (part + 1) * size) for part in parts)]


@dataclasses.dataclass(frozen=True)
class ImprovedGANConfig(ImageGenerationConfig):
    """Semi-supervised classification; the defaults are the authors' for digits (train_mnist_feature_matching.py)."""

    network: str = setting(
        CLASSIFYING,
        "of both players; weight_normalized: the authors' for digits; the others as everywhere",
        choices=NETWORKS,
    )
    image_size: int = setting(28, "pixels", minimum=8)
    batch_size: int = setting(100, "images with labels, and as many without, per discriminator turn", minimum=2)
    epochs: int = setting(300, "passes over the images without labels", minimum=1, ends_run=True)
    learning_rate: float = setting(3e-3, "the optimizers' step size", minimum=0.0, maximum=100.0)
    latent_distribution: str = setting("uniform_unit_cube", "of the noise", choices=LATENT_DISTRIBUTIONS)
    generator_width: int = setting(500, "width of the generator's layers: see the network", minimum=1)
    discriminator_width: int = setting(1000, "width of the discriminator's layers: see the network", minimum=1)
    discriminator_normalization: str = setting("none", "in the discriminator", choices=("batch", "layer", "none"))
    discriminator_loss_factor: float = setting(0.5, "of the loss on images without labels", minimum=0.0)
    feature_matching: bool = setting(
        True, "whether the generator's loss is that its images have the discriminator's features of real ones; 3.1"
    )
    noise: float = setting(
        0.5,
        "standard deviation of the noise on the hidden layers of weight_normalized; on the image 1.2 times it, as the "
        "authors' 0.3 of pixels in [0, 1]",
        minimum=0.0,
    )
    labels: int = setting(100, "images whose class is known, as many of each class; 0: all", minimum=0)
    unlabeled_weight: float = setting(
        1.0, "of the loss on real and generated images without labels; 0: supervised only", minimum=0.0
    )

    classifies = True

    def __post_init__(self):
        super().__post_init__()
        if self.conditioning != "none":
            raise ConfigError(f"conditioning must be none: the classes are predicted. Received: {self.conditioning}")
        if self.network == CLASSIFYING:
            others = {
                "generator_normalization": "batch",
                "discriminator_normalization": "none",
                "spectral_normalization": False,
                "hidden_units": 0,
            }
            require(self, others, f"network={CLASSIFYING}")


@dataclasses.dataclass(frozen=True)
class ACGANConfig(ImageGenerationConfig):
    """With an auxiliary classifier in the discriminator, which is not conditioned on the class."""

    conditioning: str = setting(
        "concatenation",
        "how the generator is conditioned on the class; section 3; projection: conditional batch normalization",
        choices=("concatenation", "projection"),
    )
    class_weight: float = setting(1.0, "weight of the classification losses; section 3", minimum=0.0)

    matches_features = False

    @property
    def discriminator_conditioning(self) -> str:
        """None: the discriminator predicts the class."""
        return "none"

    @property
    def heads(self) -> dict[str, int]:
        """The auxiliary classifier."""
        return {"class_logits": self.classes}


@dataclasses.dataclass(frozen=True)
class AttributeFontConfig(ACGANConfig):
    """Characters of a class, with attributes that are numbers, which the discriminator predicts, too; the constants are
    this project's where no other source is named.
    """

    latent_dim: int = setting(32, "size of the noise beside the attributes: what else fonts differ in", minimum=1)
    attribute_weight: float = setting(
        10.0, "weight of the squared error of the attributes, in both players' losses; 0: none", minimum=0.0
    )

    def __post_init__(self):
        super().__post_init__()
        if self.flip:
            raise ConfigError("flip must be false: a mirrored character leans the other way. Received: True")

    @property
    def latent_parts(self) -> dict[str, int]:
        """Noise, and attributes that are uniform in [-1, 1]."""
        return super().latent_parts | {"attributes": len(ATTRIBUTES)}

    @property
    def heads(self) -> dict[str, int]:
        """The auxiliary classifier, and the predicted attributes."""
        return super().heads | {"attributes": len(ATTRIBUTES)}


@dataclasses.dataclass(frozen=True)
class InfoGANConfig(ImageGenerationConfig):
    """With latent codes that can be predicted from the images."""

    latent_dim: int = setting(62, "size of the noise beside the codes; appendix C.1", minimum=1)
    categories: int = setting(10, "values of the categorical code; 0: no such code; appendix C.1", minimum=0)
    continuous_codes: int = setting(2, "codes uniform in [-1, 1]; appendix C.1", minimum=0)
    information_weight: float = setting(
        1.0, "weight of the mutual information with the categorical code, lambda; section 7", minimum=0.0
    )
    continuous_weight: float = setting(
        0.1,
        "weight of the mutual information with the continuous codes; section 5: smaller; this project's value",
        minimum=0.0,
    )
    code_units: int = setting(128, "of the hidden layer before the codes' predictions; appendix C.1", minimum=1)

    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        if self.conditioning != "none":
            raise ConfigError(f"conditioning must be none: InfoGAN uses no labels. Received: {self.conditioning}")
        if not self.categories and not self.continuous_codes:
            raise ConfigError("categories and continuous_codes must not both be 0. Received: 0 and 0")

    @property
    def latent_parts(self) -> dict[str, int]:
        """Noise, one-hot categorical code, continuous codes."""
        return super().latent_parts | {"category": self.categories, "codes": self.continuous_codes}

    @property
    def heads(self) -> dict[str, int]:
        """The recognition network Q: the category's logits and the continuous codes' means, if there are any."""
        sizes = {"category_logits": self.categories, "continuous_means": self.continuous_codes}
        return {name: size for name, size in sizes.items() if size}


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
