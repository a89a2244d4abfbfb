"""The optimizers of all presets as the papers and their code have them, and each method's update by hand."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

# Of the schedules below, for each step its share of the initial rate, with 10 steps an epoch.
EPOCH = 10
CONSTANT = {0: 1.0, 1_000_000: 1.0}
# Reed et al., main_cls_int.lua: halved when `epoch % 100 == 0`, epochs counted from 1.
HALVED = {0: 1.0, 989: 1.0, 990: 0.5, 1989: 0.5, 1990: 0.25, 2990: 0.125}
# Reed et al., train_sje_hybrid.lua: by 0.98 after every 150 steps, one for each training class of CUB.
EVERY_150 = {0: 1.0, 149: 1.0, 150: 0.98, 299: 0.98, 300: 0.98**2, 29_999: 0.98**199}
# Zhu et al. 2017, section 4: 100 epochs, then 100 over which it falls to 0; train.lua: at the end of each.
FALLING = {0: 1.0, 1009: 1.0, 1010: 0.99, 1019: 0.99, 1500: 0.5, 1999: 0.01, 2000: 0.0, 9999: 0.0}
# Gulrajani et al. 2017, appendix, and Miyato et al. 2018: to 0 over 100,000 steps of the generator.
LINEAR = {0: 1.0, 25_000: 0.75, 50_000: 0.5, 99_000: 0.01, 100_000: 0.0, 200_000: 0.0}


def exponential(factor: float, least: float) -> dict[int, float]:
    """pylearn2's ExponentialDecay: divided by `factor` at every step, down to a share of `least`."""
    return {step: max(factor**-step, least) for step in (0, 1, 20_000, 100_000, 250_000, 10_000_000)}


class Adam(NamedTuple):
    """Kingma & Ba 2015, end of section 2; epsilon as in Torch."""

    beta_1: float
    beta_2: float
    epsilon: float = 1e-8

    def update(self, gradients, rates):
        mean = square = moved = 0.0
        for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
            mean = self.beta_1 * mean + (1 - self.beta_1) * gradient
            square = self.beta_2 * square + (1 - self.beta_2) * gradient**2
            size = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
            moved = moved - size * mean / (np.sqrt(square) + self.epsilon)
        return moved


class RMSProp(NamedTuple):
    """Torch's, with its defaults: of Arjovsky et al. 2017, and of Reed et al., CVPR 2016."""

    rho: float = 0.99
    epsilon: float = 1e-8

    def update(self, gradients, rates):
        square = moved = 0.0
        for gradient, rate in zip(gradients, rates, strict=True):
            square = self.rho * square + (1 - self.rho) * gradient**2
            moved = moved - rate * gradient / (np.sqrt(square) + self.epsilon)
        return moved


class Momentum(NamedTuple):
    """Classical momentum, rising from the first epoch to the last of `epochs`.

    pylearn2's MomentumAdjustor from 1 to `epochs`, which counts its calls, the first of them before the first epoch.
    """

    first: float
    last: float
    epochs: int

    def at(self, step: int) -> float:
        return float(np.interp(step // EPOCH, (0, self.epochs - 1), (self.first, self.last)))

    def update(self, gradients, rates):
        velocity = moved = 0.0
        for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
            velocity = self.at(step) * velocity - rate * gradient
            moved = moved + velocity
        return moved


class Row(NamedTuple):
    """Of one preset: the method, the rate of each player, the schedule, turns and bound of the discriminator."""

    method: Adam | RMSProp | Momentum
    rate: float
    schedule: Mapping[int, float] = CONSTANT
    discriminator_rate: float | None = None
    turns: int = 1
    clip: float = 0.0


# Radford et al. 2016, section 4, whom most others follow.
DCGAN = Row(Adam(0.5, 0.999), 2e-4)
REED = DCGAN._replace(schedule=HALVED)
CYCLEGAN = DCGAN._replace(schedule=FALLING)
# Goodfellow et al. 2014, mnist.yaml: the momentum is 0.5 in epoch 1 and 0.7 from epoch 250 on, the rate 1e-6 at least.
MAXOUT = Row(Momentum(0.5, 0.7, 250), 0.1, exponential(1.000004, 1e-5))
# Gulrajani et al. 2017, Algorithm 1; Miyato et al. 2018, table 1.
CRITIC = Row(Adam(0.0, 0.9), 2e-4, LINEAR, turns=5)
POINTS = Row(Adam(0.5, 0.999), 1e-3)
JUDGE = Row(Adam(0.9, 0.999), 1e-3)

TABLE = {
    "text_gan": REED,
    "gan_cls": REED,
    "gan_cls_plus": REED,
    "gan_int": REED,
    "gan_int_cls": REED,
    # Zhang et al. 2017, stageI/cfg/birds.yml and stageII/cfg/birds.yml, the first epoch counted as Reed et al. do.
    "stackgan_stage1": DCGAN._replace(schedule={0: 1.0, 489: 1.0, 490: 0.5, 989: 0.5, 990: 0.25}),
    "stackgan": REED,
    "char_cnn_rnn": Row(RMSProp(), 7e-4, EVERY_150),
    "word_cnn": Row(Adam(0.9, 0.999), 5e-4),
    "word_region": Row(Adam(0.9, 0.999), 1e-3),
    # Reed et al., ICML 2016, section 5, of the generators: of the style encoder no constants are published.
    "style_encoder": DCGAN,
    **dict.fromkeys(("pix2pix", "pix2pix_l1", "pix2pix_gan", "pix2pix_cgan", "pix2pix_l1_gan"), DCGAN),
    **dict.fromkeys(("cyclegan", "cyclegan_no_cycle", "cyclegan_log_likelihood"), CYCLEGAN),
    "pixel_dt": DCGAN,
    "pixel_dt_no_domain": DCGAN,
    # Ledig et al. 2017, section 3.2.
    "srresnet": Row(Adam(0.9, 0.999), 1e-4),
    "srgan": Row(Adam(0.9, 0.999), 1e-4, {0: 1.0, 99_999: 1.0, 100_000: 0.1, 199_999: 0.1}),
    "gan": MAXOUT,
    "gan_minimax": MAXOUT,
    # Mirza & Osindero 2014, 4.1: decay factor 1.00004.
    "cgan": MAXOUT._replace(schedule=exponential(1.00004, 1e-5)),
    "gan_1d": POINTS,
    "gan_2d": POINTS,
    "dcgan": DCGAN,
    "lsgan": DCGAN,
    "bgan": DCGAN,
    "ebgan": DCGAN,
    # Berthelot et al. 2017, 4.1.
    "began": DCGAN._replace(rate=1e-4),
    "improved_gan": DCGAN._replace(rate=3e-3),
    "bgan_discrete": DCGAN,
    # Denton et al. 2015, train_cifar_coarse_to_fine.lua: momentum from 0.5 by 0.0008 an epoch to 0.7.
    "lapgan": Row(Momentum(0.5, 0.7, 251), 0.02),
    # Arjovsky et al. 2017, Algorithm 1.
    "wgan": Row(RMSProp(), 5e-5, turns=5, clip=0.01),
    "wgan_gp": CRITIC,
    "sngan": CRITIC,
    "projection": CRITIC,
    "acgan": DCGAN,
    "attribute_font": DCGAN,
    # Brock et al. 2019, section 3.
    "biggan": Row(Adam(0.0, 0.999), 5e-5, discriminator_rate=2e-4, turns=2),
    # Chen et al. 2016, appendix C.1.
    "infogan": Row(Adam(0.5, 0.999), 1e-3, discriminator_rate=2e-4),
    "class_judge": JUDGE,
    "attribute_judge": JUDGE,
}


# What a dataset changes: this project's choices, for few images and little time.
FAST_CRITIC = Row(Adam(0.5, 0.9), 1e-3, turns=5)
SHORTER = {0: 1.0, 12_500: 0.5, 25_000: 0.0}
PER_DATASET = {
    ("gan_cls", "birds"): Row(Adam(0.5, 0.999), 5e-4),
    ("word_region", "birds"): Row(Adam(0.9, 0.999), 1e-3, {0: 1.0, 39: 1.0, 40: 0.5, 89: 0.5, 90: 0.25}),
    ("char_cnn_rnn", "birds"): Row(Adam(0.9, 0.999), 2e-3, {0: 1.0, 79: 1.0, 80: 0.5, 169: 0.5, 170: 0.25}),
    ("char_cnn_rnn", "captions"): Row(Adam(0.9, 0.999), 2e-4, {0: 1.0, 489: 1.0, 490: 0.5, 989: 0.5, 990: 0.25}),
    ("char_cnn_rnn", "flowers"): Row(RMSProp(), 7e-4, {0: 1.0, 81: 1.0, 82: 0.98, 164: 0.98**2}),
    ("gan_minimax", "digits"): MAXOUT._replace(rate=0.01, schedule=exponential(1.000004, 1e-4)),
    ("attribute_font", "glyphs"): DCGAN._replace(rate=5e-4),
    ("wgan", "birds"): Row(RMSProp(), 3e-4, turns=5, clip=0.01),
    ("wgan_gp", "birds"): FAST_CRITIC,
    ("wgan_gp", "folder"): CRITIC._replace(schedule=SHORTER),
    ("sngan", "fashion_mnist"): Row(Adam(0.0, 0.9), 5e-4),
    ("projection", "birds_colors"): Row(Adam(0.0, 0.9), 5e-4),
    # An epoch, and another one in which it falls at every step.
    ("cyclegan", "birds_night"): Row(Adam(0.5, 0.999), 2e-4, {0: 1.0, 10: 1.0, 15: 0.5, 19: 0.1, 20: 0.0}),
    ("pixel_dt", "birds_plate"): Row(Adam(0.5, 0.999), 5e-4),
}

# As large as gradients are, and far smaller than epsilon.
MAGNITUDES = (10.0, 0.3, 1e-2, 1e-4, -2.0, -1e-3)
TINY = (1e-6, 1e-8, 1e-10, -1e-9)
