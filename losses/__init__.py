"""Losses: pure functions from tensors to one float32 scalar, the mean over this replica's examples."""

from losses.adversarial import ADVERSARIAL, AdversarialLoss, PairedLoss
from losses.boundary_seeking import boundary_seeking_loss
from losses.classification import attribute_loss, categorical_information, class_loss, continuous_information
from losses.divergence import standard_normal_divergence
from losses.energy import pulling_away_term
from losses.feature_matching import feature_matching_loss
from losses.joint_embedding import alignment_loss, contrastive_loss, edited_words_loss, joint_embedding_loss
from losses.mode_seeking import mode_seeking_loss
from losses.penalties import PENALTIES, matching_aware_penalty
from losses.perceptual import perceptual_loss, pixel_loss
from losses.style import style_loss

__all__ = [
    "ADVERSARIAL",
    "PENALTIES",
    "AdversarialLoss",
    "PairedLoss",
    "alignment_loss",
    "attribute_loss",
    "boundary_seeking_loss",
    "categorical_information",
    "class_loss",
    "continuous_information",
    "contrastive_loss",
    "edited_words_loss",
    "feature_matching_loss",
    "joint_embedding_loss",
    "matching_aware_penalty",
    "mode_seeking_loss",
    "perceptual_loss",
    "pixel_loss",
    "pulling_away_term",
    "standard_normal_divergence",
    "style_loss",
]
