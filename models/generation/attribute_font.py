"""Characters of a class with attributes that are numbers: weight, slant and width (after Attribute2Font, Wang et al.
2020; not its networks, which change the attributes of a given character).
"""

import tensorflow as tf

from losses import attribute_loss
from models.generation.acgan import ACGAN
from models.generation.class_configs import AttributeFontConfig


class AttributeFont(ACGAN):
    """ACGAN with attributes beside the class: numbers of about [-1, 1], which are a part of the latent input.

    The discriminator learns to predict them from real images alone, of which they were measured (as the classifier of
    StarGAN, Choi et al. 2018, equation 5): from generated ones it could learn any other meaning of these numbers that
    the generator gives them. The generator minimizes the error of what is predicted of its images and asked.
    Batches have, beside ACGAN's, `attributes` (B, k, A) float32.
    """

    config_class = AttributeFontConfig
    known_names = ("attributes",)
    log_names = (*ACGAN.log_names, "real_attribute_loss", "fake_attribute_loss")

    def auxiliary_losses(self, outputs, known):
        """That of the class and, where they are known, of the attributes (B, A)."""
        losses = super().auxiliary_losses(outputs, known)
        if "attributes" in known:
            losses["attribute_loss"] = attribute_loss(outputs["attributes"], known["attributes"])
        return losses

    def asked(self, turn):
        """The class, and the attributes in the latent input."""
        _, attributes = tf.split(turn.latent, list(self.config.latent_parts.values()), axis=1)
        return super().asked(turn) | {"attributes": attributes}
