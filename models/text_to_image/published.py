"""What reedscot/icml2016, the authors' Torch code, and the paper (Reed et al., ICML 2016) publish for text to image.

"int" is main_cls_int.lua as scripts/train_cub.sh runs it, "cls" main_cls.lua.
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
