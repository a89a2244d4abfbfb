"""The presets of image to image: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (CVPR
2017).

"Authors' code" is phillipi/pix2pix and its authors' own port, junyanz/pytorch-CycleGAN-and-pix2pix.
"""

import dataclasses

from models.presets.adversarial import AdversarialConfig
from models.presets.config import ConfigError, Preset, setting

PAPER = "Isola et al., CVPR 2017"
# Side in pixels of what one number of the discriminator's output sees, and its strided convolutions (authors' code).
STRIDED_CONVOLUTIONS = {1: 0, 16: 1, 70: 3, 286: 5}


@dataclasses.dataclass(frozen=True)
class Pix2PixConfig(AdversarialConfig):
    """Translation learned from pairs; the defaults are the authors' for facades."""

    batch_size: int = setting(1, "pairs a step, over all devices; section 3.3 and appendix 6.2", minimum=1)
    image_size: int = setting(256, "pixels, a power of two; appendix 6.1", minimum=8)
    epochs: int = setting(
        200, "passes over the training pairs; `steps` goes before it; appendix 6.2", minimum=1, ends_run=True
    )
    learning_rate: float = setting(2e-4, "Adam's step size; section 3.3", minimum=0.0, maximum=100.0)
    direction: str = setting("AtoB", "which side of a pair is the input", choices=("AtoB", "BtoA"))
    l1_weight: float = setting(100.0, "weight of the L1 loss, lambda; section 3.3", minimum=0.0)
    adversarial_weight: float = setting(1.0, "weight of the generator's adversarial loss; 0: L1 alone", minimum=0.0)
    conditional: bool = setting(True, "whether the discriminator sees the input too; section 3.1")
    skips: bool = setting(True, "whether the generator is a U-Net; else an encoder-decoder; section 3.2.1")
    dropout: float = setting(
        0.5, "of the first three layers of the decoder, at test time too; section 3.1", minimum=0.0, maximum=0.95
    )
    generator_width: int = setting(64, "channels after the generator's first layer; appendix 6.1.1", minimum=1)
    discriminator_width: int = setting(64, "channels after the discriminator's first layer; appendix 6.1.2", minimum=1)
    receptive_field: int = setting(
        70, "pixels that a number of the discriminator sees; section 4.4", choices=tuple(STRIDED_CONVOLUTIONS)
    )

    def __post_init__(self):
        super().__post_init__()
        if self.image_size & (self.image_size - 1):
            raise ConfigError(f"image_size must be a power of two. Received: {self.image_size}")
        if not self.l1_weight and not self.adversarial_weight:
            raise ConfigError("l1_weight and adversarial_weight must not both be 0. Received: 0 and 0")


# What makes the paper's experiment short enough for the embedded birds on two cores: found by measuring.
BIRDS = {
    "image_size": 64,
    "batch_size": 8,
    "epochs": 8,
    "generator_width": 16,
    "discriminator_width": 16,
    "receptive_field": 16,
}


def pix2pix(summary: str, source: str, **changes) -> Preset:
    """A preset of pix2pix: the paper's ablations differ in a constant or two."""
    return Preset(
        model="models.pix2pix.Pix2Pix",
        task="tasks.image_to_image.ImageToImageTask",
        config=Pix2PixConfig(**changes),
        summary=summary,
        source=f"{PAPER}, {source}",
        needs=frozenset({"pairs"}),
        default_dataset="birds_parts",
        per_dataset={"birds_parts": BIRDS, "birds_edges": BIRDS},
    )


PRESETS = {
    "pix2pix": pix2pix("image to image from pairs, L1 + cGAN", "sections 3.1 to 3.3"),
    "pix2pix_l1": pix2pix("L1 alone", "section 4.2", adversarial_weight=0.0),
    "pix2pix_gan": pix2pix(
        "GAN alone: the discriminator sees no input", "section 4.2", l1_weight=0.0, conditional=False
    ),
    "pix2pix_cgan": pix2pix("cGAN alone", "section 4.2", l1_weight=0.0),
    "pix2pix_l1_gan": pix2pix("L1 + GAN", "section 4.2", conditional=False),
}
