"""What the papers of text to image and their authors' code publish.

Reed et al., ICML 2016 (reedscot/icml2016): "int" is main_cls_int.lua as scripts/train_cub.sh runs it, "cls"
main_cls.lua. StackGAN, Zhang et al. 2017 (hanzhanggit/StackGAN): the names are those of stageI/cfg/birds.yml and
stageII/cfg/birds.yml.
"""

import dataclasses
from collections.abc import Mapping

from models.core.published import Published

SHARED = (
    Published("batch_size", 64, "int: batchSize"),
    Published("image_size", 64, "int: fineSize"),
    Published(
        "random crop",
        "76 to 64 pixels, an offset of 1 to 12",
        "data/donkey_folder_txt.lua: trainHook",
        "the offset 0 is as good a crop",
        "76 to 64 pixels, an offset of 0 to 12",
    ),
    Published("flip", True, "data/donkey_folder_txt.lua: trainHook, image.hflip"),
    Published("epochs", 600, "train_cub.sh: niter"),
    Published(
        "steps of an epoch",
        "images / batch, rounded up (139 of CUB)",
        "int: for i = 1, data:size(), batchSize",
        "no batch has fewer examples",
        "images / batch, rounded down (138 of CUB)",
    ),
    Published("optimizer", "adam", "int: optim.adam"),
    Published("learning_rate", 2e-4, "int: lr"),
    Published("beta_1", 0.5, "int: beta1"),
    Published("beta_2", 0.999, "Torch's optim.adam"),
    Published("epsilon", 1e-8, "Torch's optim.adam"),
    Published(
        "learning_rate_halving_epochs", 100, "train_cub.sh: decay_every; at the beginning of epoch 100, 200, ..."
    ),
    Published("latent_dim", 100, "train_cub.sh: nz"),
    Published("noise", "N(0, 1)", "int: noise = 'normal'", ours="N(0, 1)"),
    Published("text_projection_dim", 128, "int: nt"),
    Published("captions_per_image", 4, "train_cub.sh: numCaption, replicate=0; drawn with replacement and averaged"),
    Published("generator_width", 128, "train_cub.sh: ngf"),
    Published("discriminator_width", 64, "train_cub.sh: ndf"),
    Published("discriminator_network", "main_cls_int", "train_cub.sh: th main_cls_int.lua"),
    Published("inner_product_dim", 0, "not in the paper"),
    Published("adversarial", "non_saturating", "int: BCECriterion, real_label for the generator"),
    Published("label_smoothing", 0.0, "int: real_label = 1"),
    Published("average_decay", 0.0, "none"),
    Published(
        "biases of convolutions",
        "set to 0 before every step",
        "int: fDx, fGx: m.bias:zero()",
        ours="none",
        why="their last update is never used: the same function",
    ),
    Published(
        "mini-batch",
        "class uniform, then image",
        "data/donkey_folder_txt.lua: sample_no_repl",
        ours="class uniform, then image",
    ),
)
# The paper's Algorithm 1 has one x^ of one z for both players; the code draws z again.
ONE_LATENT = Published(
    "images of the generator's step",
    "generated again, with new noise",
    "cls, int: fGx",
    "Algorithm 1 generates once, line 4; half of the generator's work",
    "those of the discriminator's step",
)
NEW_LATENT = Published(
    "images of the generator's step",
    "1.5 B, with new noise",
    "int: fGx: netG:forward{noise_interp, ...}",
    ours="1.5 B, with new noise",
)


def mismatch(weight: float) -> Published:
    """The weight of mismatched images."""
    return Published("mismatch_weight", weight, "train_cub.sh: cls_weight" if weight else "GAN-INT: cls_weight=0")


INTERPOLATION = (
    NEW_LATENT,
    Published("interpolation_weight", 1.0, "train_cub.sh: interp_weight"),
    Published("interpolation_beta", 0.5, "section 4.3; int: interp_type=1"),
)


def departing(rows: tuple[Published, ...], why: Mapping[str, str]) -> tuple[Published, ...]:
    """The same constants with the reasons, by name, for which a preset departs from them."""
    return tuple(dataclasses.replace(row, why=why.get(row.constant, row.why)) for row in rows)


# Of both stages of StackGAN.
STACKGAN = (
    Published("batch_size", 64, "BATCH_SIZE"),
    Published("flip", True, "misc/datasets.py: transform"),
    Published("epochs", 600, "section 3.5; stageI MAX_EPOCH"),
    Published("optimizer", "adam", "section 3.5"),
    Published("learning_rate", 2e-4, "section 3.5; GENERATOR_LR, DISCRIMINATOR_LR"),
    Published("beta_1", 0.5, "stageI/trainer.py: prepare_trainer"),
    Published("beta_2", 0.999, "TensorFlow's AdamOptimizer"),
    Published("epsilon", 1e-8, "TensorFlow's AdamOptimizer"),
    Published("captions_per_image", 4, "NUM_EMBEDDING; averaged"),
    Published(
        "captions are drawn",
        "without replacement",
        "misc/datasets.py: sample_embeddings",
        "as Reed et al.'s code draws them",
        "with replacement",
    ),
    Published(
        "mini-batch",
        "images in random order",
        "misc/datasets.py: next_batch",
        "as Reed et al.'s code draws them",
        "class uniform, then image",
    ),
    Published(
        "wrong images",
        "any image; one of the same class is moved on by 100 to 199 places, once",
        "misc/datasets.py: next_batch",
        "always of another class",
        "an image of another class",
    ),
    Published("conditioning_augmentation", True, "section 3.2; misc/config.py: COND_AUGMENTATION"),
    Published("conditioning_dim", 128, "section 3.5, N_g; EMBEDDING_DIM"),
    Published("divergence_weight", 2.0, "COEFF.KL; section 3.5: 1"),
    Published(
        "noise of the conditions",
        "N(0, 1) within 2 standard deviations",
        "stageI/trainer.py: sample_encoded_context",
        "section 3.2: N(0, I)",
        "N(0, 1)",
    ),
    Published("text_projection_dim", 128, "section 3.5, N_d; EMBEDDING_DIM"),
    Published("generator_width", 128, "GF_DIM"),
    Published("discriminator_width", 64, "DF_DIM"),
    Published("adversarial", "non_saturating", "stageI/trainer.py: compute_losses"),
    Published("mismatch_weight", 0.5, "stageI/trainer.py: compute_losses, (wrong_d_loss + fake_d_loss) / 2"),
    Published("average_decay", 0.0, "none"),
    Published(
        "images of the generator's step",
        "generated again, with new noise",
        "stageI/trainer.py: train, two runs of the session",
        "half of the generator's work",
        "those of the discriminator's step",
    ),
)
FIRST_STAGE = (
    *STACKGAN,
    Published("image_size", 64, "section 3.3"),
    Published("random crop", "76 to 64 pixels", "misc/datasets.py: transform", ours="76 to 64 pixels"),
    Published("latent_dim", 100, "section 3.5, N_z; Z_DIM"),
    Published("learning_rate_halving_epochs", 50, "stageI LR_DECAY_EPOCH; section 3.5: 100"),
)
SECOND_STAGE = (
    *STACKGAN,
    Published("image_size", 256, "section 3.4"),
    Published("random crop", "304 to 256 pixels", "misc/datasets.py: transform", ours="304 to 256 pixels"),
    Published("learning_rate_halving_epochs", 100, "section 3.5; stageII LR_DECAY_EPOCH"),
    Published("residual_blocks", 4, "section 3.5"),
    Published(
        "statistics of the first stage, while the second is trained",
        "the batch's",
        "stageII/trainer.py: init_opt",
        "its images are then those that it draws afterwards",
        "moving ones",
    ),
)
