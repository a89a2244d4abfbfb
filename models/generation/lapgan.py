"""LAPGAN (Denton et al. 2015): a GAN for each level of a Laplacian pyramid, conditional on the level below."""

from typing import NamedTuple

import tensorflow as tf

from models.generation import pyramid
from models.generation.gan import ImageGAN, Turn
from models.generation.pyramid_configs import LAPGANConfig


class LevelTurn(NamedTuple):
    """A turn (see `Turn`) at one level.

    Attributes:
        index: of the turn.
        real: (B, size, size, c) real images.
        conditions: above the coarsest level `coarse` (B, size / 2, size / 2, c), the real images at half the side; and
            `label` (B,) where the players are conditional.
        latent: the level's part of the noise.
        size: the side.
    """

    index: int
    real: tf.Tensor
    conditions: dict[str, tf.Tensor]
    latent: tf.Tensor
    size: int


class LAPGAN(ImageGAN):
    """Levels that are trained side by side, each on real images of its size and, as what is to be refined, the same at
    half the side; what is sampled is the chain of their generators (section 3).

    The players are `generator_8`, `discriminator_8`, `generator_16`, ... of all sides, of which `level` may choose
    those of one: a run that is resumed with another is trained level by level. `generator` is the chain.
    """

    config_class = LAPGANConfig

    @property
    def players(self):
        """Two of each level."""
        return tuple(f"{role}_{size}" for size in self.config.sizes for role in ("generator", "discriminator"))

    @property
    def log_names(self):
        """The means over the levels, and what each discriminator says of generated images: 0 of one not trained."""
        return (*ImageGAN.log_names, *(f"fake_score_{size}" for size in self.config.sizes))

    @property
    def discriminator(self):
        """That of whole images."""
        return getattr(self, f"discriminator_{self.config.image_size}")

    def build_networks(self):
        """A pair for each level, and the chain of the generators."""
        generators, discriminators = pyramid.generators(self.config), pyramid.discriminators(self.config)
        for size in self.config.sizes:
            setattr(self, f"generator_{size}", generators[size])
            setattr(self, f"discriminator_{size}", discriminators[size])
        self.generator = pyramid.chain(self.config, generators)

    def sampled_level(self, size: int):
        """The generator of a level as it is sampled."""
        return self.sampled_generator.get_layer(f"generator_{size}")

    def player(self, role: str, turn: LevelTurn) -> str:
        """That of the turn's level."""
        return f"{role}_{turn.size}"

    def levels(self, turn: Turn) -> dict[int, LevelTurn]:
        """The turn at each level, by side: real images, coarser from level to level, and the level's own noise."""
        noise = tf.split(turn.latent, list(self.config.latent_parts.values()), axis=1)
        levels, fine = {}, turn.real
        for place, size in reversed(list(enumerate(self.config.sizes))):
            conditions, coarse = turn.conditions, None
            if place:
                coarse = pyramid.coarser(fine)
                conditions = {**conditions, "coarse": coarse}
            levels[size] = LevelTurn(turn.index, fine, conditions, noise[place], size)
            fine = coarse
        return levels

    def train_step(self, batch):
        """At each level Algorithm 1 of Goodfellow et al. 2014, the generator given the real coarse image."""
        turns = [self.levels(turn) for turn in self.turns(batch)]
        played = {size: self.play([turn[size] for turn in turns]) for size in self.config.trained_sizes}
        self.after_step()
        means = {name: tf.reduce_mean([values[name] for values in played.values()]) for name in ImageGAN.log_names}
        scores = {size: played[size]["fake_score"] if size in played else 0.0 for size in self.config.sizes}
        return self.track(**means, **{f"fake_score_{size}": score for size, score in scores.items()})
