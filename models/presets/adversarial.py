"""What the configurations of all adversarial models share: the loss, what is added to it, the averaged generator."""

import dataclasses

from models.presets.config import ConfigError, TrainingConfig, setting

# What `adversarial` accepts.
LOSSES = ("non_saturating", "least_squares", "hinge", "wasserstein")
# Those whose target for a real image can be moved away from 1.
SMOOTHABLE = ("non_saturating", "least_squares")


@dataclasses.dataclass(frozen=True)
class AdversarialConfig(TrainingConfig):
    """A generator and a discriminator; the defaults are Goodfellow et al.'s and DCGAN's."""

    beta_1: float = setting(
        0.5, "Adam's first decay rate; Radford et al. 2016 (DCGAN), section 4", minimum=0.0, maximum=1.0
    )
    adversarial: str = setting(
        "non_saturating",
        "adversarial loss; Goodfellow et al. 2014, section 3",
        choices=LOSSES,
    )
    label_smoothing: float = setting(
        0.0, "taken off the real target; Salimans et al. 2016, 3.4: 0.1", minimum=0.0, maximum=0.5
    )
    gradient_penalty_weight: float = setting(
        0.0, "weight of the gradient penalty; Gulrajani et al. 2017: 10", minimum=0.0
    )
    discriminator_normalization: str = setting(
        "batch", "in the discriminator; a gradient penalty wants layer or none", choices=("batch", "layer", "none")
    )
    average_decay: float = setting(
        0.0, "a step's decay of the generator's moving average; 0: no average", minimum=0.0, maximum=0.99999
    )

    def __post_init__(self):
        super().__post_init__()
        if self.label_smoothing and self.adversarial not in SMOOTHABLE:
            raise ConfigError(
                f"label_smoothing goes with adversarial={' or '.join(SMOOTHABLE)}. "
                f"Received: adversarial={self.adversarial}"
            )
        if self.gradient_penalty_weight and self.discriminator_normalization == "batch":
            raise ConfigError(
                "gradient_penalty_weight needs discriminator_normalization=layer or none (the penalty is per example, "
                "Gulrajani et al. 2017, section 4). Received: batch"
            )
