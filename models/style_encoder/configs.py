"""The settings of a style encoder (Reed et al., ICML 2016, section 4.4)."""

import dataclasses
import json
from collections.abc import Mapping

from models.core.adversarial_config import smallest_side
from models.core.config import TrainingConfig, setting
from models.text_to_image.presets import PRESETS as TEXT_TO_IMAGE

# Presets whose generators can be inverted: those of embeddings of whole captions.
INVERTIBLE = tuple(name for name, preset in TEXT_TO_IMAGE.items() if not preset.config.word_attention)


@dataclasses.dataclass(frozen=True)
class StyleEncoderConfig(TrainingConfig):
    """A network that reads the noise off the images of a trained text-to-image generator.

    The paper has no constants of its own for it: those here are the ones of its other trainings.
    """

    batch_size: int = setting(64, "examples per step, over all devices; section 5", minimum=2)
    image_size: int = setting(0, "pixels; 0: the generator's", minimum=0)
    steps: int = setting(10_000, "training steps; the paper names none", minimum=0, ends_run=True)
    beta_1: float = setting(0.5, "Adam's first decay rate; section 5", minimum=0.0, maximum=1.0)
    text_to_image: str = setting(
        "gan_cls",
        f"whose generator is inverted: {', '.join(INVERTIBLE)} (the run beside this one), or a run folder",
        path_or=tuple(TEXT_TO_IMAGE),
    )
    generator: str = setting("", "model and configuration of that run, in JSON; from the data")
    latent_dim: int = setting(0, "size of a style, the generator's latent input; 0: from the generator", minimum=0)
    captions_per_image: int = setting(
        0, "captions drawn and averaged; 0: as many as the generator was trained with", minimum=0
    )
    discriminator_width: int = setting(
        64, "channels of the first stage, as of the discriminator: Torch code, ndf", minimum=1
    )
    discriminator_normalization: str = setting(
        "batch", "as in the discriminator: Torch code", choices=("batch", "layer", "none")
    )

    @classmethod
    def with_newer_settings(cls, recorded):
        """With those of the generator, too."""
        config = super().with_newer_settings(recorded)
        if config["generator"]:
            of_generator = json.loads(config["generator"])
            model, settings = of_generator["model"], of_generator["config"]
            config["generator"] = described(model, type(TEXT_TO_IMAGE[model].config).with_newer_settings(settings))
        return config

    def __post_init__(self):
        super().__post_init__()
        if self.image_size:
            smallest_side(self.image_size)

    @property
    def input_dim(self) -> int:
        """Size of the generator's latent input."""
        return self.latent_dim


def described(model: str, config: Mapping[str, object]) -> str:
    """The setting `generator`: which text-to-image model, and its configuration as a run's record holds it."""
    return json.dumps({"model": model, "config": config}, sort_keys=True)
