"""Losses: pure functions from tensors to one float32 scalar, the mean over this replica."""

from losses.adversarial import ADVERSARIAL, AdversarialLoss
from losses.joint_embedding import joint_embedding_loss
from losses.penalties import gradient_penalty

__all__ = ["ADVERSARIAL", "AdversarialLoss", "gradient_penalty", "joint_embedding_loss"]
