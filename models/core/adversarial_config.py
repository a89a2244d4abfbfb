"""What the configurations of all adversarial models share: the loss, its stabilizers, the averaged generator.

The lists of names here are the accepted ones; the tables of functions in `losses` and `models.core` have them as keys.
"""

import dataclasses

from models.core.config import ConfigError, TrainingConfig, setting

# What `adversarial` accepts.
LOSSES = (
    "minimax",
    "non_saturating",
    "least_squares",
    "hinge",
    "boundary_seeking",
    "energy",
    "wasserstein",
    "relativistic",
    "relativistic_average",
)
# Those that compare real with generated logits.
PAIRED_LOSSES = ("relativistic", "relativistic_average")
# That of energies, which only some discriminators have.
ENERGY_LOSS = "energy"
# Parameters of the losses: the fields of the configuration that set them.
LOSS_PARAMETERS = {
    "label_smoothing": ("minimax", "non_saturating", "least_squares"),
    "margin": ("hinge", "energy"),
}
# What `penalty` accepts beside "none".
PENALTIES = ("gradient", "one_sided_gradient", "r1", "r2", "r1_r2")
# What `augmentation` may name, in the order in which they are applied; Zhao et al. 2020, section 3.2.
AUGMENTATIONS = ("color", "translation", "cutout")
# What may normalize features, and how a generator may double the side of its maps; models offer some of them.
NORMALIZATIONS = ("batch", "instance", "layer", "none")
# By a reference batch, which goes through the whole network (`models.core.virtual`).
VIRTUAL = "virtual"
UPSAMPLINGS = ("transposed", "resize")


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
        0.0, "subtracted from the real target; Salimans et al. 2016, 3.4: 0.1", minimum=0.0, maximum=0.5
    )
    margin: float = setting(
        1.0, "of the hinge loss; Miyato et al. 2018, equation 16; of the energy loss: Zhao et al. 2017, 1", minimum=0.0
    )
    penalty: str = setting(
        "none",
        "on the discriminator's gradient; gradient: Gulrajani et al. 2017, equation 3; one_sided_gradient: Petzka et "
        "al. 2018; r1, r2: Mescheder et al. 2018; r1_r2, both: Huang et al. 2024 (R3GAN)",
        choices=("none", *PENALTIES),
    )
    penalty_weight: float = setting(
        10.0, "weight of the penalty, if any; Gulrajani et al. 2017, Mescheder et al. 2018", minimum=0.0
    )
    discriminator_learning_rate: float = setting(
        0.0, "the discriminator's own step size (Heusel et al. 2017); 0: learning_rate", minimum=0.0, maximum=100.0
    )
    instance_noise: float = setting(
        0.0, "standard deviation of the noise added to the discriminator's images; Sonderby et al. 2017", minimum=0.0
    )
    instance_noise_steps: int = setting(
        0, "steps over which the instance noise falls linearly to 0; 0: it is constant", minimum=0
    )
    augmentation: str = setting(
        "", f"of the discriminator's images: any of {','.join(AUGMENTATIONS)}; Zhao et al. 2020 (DiffAugment)"
    )
    discriminator_normalization: str = setting(
        "batch", "in the discriminator; a gradient penalty requires layer or none", choices=("batch", "layer", "none")
    )
    average_decay: float = setting(
        0.0, "decay per step of the generator's moving average; 0: no average", minimum=0.0, maximum=0.99999
    )

    # Whether the model's step has a generated image for each real one, as a paired loss needs.
    pairs_logits = False
    # Whether the discriminator's output is an energy, which is not negative, in the place of logits.
    has_energy = False

    def __post_init__(self):
        super().__post_init__()
        if (self.adversarial == ENERGY_LOSS) != self.has_energy:
            accepted = ENERGY_LOSS if self.has_energy else ", ".join(name for name in LOSSES if name != ENERGY_LOSS)
            output = "an energy" if self.has_energy else "logits"
            raise ConfigError(
                f"adversarial must be one of {accepted} here: this model's discriminator gives {output}. "
                f"Received: {self.adversarial}"
            )
        if self.adversarial in PAIRED_LOSSES and not self.pairs_logits:
            accepted = ", ".join(name for name in LOSSES if name not in (*PAIRED_LOSSES, ENERGY_LOSS))
            raise ConfigError(
                f"adversarial must be one of {accepted} here: this model's step does not pair real with generated "
                f"logits. Received: {self.adversarial}"
            )
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for parameter, losses in LOSS_PARAMETERS.items():
            if getattr(self, parameter) != defaults[parameter] and self.adversarial not in losses:
                raise ConfigError(
                    f"{parameter} goes with adversarial={' or '.join(losses)}. Received: adversarial={self.adversarial}"
                )
        if self.penalty != "none" and self.discriminator_normalization == "batch":
            raise ConfigError(
                "penalty requires discriminator_normalization=layer or none (it is defined for each example alone, "
                f"Gulrajani et al. 2017, section 4). Received: penalty={self.penalty} and batch"
            )
        if self.penalty != "none" and self.precision == "mixed_float16":
            raise ConfigError(
                "penalty requires precision=float32 or mixed_bfloat16: the gradients that it squares leave the range "
                f"of float16. Received: penalty={self.penalty} and mixed_float16"
            )
        unknown = [name for name in self.augmentations if name not in AUGMENTATIONS]
        if unknown:
            raise ConfigError(f"augmentation must be some of {','.join(AUGMENTATIONS)}. Received: {','.join(unknown)}")

    @property
    def loss_parameters(self) -> dict[str, float]:
        """The parameters of the adversarial loss, by name."""
        return {
            parameter: getattr(self, parameter)
            for parameter, losses in LOSS_PARAMETERS.items()
            if self.adversarial in losses
        }

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The names in `augmentation`."""
        return tuple(name for name in self.augmentation.split(",") if name)

    @property
    def remapping(self) -> bool:
        """Not with a penalty: TensorFlow's remapper does not support its second derivatives.

        It prints an error and leaves the graph as it was; without it a step takes as long, measured.
        """
        return self.penalty == "none"
