"""What the configurations of all adversarial models share: the loss, what is added to it, the averaged generator."""

import dataclasses

from models.core.config import ConfigError, TrainingConfig, setting

# What `adversarial` accepts.
LOSSES = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein")
# Those whose target for a real image can be moved away from 1.
SMOOTHABLE = ("minimax", "non_saturating", "least_squares")
# What `penalty` accepts.
PENALTIES = ("none", "gradient", "one_sided_gradient", "r1", "r2")
# What `augmentation` may name, Zhao et al. 2020, section 3.2.
AUGMENTATIONS = ("color", "translation", "cutout")


def smallest_side(image_size: int) -> int:
    """Side of a network's smallest feature map: `image_size` halved until it is 4, 5, 6 or 7.

    Raises:
        ConfigError: halving does not lead there.
    """
    side = image_size
    while side >= 8 and side % 2 == 0:
        side //= 2
    if image_size < 8 or not 4 <= side <= 7:
        raise ConfigError(
            "image_size must be 4, 5, 6 or 7 times a power of two: 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, ... "
            f"Received: {image_size}"
        )
    return side


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
    penalty: str = setting(
        "none",
        "on the discriminator's gradient; gradient: Gulrajani et al. 2017, equation 3; one_sided_gradient: Petzka et "
        "al. 2018; r1, r2: Mescheder et al. 2018",
        choices=PENALTIES,
    )
    penalty_weight: float = setting(
        10.0, "weight of the penalty, if there is one; Gulrajani et al. 2017, Mescheder et al. 2018", minimum=0.0
    )
    discriminator_learning_rate: float = setting(
        0.0, "the discriminator's own step size (Heusel et al. 2017); 0: learning_rate", minimum=0.0, maximum=100.0
    )
    instance_noise: float = setting(
        0.0, "standard deviation of noise on all that the discriminator sees; Sonderby et al. 2017", minimum=0.0
    )
    instance_noise_steps: int = setting(
        0, "steps within which the instance noise falls to 0 in a line; 0: it stays", minimum=0
    )
    augmentation: str = setting(
        "", f"of all that the discriminator sees, of {','.join(AUGMENTATIONS)}; Zhao et al. 2020 (DiffAugment)"
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
        if self.penalty != "none" and self.discriminator_normalization == "batch":
            raise ConfigError(
                "penalty needs discriminator_normalization=layer or none (it is of each example alone, Gulrajani et "
                f"al. 2017, section 4). Received: penalty={self.penalty} and batch"
            )
        unknown = [name for name in self.augmentations if name not in AUGMENTATIONS]
        if unknown:
            raise ConfigError(f"augmentation must be some of {','.join(AUGMENTATIONS)}. Received: {','.join(unknown)}")

    @property
    def augmentations(self) -> tuple[str, ...]:
        """What `augmentation` names."""
        return tuple(name for name in self.augmentation.split(",") if name)

    @property
    def remapping(self) -> bool:
        """Not with a penalty: TensorFlow's remapper does not support its second derivatives.

        It prints an error and leaves the graph as it was; without it a step takes as long, measured.
        """
        return self.penalty == "none"
