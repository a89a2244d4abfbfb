"""The settings of super-resolution.

SRGAN and SRResNet: Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network"
(CVPR 2017); sections are this paper's.
"""

import dataclasses

from models.core.adversarial_config import AdversarialConfig
from models.core.config import ConfigError, TrainingConfig, setting

FACTORS = (2, 4)
# How often the discriminator halves the sides of a crop.
HALVINGS = 4
# The preset whose generator SRGAN begins with, and what stands for none.
SRRESNET, FROM_SCRATCH = "srresnet", "none"


@dataclasses.dataclass(frozen=True)
class UpscalingConfig(TrainingConfig):
    """A network that enlarges photographs; the defaults are the paper's."""

    batch_size: int = setting(16, "crops per step, over all devices; section 3.2", minimum=2)
    image_size: int = setting(96, "pixels, of the crops of photographs; section 3.2", minimum=16)
    steps: int = setting(1_000_000, "training steps; section 3.2: 10^6 of SRResNet", minimum=0, ends_run=True)
    learning_rate: float = setting(1e-4, "Adam's step size; section 3.2", minimum=0.0, maximum=100.0)
    learning_rate_drop_step: int = setting(
        0, "the step from which the learning rate is a tenth; 0: never; section 3.2: 100,000 of SRGAN", minimum=0
    )
    factor: int = setting(4, "by which the sides are enlarged; section 3.2", choices=FACTORS)
    generator_width: int = setting(64, "channels of the generator; section 2.1 and figure 4", minimum=1)
    blocks: int = setting(16, "residual blocks of the generator; section 2.1", minimum=0)
    generator_normalization: str = setting(
        "batch", "in the generator; section 2.1; none: Lim et al. 2017 (EDSR), section 3.1", choices=("batch", "none")
    )
    adds_to_bicubic: bool = setting(
        False,
        "whether the network makes what is missing in the bicubic enlargement, not the whole picture; Kim et al. 2016 "
        "(VDSR), section 3.1: learns faster",
    )
    flip: bool = setting(
        True, "whether crops are mirrored with probability 1/2; this project's, as the paper names no augmentation"
    )
    average_decay: float = setting(
        0.0, "decay per step of the generator's moving average; 0: no average", minimum=0.0, maximum=0.99999
    )

    def __post_init__(self):
        super().__post_init__()
        if self.image_size % self.factor:
            raise ConfigError(f"image_size must be a multiple of factor={self.factor}. Received: {self.image_size}")


# What must be the same in two runs, one of which begins with the generator of the other.
OF_GENERATOR = ("factor", "generator_width", "blocks", "generator_normalization", "adds_to_bicubic")


@dataclasses.dataclass(frozen=True)
class SRResNetConfig(UpscalingConfig):
    """The generator alone, which minimizes the squared error of pixels."""


@dataclasses.dataclass(frozen=True)
class SRGANConfig(UpscalingConfig, AdversarialConfig):
    """The generator against a discriminator, with a perceptual loss."""

    steps: int = setting(200_000, "training steps; section 3.2: 2 x 10^5", minimum=0, ends_run=True)
    learning_rate_drop_step: int = setting(
        100_000, "the step from which the learning rate is a tenth; 0: never; section 3.2", minimum=0
    )
    beta_1: float = setting(0.9, "Adam's first decay rate; section 3.2", minimum=0.0, maximum=1.0)
    srresnet: str = setting(
        SRRESNET,
        "whose generator the training begins with: srresnet (the run beside this one), a run folder, or none; "
        "section 3.2",
        path_or=(SRRESNET, FROM_SCRATCH),
    )
    perceptual_network: str = setting(
        "",
        "the .keras file of the network of the content loss, images in [-1, 1]; VGG19 in section 2.2.1; none: the "
        "squared error of pixels, as SRGAN-MSE in section 3.3",
        path_or=("",),
    )
    perceptual_layers: str = setting(
        "",
        "of that network, separated by commas; default: block5_conv4 where there is one (VGG19: section 2.2.1, "
        "phi_5,4), else the last map of each size",
    )
    content_weight: float = setting(1.0, "weight of the content loss; equation 3", minimum=0.0)
    pixel_weight: float = setting(
        0.0, "weight of the squared error of pixels, beside a perceptual network; equation 3 has none", minimum=0.0
    )
    adversarial_weight: float = setting(1e-3, "weight of the adversarial loss; equation 3", minimum=0.0)
    discriminator_width: int = setting(
        64, "channels after the discriminator's first layer; section 2.1 and figure 4", minimum=1
    )
    discriminator_units: int = setting(1024, "of the discriminator's dense layer; figure 4", minimum=1)

    def __post_init__(self):
        super().__post_init__()
        if self.image_size % 2**HALVINGS:
            raise ConfigError(
                f"image_size must be a multiple of {2**HALVINGS}, as the discriminator halves it {HALVINGS} times. "
                f"Received: {self.image_size}"
            )
        if not self.content_weight and not self.pixel_weight and not self.adversarial_weight:
            raise ConfigError(
                "content_weight, pixel_weight and adversarial_weight must not all be 0. Received: 0, 0 and 0"
            )
        if not self.perceptual_network and (self.pixel_weight or self.perceptual_layers):
            raise ConfigError(
                "pixel_weight and perceptual_layers go with a perceptual_network; without one the content loss is the "
                f"squared error of pixels. Received: pixel_weight={self.pixel_weight:g}, "
                f"perceptual_layers={self.perceptual_layers}"
            )
