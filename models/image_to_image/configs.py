"""What can be set of image to image.

pix2pix: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (CVPR 2017). CycleGAN: Zhu et
al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (ICCV 2017). PixelDT: Yoo et
al., "Pixel-Level Domain Transfer" (ECCV 2016); "public code" is fxia22/PixelDTGAN. Sections are these papers';
"authors' code" is phillipi/pix2pix, junyanz/CycleGAN and their common port,
junyanz/pytorch-CycleGAN-and-pix2pix.
"""

import dataclasses

from models.core.adversarial_config import LOSSES, AdversarialConfig
from models.core.config import ConfigError, setting

# What --direction accepts.
DIRECTIONS = ("AtoB", "BtoA")


# Side in pixels of what one number of the discriminator's output sees, and its strided convolutions (authors' code).
STRIDED_CONVOLUTIONS = {1: 0, 16: 1, 70: 3, 286: 5}


@dataclasses.dataclass(frozen=True)
class TranslationConfig(AdversarialConfig):
    """What pix2pix and CycleGAN have in common."""

    batch_size: int = setting(1, "images of each side a step, over all devices; both papers", minimum=1)
    image_size: int = setting(256, "pixels; both papers", minimum=8)
    epochs: int = setting(
        200, "passes over the training images; `steps` goes before it; both papers", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; both papers", minimum=0.0, maximum=100.0)
    generator_width: int = setting(64, "channels after the generator's first layer; both papers' appendix", minimum=1)
    discriminator_width: int = setting(
        64, "channels after the discriminator's first layer; both papers' appendix", minimum=1
    )
    receptive_field: int = setting(
        70, "pixels that a number of the discriminator sees; pix2pix, 4.4", choices=tuple(STRIDED_CONVOLUTIONS)
    )
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; both papers' appendix; resize: Odena et al. 2016, no checkerboard",
        choices=("transposed", "resize"),
    )

    def __post_init__(self):
        super().__post_init__()
        # Two more convolutions of 4 pixels follow the halvings, each of which takes a pixel off.
        least = 3 * 2 ** STRIDED_CONVOLUTIONS[self.receptive_field]
        if self.image_size < least:
            raise ConfigError(
                f"image_size must be at least {least} for receptive_field={self.receptive_field}. "
                f"Received: {self.image_size}"
            )


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(TranslationConfig):
    """Translation learned from pairs; the defaults are the authors' for facades."""

    direction: str = setting("AtoB", "which side of a pair is the input", choices=DIRECTIONS)
    l1_weight: float = setting(100.0, "weight of the L1 loss, lambda; section 3.3", minimum=0.0)
    adversarial_weight: float = setting(1.0, "weight of the generator's adversarial loss; 0: L1 alone", minimum=0.0)
    conditional: bool = setting(True, "whether the discriminator sees the input too; section 3.1")
    skips: bool = setting(True, "whether the generator is a U-Net; else an encoder-decoder; section 3.2.1")
    dropout: float = setting(
        0.5, "of the first three layers of the decoder, at test time too; section 3.1", minimum=0.0, maximum=0.95
    )

    def __post_init__(self):
        super().__post_init__()
        if self.image_size & (self.image_size - 1):
            raise ConfigError(f"image_size must be a power of two. Received: {self.image_size}")
        if not self.l1_weight and not self.adversarial_weight:
            raise ConfigError("l1_weight and adversarial_weight must not both be 0. Received: 0 and 0")


@dataclasses.dataclass(frozen=True)
class CycleGANConfig(TranslationConfig):
    """Translation both ways, learned without pairs; the defaults are the authors'."""

    adversarial: str = setting(
        "least_squares",
        "adversarial loss; section 4",
        choices=LOSSES,
    )
    discriminator_normalization: str = setting(
        "instance", "in the discriminators; appendix 7.2", choices=("instance", "layer", "none")
    )
    cycle_weight: float = setting(10.0, "weight of the cycle loss, lambda; section 4", minimum=0.0)
    identity_weight: float = setting(
        0.0, "weight of the identity loss; section 5.2: half of lambda for paintings to photographs", minimum=0.0
    )
    blocks: int = setting(9, "residual blocks of a generator; appendix 7.2: 6 for 128 pixels", minimum=0)
    pool_size: int = setting(50, "generated images kept for the discriminators; 0: none; section 4", minimum=0)
    constant_epochs: int = setting(100, "epochs at the full learning rate; section 4", minimum=0)
    decay_epochs: int = setting(
        100, "epochs after them, in which the learning rate falls to 0 in a line; 0: never; section 4", minimum=0
    )

    def __post_init__(self):
        super().__post_init__()
        # Two halvings, and then there must be something to reflect.
        if self.image_size % 8:
            raise ConfigError(f"image_size must be a multiple of 8. Received: {self.image_size}")
        if self.learning_rate_halving_epochs:
            raise ConfigError(
                "learning_rate_halving_epochs must be 0: constant_epochs and decay_epochs say how it falls. "
                f"Received: {self.learning_rate_halving_epochs}"
            )


@dataclasses.dataclass(frozen=True)
class PixelDTConfig(AdversarialConfig):
    """A thing in a scene to the picture of the thing; the defaults are the paper's, as far as they are known here."""

    batch_size: int = setting(128, "pairs a step, over all devices; section 6", minimum=2)
    image_size: int = setting(64, "pixels, a power of two; section 4", minimum=16)
    epochs: int = setting(
        25, "passes over the training pairs; `steps` goes before it; public code", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "the optimizers' step size; section 6", minimum=0.0, maximum=100.0)
    direction: str = setting("AtoB", "which side of a pair is the scene", choices=DIRECTIONS)
    optimizer: str = setting(
        "adam",
        "gradient descent method; this project's choice, after DCGAN (public code: sgd or adam)",
        choices=("adam", "rmsprop", "sgd"),
    )
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; public code; resize: Odena et al. 2016, no checkerboard",
        choices=("transposed", "resize"),
    )
    domain_weight: float = setting(1.0, "weight of the domain discriminator; 0: there is none; 4.3", minimum=0.0)
    code_dim: int = setting(64, "numbers between encoder and decoder; 0: the 4x4 map; section 4.1", minimum=0)
    generator_width: int = setting(
        128, "channels after the converter's first layer; section 4.1 (public code: 96)", minimum=1
    )
    discriminator_width: int = setting(
        128, "channels after a discriminator's first layer; section 4.2 (public code: 96)", minimum=1
    )

    def __post_init__(self):
        super().__post_init__()
        if self.image_size & (self.image_size - 1):
            raise ConfigError(f"image_size must be a power of two. Received: {self.image_size}")
