"""BEGAN (Berthelot et al. 2017): an energy-based GAN whose two energies are kept in a ratio."""

import tensorflow as tf

from models.generation.ebgan import EBGAN
from models.generation.energy_configs import BEGANConfig


class BEGAN(EBGAN):
    """A generator of images of low energy; the discriminator gives low energy to real images and, k times as
    importantly, high energy to generated ones.

    k is raised while generated images have less than `diversity_ratio` of the energy of real ones, and lowered while
    they have more (section 3.4), so that neither player wins.
    """

    config_class = BEGANConfig
    # There is no pulling-away term.
    couples_examples = False
    log_names = (*EBGAN.log_names, "balance", "convergence")

    def __init__(self, config):
        super().__init__(config)
        self.balance = self.add_weight(
            name="balance", initializer="zeros", trainable=False, aggregation="only_first_replica"
        )

    def discriminator_loss(self, real_logits, fake_logits):
        """L(x) - k L(G(z)) (section 3.4), where these "logits" are energies."""
        return tf.reduce_mean(real_logits) - tf.stop_gradient(self.balance) * tf.reduce_mean(fake_logits)

    def train_step(self, batch):
        """Section 3.4: both turns, then k."""
        played = self.play(self.turns(batch))
        config = self.config
        # The last turn's L(x), and L(G(z)) of the generator's own images; of all replicas.
        real, generated = (self.mean_of_replicas(played[name]) for name in ("real_score", "generator_loss"))
        gap = config.diversity_ratio * real - generated
        balance = tf.clip_by_value(self.balance + config.balance_rate * gap, 0.0, 1.0)
        self.balance.assign(balance)
        self.after_step()
        # What has converged: real images are reconstructed, and the ratio is kept (equation 5).
        return self.track(**played, balance=balance, convergence=real + tf.abs(gap))
