"""The settings of image to image.

pix2pix: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (CVPR 2017). CycleGAN: Zhu et
al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (ICCV 2017). PixelDT: Yoo et
al., "Pixel-Level Domain Transfer" (ECCV 2016); "public code" is fxia22/PixelDTGAN. Sections are these papers';
"authors' code" is phillipi/pix2pix, junyanz/CycleGAN and their common port,
junyanz/pytorch-CycleGAN-and-pix2pix.
"""

import dataclasses
import math

from models.core.adversarial_config import LOSSES, UPSAMPLINGS, AdversarialConfig
from models.core.config import OPTIMIZERS, ConfigError, setting

# What --direction accepts.
DIRECTIONS = ("AtoB", "BtoA")

# The PatchGAN's receptive field in pixels, and the strided convolutions that it takes (authors' code).
STRIDED_CONVOLUTIONS = {1: 0, 16: 1, 70: 3, 286: 5}

# pix2pix: what the sides of rectangles must be multiples of, so that the U-Net halves them four times or more.
LEAST_MULTIPLE = 16

CHANNELS = "channels of the images of {}; 0: as the data has them, 1 where every file is gray, else 3"


class Sided:
    """What a configuration knows of sides A and B."""

    def side_channels(self, side: str) -> int:
        """Of the images of a side: 1 or 3, the published number where neither the user nor the data says another."""
        return {"A": self.channels_a, "B": self.channels_b}[side] or 3

    def channels_of(self, direction: str) -> tuple[int, int]:
        """Of the images that are translated in a direction, and of their translations."""
        return self.side_channels(direction[0]), self.side_channels(direction[-1])


@dataclasses.dataclass(frozen=True)
class TranslationConfig(Sided, AdversarialConfig):
    """What pix2pix and CycleGAN have in common."""

    batch_size: int = setting(1, "images of each domain per step, over all devices; both papers", minimum=1)
    image_size: int = setting(256, "pixels; both papers", minimum=8)
    image_height: int = setting(0, "pixels, of rectangles; 0: image_size", minimum=0)
    image_width: int = setting(0, "pixels, of rectangles; 0: image_size", minimum=0)
    channels_a: int = setting(0, CHANNELS.format("A"), choices=(0, 1, 3))
    channels_b: int = setting(0, CHANNELS.format("B"), choices=(0, 1, 3))
    epochs: int = setting(
        200, "passes over the training images; `steps` takes precedence; both papers", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; both papers", minimum=0.0, maximum=100.0)
    generator_width: int = setting(64, "channels after the generator's first layer; both papers' appendix", minimum=1)
    discriminator_width: int = setting(
        64, "channels after the discriminator's first layer; both papers' appendix", minimum=1
    )
    receptive_field: int = setting(
        70, "of the discriminator, in pixels; pix2pix, 4.4", choices=tuple(STRIDED_CONVOLUTIONS)
    )
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; both papers' appendix; resize: Odena et al. 2016, no checkerboards",
        choices=UPSAMPLINGS,
    )
    flip: bool = setting(
        True,
        "whether training images are mirrored with probability 1/2, both of a pair or none; pix2pix, appendix 6.2, and "
        "both authors' code, flip",
    )

    def __post_init__(self):
        super().__post_init__()
        # After the halvings follow two convolutions of 4 pixels, each of which shrinks the map by one.
        least = 3 * 2 ** STRIDED_CONVOLUTIONS[self.receptive_field]
        if min(self.sides) < least:
            raise self.wrong_sides(f"at least {least} for receptive_field={self.receptive_field}")

    @property
    def sides(self) -> tuple[int, int]:
        """Those of a rectangle where they are given."""
        return self.image_height or self.image_size, self.image_width or self.image_size

    def wrong_sides(self, accepted: str) -> ConfigError:
        """What to raise of sides that are not accepted."""
        if self.image_height or self.image_width:
            height, width = self.sides
            return ConfigError(f"image_height and image_width must be {accepted}. Received: {height} and {width}")
        return ConfigError(f"image_size must be {accepted}. Received: {self.image_size}")


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(TranslationConfig):
    """Translation learned from pairs; the defaults are the authors' for facades."""

    direction: str = setting("AtoB", "which side of a pair is the input", choices=DIRECTIONS)
    l1_weight: float = setting(100.0, "weight of the L1 loss, lambda; section 3.3", minimum=0.0)
    adversarial_weight: float = setting(1.0, "weight of the generator's adversarial loss; 0: L1 alone", minimum=0.0)
    conditional: bool = setting(True, "whether the discriminator is conditioned on the input; section 3.1")
    skips: bool = setting(True, "whether the generator is a U-Net; else an encoder-decoder; section 3.2.1")
    dropout: float = setting(
        0.5, "of the decoder's first three layers, also at test time; section 3.1", minimum=0.0, maximum=0.95
    )

    def __post_init__(self):
        super().__post_init__()
        height, width = self.sides
        if height == width and self.side_multiple != height:
            raise self.wrong_sides("a power of two")
        if self.side_multiple < LEAST_MULTIPLE and height != width:
            raise self.wrong_sides(
                f"multiples of {LEAST_MULTIPLE}, as the U-Net halves them (a square's: powers of two, as published)"
            )
        if not self.l1_weight and not self.adversarial_weight:
            raise ConfigError("l1_weight and adversarial_weight must not both be 0. Received: 0 and 0")

    @property
    def side_multiple(self) -> int:
        """Pixels to one of the U-Net's smallest map, which is a square's one pixel: as often as both sides are even."""
        height, width = self.sides
        return math.gcd(height, width) & -math.gcd(height, width)

    def notes(self, images):
        """Also how deep the U-Net of a rectangle is."""
        (height, width), multiple = self.sides, self.side_multiple
        if height == width:
            return super().notes(images)
        return [
            *super().notes(images),
            f"The U-Net halves {height} x {width} pixels {multiple.bit_length() - 1} times, to {height // multiple} x "
            f"{width // multiple} (as published 256 x 256, 8 times, to 1 x 1).",
        ]


@dataclasses.dataclass(frozen=True)
class CycleGANConfig(TranslationConfig):
    """Translation in both directions, learned without pairs; the defaults are the authors'."""

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
    pool_size: int = setting(50, "generated images in each history pool; 0: no pool; section 4", minimum=0)
    constant_epochs: int = setting(100, "epochs at the full learning rate; section 4", minimum=0)
    decay_epochs: int = setting(
        100, "epochs after them, over which the learning rate falls linearly to 0; 0: never; section 4", minimum=0
    )
    epochwise_decay: bool = setting(
        True, "whether the learning rate falls once an epoch, and is constant within it; authors' code; else every step"
    )

    def __post_init__(self):
        super().__post_init__()
        # After two halvings there must be at least two pixels, for the reflection padding.
        if any(side % 8 for side in self.sides):
            raise self.wrong_sides("a multiple of 8")
        if self.learning_rate_halving_epochs:
            raise ConfigError(
                "learning_rate_halving_epochs must be 0: constant_epochs and decay_epochs are the schedule here. "
                f"Received: {self.learning_rate_halving_epochs}"
            )

    def decay_end(self, images: int) -> int:
        """After the constant and the decaying epochs."""
        if not self.decay_epochs:
            return 0
        return (self.constant_epochs + self.decay_epochs) * self.steps_per_epoch(images)


@dataclasses.dataclass(frozen=True)
class PixelDTConfig(Sided, AdversarialConfig):
    """An object in a scene to a picture of the object alone; the defaults are the paper's where they are known."""

    batch_size: int = setting(128, "pairs per step, over all devices; section 6", minimum=2)
    image_size: int = setting(64, "pixels, a power of two; section 4", minimum=16)
    channels_a: int = setting(0, CHANNELS.format("A"), choices=(0, 1, 3))
    channels_b: int = setting(0, CHANNELS.format("B"), choices=(0, 1, 3))
    epochs: int = setting(
        25, "passes over the training pairs; `steps` takes precedence; public code", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "the optimizers' step size; section 6", minimum=0.0, maximum=100.0)
    direction: str = setting("AtoB", "which side of a pair is the scene", choices=DIRECTIONS)
    optimizer: str = setting(
        "adam",
        "gradient descent method; this project's, after DCGAN (in the public code no rate reaches the optimizer)",
        choices=OPTIMIZERS,
    )
    upsampling: str = setting(
        "transposed",
        "how the generator doubles the side; public code; resize: Odena et al. 2016, no checkerboards",
        choices=UPSAMPLINGS,
    )
    flip: bool = setting(
        True, "whether inputs are mirrored with probability 1/2; this project's, for few pairs (public code: no)"
    )
    domain_weight: float = setting(
        1.0, "weight of the domain discriminator; 0: no such discriminator; 4.3", minimum=0.0
    )
    code_dim: int = setting(64, "size of the code between encoder and decoder; 0: the 4x4 map; section 4.1", minimum=0)
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
