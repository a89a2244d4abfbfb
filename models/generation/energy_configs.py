"""The settings of GANs whose discriminator is an auto-encoder: EBGAN (Zhao et al. 2017) and BEGAN (Berthelot et al.
2017).
"""

import dataclasses

from models.core.config import setting
from models.generation.configs import ImageGenerationConfig, require


@dataclasses.dataclass(frozen=True)
class EBGANConfig(ImageGenerationConfig):
    """With an auto-encoder as the discriminator."""

    adversarial: str = setting("energy", "of energies; equations 1 and 2", choices=("energy",))
    margin: float = setting(
        0.2,
        "m, of the energy of generated images; in its units: the mean squared error of a pixel, whose range is [-1, 1]",
        minimum=0.0,
    )
    energy_power: int = setting(2, "of the error of a pixel, whose mean is the energy", choices=(1, 2))
    pulling_away_weight: float = setting(
        0.1, "of the pulling-away term in the generator's loss; section 2.4; 0: none", minimum=0.0
    )
    left_out_class: int = setting(
        -1, "a class whose images are not trained on, so that its energy can be measured; -1: none", minimum=-1
    )

    has_energy = True
    pairs_logits = False
    matches_features = False

    def __post_init__(self):
        super().__post_init__()
        others = {
            "network": "dcgan",
            "conditioning": "none",
            "spectral_normalization": False,
            "minibatch_kernels": 0,
            "hidden_units": 0,
        }
        require(self, others, "an auto-encoder as the discriminator")


@dataclasses.dataclass(frozen=True)
class BEGANConfig(EBGANConfig):
    """With the two energies kept in a ratio; sections are those of Berthelot et al. 2017."""

    learning_rate: float = setting(1e-4, "the optimizers' step size; section 4.1", minimum=0.0, maximum=100.0)
    batch_size: int = setting(16, "real images per discriminator turn, over all devices; section 4.1", minimum=2)
    latent_dim: int = setting(64, "size of the noise; section 4.1", minimum=1)
    energy_power: int = setting(1, "of the error of a pixel, whose mean is the energy; section 3.1", choices=(1, 2))
    pulling_away_weight: float = setting(0.0, "this model has none", minimum=0.0, maximum=0.0)
    margin: float = setting(0.0, "this model has none", minimum=0.0, maximum=0.0)
    discriminator_loss_factor: float = setting(1.0, "this model has none", minimum=1.0, maximum=1.0)
    diversity_ratio: float = setting(
        0.5, "gamma, of the generated images' energy to the real ones'; section 3.3", minimum=0.0, maximum=1.0
    )
    balance_rate: float = setting(1e-3, "lambda, of k's changes; section 3.4", minimum=0.0)
    discriminator_normalization: str = setting("none", "in the discriminator; section 3.5", choices=("layer", "none"))
