"""What the papers and the authors' code publish for image to image.

"Port" is junyanz/pytorch-CycleGAN-and-pix2pix, "Lua" phillipi/pix2pix or junyanz/CycleGAN; sections are the papers'.
"""

from models.core.published import Published

CROP = "the offset 0 is as good a crop"
SHARED = (
    Published("batch_size", 1, "both papers, section 4"),
    Published("image_size", 256, "Lua: fineSize; port: crop_size"),
    Published(
        "random crop",
        "286 to 256 pixels, an offset of 1 to 30",
        "Lua: loadSize; data/donkey_folder.lua",
        CROP,
        "286 to 256 pixels, an offset of 0 to 30",
    ),
    Published("flip", True, "pix2pix, appendix 6.2; Lua: flip; port: no_flip"),
    Published("epochs", 200, "Lua: niter (+ niter_decay)"),
    Published("optimizer", "adam", "both papers, section 4"),
    Published("learning_rate", 2e-4, "Lua: lr"),
    Published("beta_1", 0.5, "Lua: beta1"),
    Published("beta_2", 0.999, "Torch's and PyTorch's Adam"),
    Published("epsilon", 1e-8, "Torch's and PyTorch's Adam"),
    Published("generator_width", 64, "Lua: ngf"),
    Published("discriminator_width", 64, "Lua: ndf"),
    Published("receptive_field", 70, "pix2pix, 4.4"),
    Published("upsampling", "transposed", "both papers' appendix"),
    Published("average_decay", 0.0, "none"),
    Published(
        "discriminator's loss", "halved", "port: * 0.5 (Lua halves what it prints, and steps on the sum)", ours="halved"
    ),
)


def pix2pix(l1_weight: float, adversarial_weight: float, conditional: bool) -> tuple[Published, ...]:
    """pix2pix, and its ablations of section 4.2."""
    return (
        *SHARED,
        Published("l1_weight", l1_weight, "section 3.3; Lua: lambda, use_L1"),
        Published("adversarial_weight", adversarial_weight, "section 3.3; Lua: use_GAN"),
        Published("conditional", conditional, "section 3.1; Lua: condition_GAN"),
        Published("adversarial", "non_saturating", "Lua: BCECriterion, real_label for the generator"),
        Published("skips", True, "section 3.2.1"),
        Published("dropout", 0.5, "appendix 6.1.1; Lua: d1, d2, d3"),
        Published("discriminator_normalization", "batch", "appendix 6.1.2; the batch's statistics, also at test time"),
        Published(
            "logits of the generator's step",
            "those of before D's step (Lua); new ones (port)",
            "Lua: netD.output; port: backward_G",
            "the port's",
            "new ones",
        ),
    )


def cyclegan(cycle_weight: float, adversarial: str) -> tuple[Published, ...]:
    """CycleGAN, and its ablations."""
    return (
        *SHARED,
        Published("cycle_weight", cycle_weight, "section 4: lambda"),
        Published("identity_weight", 0.0, "section 5.2: half of lambda for paintings alone (both codes: for all)"),
        Published("adversarial", adversarial, "section 4"),
        Published("blocks", 9, "appendix 7.2, for 256 pixels"),
        Published("pool_size", 50, "section 4"),
        Published("constant_epochs", 100, "section 4; Lua: niter"),
        Published("decay_epochs", 100, "section 4; Lua: niter_decay"),
        Published("epochwise_decay", True, "Lua: UpdateLearningRate at the end of every epoch after niter"),
        Published(
            "last epoch's rate",
            "1/100 of the first (Lua), 0 (port)",
            "Lua: UpdateLearningRate; port: lambda_rule",
            "Lua's",
            "1/100 of the first",
        ),
        Published("discriminator_normalization", "instance", "appendix 7.2"),
        Published(
            "scale and offset of instance normalization",
            "none (port); learned (Lua)",
            "port: affine=False",
            "the port's",
            "none",
        ),
        Published(
            "optimizers",
            "one for both translators, one for both discriminators",
            "port: itertools.chain",
            ours="one for both translators, one for both discriminators",
        ),
    )


def pixel_dt(domain_weight: float) -> tuple[Published, ...]:
    """Pixel-level domain transfer; fxia22/PixelDTGAN is public, but not the authors' code."""
    memory = "section 6, as quoted by others: the text could not be read here"
    return (
        Published("batch_size", 128, "section 6; public code: batchSize"),
        Published("image_size", 64, "section 4"),
        Published("epochs", 25, "public code: niter"),
        Published(
            "optimizer", "sgd, momentum 0.5", memory, "after DCGAN; in the public code no rate reaches the optimizer"
        ),
        Published("learning_rate", 2e-4, memory),
        Published("later rate", "2e-5 for 5 more epochs", memory, "not verified", "none"),
        Published("domain_weight", domain_weight, "section 4.3" if domain_weight else "section 6, without it"),
        Published("code_dim", 64, "section 4.1 (public code: the 4x4 map)"),
        Published("generator_width", 128, "table 1, as quoted by others (public code: 96)"),
        Published("discriminator_width", 128, "table 2, as quoted by others (public code: 96)"),
        Published("upsampling", "transposed", "section 4.1"),
        Published("flip", False, "public code: data.lua", "for few pairs; of the inputs alone"),
        Published("average_decay", 0.0, "none"),
    )
