"""The settings of pyramids: LAPGAN (Denton et al. 2015)."""

import dataclasses

from models.core.adversarial_config import smallest_side
from models.core.config import OPTIMIZERS, ConfigError, setting
from models.generation.configs import PYRAMID, ImageGenerationConfig, require


@dataclasses.dataclass(frozen=True)
class LAPGANConfig(ImageGenerationConfig):
    """A Laplacian pyramid; the defaults are the authors' for CIFAR-10 (train_cifar.lua, train_cifar_coarse_to_fine.lua;
    of sides: those of 8, 16, 32 and 64 pixels).
    """

    network: str = setting(PYRAMID, "of all players", choices=(PYRAMID,))
    optimizer: str = setting("sgd", "gradient descent method", choices=OPTIMIZERS)
    learning_rate: float = setting(0.02, "the optimizers' step size", minimum=0.0, maximum=100.0)
    final_momentum: float = setting(
        0.7, "momentum of sgd after it has risen from beta_1; 0: it is always beta_1", minimum=0.0, maximum=1.0
    )
    momentum_epochs: int = setting(251, "epochs over which the momentum rises, by 0.0008 after each", minimum=2)
    conditioning: str = setting(
        "none",
        "how the players are conditioned on the class: at the coarsest level the one-hot class is beside the noise and "
        "the pixels, at the others a learned plane",
        choices=("none", "concatenation"),
    )
    level: int = setting(
        0,
        "side in pixels of the one level that is trained; 0: all are; a run may be resumed with another",
        minimum=0,
        ends_run=True,
    )
    generator_width: int = setting(64, "channels of the generators' hidden layers above the coarsest level", minimum=1)
    discriminator_width: int = setting(64, "channels of the discriminators above the coarsest level", minimum=1)
    kernel_size: int = setting(7, "of these generators' hidden layers, odd; of the last 2 less", minimum=3, maximum=15)
    coarse_generator_width: int = setting(1200, "units of the coarsest generator's hidden layers; paper", minimum=1)
    coarse_discriminator_width: int = setting(600, "units of the coarsest discriminator's; paper", minimum=1)
    dropout: float = setting(
        0.5, "before the discriminators' last layer; of the coarsest, two", minimum=0.0, maximum=0.9
    )
    discriminator_loss_factor: float = setting(
        0.5, "of the discriminators' losses: one mean over real and generated images", minimum=0.0
    )
    discriminator_normalization: str = setting("none", "in the discriminators", choices=("none",))
    generator_normalization: str = setting("none", "in the generators", choices=("none",))

    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        smallest_side(self.image_size)
        others = {
            "spectral_normalization": False,
            "minibatch_kernels": 0,
            "hidden_units": 0,
            "upsampling": "transposed",
            "generator_dropout": 0.0,
        }
        require(self, others, "a pyramid")
        if self.level and self.level not in self.sizes:
            accepted = ", ".join(map(str, (0, *self.sizes)))
            raise ConfigError(f"level must be one of {accepted}. Received: {self.level}")
        if self.kernel_size % 2 == 0:
            raise ConfigError(f"kernel_size must be odd. Received: {self.kernel_size}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sides of the levels, from the coarsest: 5 to 8 pixels, to the image's."""
        sizes = [self.image_size]
        while sizes[0] > 8:
            sizes.insert(0, sizes[0] // 2)
        return tuple(sizes)

    @property
    def trained_sizes(self) -> tuple[int, ...]:
        """The sides of the levels that are trained."""
        return (self.level,) if self.level else self.sizes

    @property
    def latent_parts(self) -> dict[str, int]:
        """The coarsest level's noise, and a plane of it for each other."""
        return {"noise": self.latent_dim} | {f"noise_{size}": size * size for size in self.sizes[1:]}
