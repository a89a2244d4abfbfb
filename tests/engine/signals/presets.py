"""What is registered of the signals: the preset and the dataset. Imports no TensorFlow, as a registry must not."""

import dataclasses

from models.core.config import ConfigError, setting
from models.core.preset import Preset
from models.generation.configs import GenerationConfig
from pipelines.registry import Dataset


@dataclasses.dataclass(frozen=True)
class SignalConfig(GenerationConfig):
    """Signals from noise."""

    length: int = setting(0, "samples of a signal; from the data", minimum=0)
    latent_dim: int = setting(8, "size of the noise", minimum=1)
    generator_width: int = setting(16, "channels of the generator's convolutions", minimum=1)
    discriminator_width: int = setting(16, "channels of the discriminator's convolutions", minimum=1)
    discriminator_normalization: str = setting("none", "in the discriminator", choices=("none",))

    def __post_init__(self):
        super().__post_init__()
        if self.length % 4:
            raise ConfigError(f"length must be a multiple of 4. Received: {self.length}")


PRESETS = {
    "signal_gan": Preset(
        model="tests.engine.signals.family.SignalGAN",
        parts="tests.engine.signals.family.SignalParts",
        config=SignalConfig(),
        summary="signals of one dimension, from noise",
        source="this test",
        needs=frozenset({"signals"}),
        evaluators=("tests.engine.signals.family.Frequencies",),
        default_dataset="sines",
        per_dataset={"sines": {"batch_size": 8}},
        samples_from="noise",
    )
}
DATASETS = {
    "sines": Dataset("tests.engine.signals.family.load", frozenset({"signals"}), "sine waves of two frequencies"),
}
