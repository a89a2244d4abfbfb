"""The settings of GANs that know of classes, codes or attributes; sections are those of the papers in
`models.generation.presets`.
"""

import dataclasses

from models.core.adversarial_config import LOSSES, smallest_side
from models.core.config import ConfigError, setting
from models.generation.configs import CLASSIFYING, LATENT_DISTRIBUTIONS, NETWORKS, ImageGenerationConfig, require

# What a character is asked to have, in the order of `metrics.glyphs.measured`.
ATTRIBUTES = ("weight", "slant", "width")


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
