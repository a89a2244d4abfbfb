"""The presets of generation, from the 2014 GAN to SNGAN; sections are those of each preset's paper.

GAN: Goodfellow et al., "Generative Adversarial Nets" (NIPS 2014); "authors' code" is goodfeli/adversarial.
CGAN: Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014).
DCGAN: Radford et al., "Unsupervised Representation Learning with Deep Convolutional GANs" (ICLR 2016).
EBGAN: Zhao et al., "Energy-based Generative Adversarial Network" (ICLR 2017).
BEGAN: Berthelot et al., "BEGAN: Boundary Equilibrium Generative Adversarial Networks" (2017).
BigGAN: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis" (ICLR 2019).
BGAN: Hjelm et al., "Boundary-Seeking Generative Adversarial Networks" (ICLR 2018).
LSGAN: Mao et al., "Least Squares Generative Adversarial Networks" (ICCV 2017).
WGAN: Arjovsky et al., "Wasserstein GAN" (ICML 2017).
WGAN-GP: Gulrajani et al., "Improved Training of Wasserstein GANs" (NIPS 2017).
SNGAN: Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (ICLR 2018).
Projection: Miyato & Koyama, "cGANs with Projection Discriminator" (ICLR 2018).
Improved GAN: Salimans et al., "Improved Techniques for Training GANs" (NIPS 2016).
LAPGAN: Denton et al., "Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks" (NIPS 2015).
ACGAN: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs" (ICML 2017).
Attribute2Font: Wang et al., "Attribute2Font: Creating Fonts You Want From Attributes" (SIGGRAPH 2020).
InfoGAN: Chen et al., "InfoGAN: Interpretable Representation Learning" (NIPS 2016).
"""

import dataclasses
from collections.abc import Mapping

from models.core.preset import MODES, Preset, Requirement
from models.core.published import Published
from models.generation import published, published_advances
from models.generation.class_configs import (
    ACGANConfig,
    AttributeFontConfig,
    BigGANConfig,
    ImprovedGANConfig,
    InfoGANConfig,
)
from models.generation.configs import PYRAMID, BinaryGenerationConfig, ImageGenerationConfig, PointGenerationConfig
from models.generation.energy_configs import BEGANConfig, EBGANConfig
from models.generation.published import LSGAN
from models.generation.pyramid_configs import LAPGANConfig

# Makes the papers' networks fast enough for small images on two cores; measured.
SMALL = {"batch_size": 64, "generator_width": 64, "discriminator_width": 64, "average_decay": 0.999}
# Of rendered characters.
CHARACTERS = ("glyphs", "hanzi")
# Passes over each dataset: at most some 20 minutes on two cores, on the digits 2 to 4, on characters 5 to 8.
EPOCHS = {
    **dict.fromkeys(("birds", "birds_colors", "birds_stacked"), 40),
    **dict.fromkeys(CHARACTERS, 12),
    "digits": 300,
}
FEW_EPOCHS = 16
# For the user's own images, of which there may be few. A rate that falls over the whole of a published training falls
# over the whole of this one.
OWN_STEPS = 25_000
OWN = ("folder", "captions", "cub", "flowers")
SIZES = {
    **dict.fromkeys(("mnist", "fashion_mnist", "kmnist", "emnist", "idx"), 28),
    **dict.fromkeys(("birds", "birds_colors", "birds_stacked", "cifar10", *CHARACTERS), 32),
    "digits": 16,
}
EVALUATORS = (
    "evaluation.images.ImageDiversity",
    "evaluation.distances.JudgeDistances",
    "evaluation.distances.JudgeManifold",
    "evaluation.images.ClassScore",
    "evaluation.images.ClassConsistency",
    "evaluation.images.CategoryError",
    "evaluation.images.Combinations",
    "evaluation.glyphs.AskedAttributes",
    "evaluation.discriminators.Boundary",
    "evaluation.discriminators.Classification",
    "evaluation.discriminators.Energies",
    "evaluation.discriminators.Anomalies",
    "evaluation.levels.Levels",
    "evaluation.within.ConditionalSimilarity",
    "evaluation.distances.FeatureDistances",
    "evaluation.distances.FeatureManifold",
    "evaluation.distances.NetworkScore",
    "evaluation.memorization.Memorization",
)
MEASURED = "small images, two cores; measured by the Frechet distance after as much time"
CHEAP = "small images, two cores"
# Datasets whose images may be mirrored; digits and letters may not.
FLIPPED = ("birds", "birds_colors", "cifar10", "celeb_a", "cub", "flowers")


def preset(
    model: str,
    config: ImageGenerationConfig,
    summary: str,
    source: str,
    constants: tuple[Published, ...] = (),
    dataset: str = "digits",
    parts: str = "engine.parts.generation.ImageParts",
    sizes: Mapping[str, int] = SIZES,
    why: str = MEASURED,
    **small,
):
    """A preset of images.

    Args:
        model: dotted name of the class that trains it.
        config: the published constants.
        summary: one line on what it is.
        source: paper, section.
        constants: as published.
        dataset: the default.
        parts: of its family.
        sizes: the side of each dataset's images, in pixels.
        why: the constants are others on small images.
        small: changes for small images, beside their size.
    """
    small = (SMALL if config.network == "dcgan" else {}) | small
    own = {"steps": OWN_STEPS} | ({"decay_steps": OWN_STEPS} if config.decay_steps else {})
    # Of the 2014 networks, these changes are what keeps their training from collapsing; of a pyramid's, what makes it
    # end on two cores.
    own |= small if config.network in ("mlp", PYRAMID) else {}
    per_dataset = dict.fromkeys(OWN, own) | {
        name: small | {"image_size": size, "epochs": EPOCHS.get(name, FEW_EPOCHS)} for name, size in sizes.items()
    }
    return Preset(
        model=model,
        parts=parts,
        evaluators=EVALUATORS,
        requires=(
            Requirement("judge", "class_judge", "judge", to_train=False, alternatives=("attribute_judge",)),
            # Of the experiments on birds.
            Requirement("attribute_judge", "attribute_judge", "judge", to_train=False),
        ),
        config=config,
        summary=summary,
        source=source,
        needs=frozenset({"image", "classes"} if config.conditional or config.classifies else {"image"}),
        default_dataset=dataset,
        per_dataset=per_dataset | {name: per_dataset.get(name, {}) | {"flip": True} for name in FLIPPED},
        modes=MODES,
        samples_from="noise",
        published=constants,
        why_per_dataset={
            **dict.fromkeys(SIZES, why),
            **dict.fromkeys(OWN, "few images: as many steps as a day has, over which a falling rate falls"),
        },
    )


def dcgan(
    summary: str,
    source: str,
    constants: tuple[Published, ...] = (),
    small: Mapping[str, object] | None = None,
    **changes,
):
    """A preset with DCGAN's networks: it differs in a constant or two, and possibly others on small images."""
    return preset(
        "models.generation.gan.ImageGAN",
        dataclasses.replace(DCGAN, **changes),
        summary,
        source,
        constants,
        "birds",
        **(small or {}),
    )


def characters(summary: str, source: str, **changes):
    """A preset of rendered characters, whose attributes are known, with DCGAN's networks."""
    made = preset(
        "models.generation.attribute_font.AttributeFont",
        AttributeFontConfig(**changes),
        summary,
        source,
        dataset="glyphs",
        parts="engine.parts.attributes.AttributeParts",
        sizes={name: SIZES[name] for name in CHARACTERS},
        why=CHEAP,
        **FAST_CHARACTERS,
    )
    per_dataset = {name: made.per_dataset[name] | {"epochs": 20} for name in CHARACTERS}
    return dataclasses.replace(made, needs=made.needs | {"styles"}, per_dataset=per_dataset)


def points(summary: str, dataset: str, **changes):
    """A preset of points."""
    return Preset(
        model="models.generation.gan.PointGAN",
        parts="engine.parts.points.PointParts",
        evaluators=("evaluation.points.Moments", "evaluation.points.Modes"),
        config=PointGenerationConfig(**changes),
        summary=summary,
        source="this project; the networks and constants are not a paper's",
        needs=frozenset({"points"}),
        default_dataset=dataset,
        pictures_every=50,
        samples_from="noise",
    )


# Goodfellow et al. 2014, section 5 and authors' code (mnist.yaml).
MAXOUT = {
    "network": "mlp",
    "image_size": 28,
    "batch_size": 100,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "beta_1": 0.5,
    "final_momentum": 0.7,
    "learning_rate_decay": 1 / 1.000004,
    "minimum_learning_rate": 1e-6,
    "discriminator_loss_factor": 0.5,
    "latent_distribution": "uniform_unit_variance",
    "generator_width": 1200,
    "generator_normalization": "none",
    "discriminator_width": 240,
    "discriminator_normalization": "none",
    "dropout": 0.5,
}
# Gulrajani et al. 2017, Algorithm 1 and appendix; Miyato et al. 2018, the same for the residual networks.
CRITIC = {
    "beta_1": 0.0,
    "beta_2": 0.9,
    "batch_size": 64,
    "latent_dim": 128,
    "latent_distribution": "normal",
    "discriminator_normalization": "none",
    "discriminator_steps": 5,
    "steps": 100_000,
    "decay_steps": 100_000,
}
# On small images the training is a number of epochs: too few steps for a falling or a low learning rate. Measured on
# clothes: after 16 minutes the samples are nearer the data than with the published constants (docs/results.md).
CONSTANT = {"steps": 0, "decay_steps": 0}
FAST_CRITIC = {**CONSTANT, "learning_rate": 1e-3, "beta_1": 0.5}
FAST_SPECTRAL = {**CONSTANT, "learning_rate": 5e-4, "discriminator_steps": 1}
# On small images: Adam, as the batches of a few minutes are too few for plain gradient descent, and narrow networks.
FAST_PYRAMID = {
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "final_momentum": 0.0,
    "batch_size": 32,
    "generator_width": 24,
    "discriminator_width": 32,
    "kernel_size": 5,
    "average_decay": 0.999,
}
FAST_CHARACTERS = {"generator_width": 32, "discriminator_width": 32, "learning_rate": 5e-4}
FAST_BIG = {
    "batch_size": 64,
    "generator_width": 64,
    "discriminator_width": 64,
    "latent_dim": 60,
    "shared_embedding": 32,
    "learning_rate": 5e-4,
    "discriminator_learning_rate": 5e-4,
    "discriminator_steps": 1,
    "average_decay": 0.999,
}
PUBLISHED_GAN = ImageGenerationConfig(**MAXOUT)
DCGAN = ImageGenerationConfig()

PRESETS = {
    "gan": preset(
        "models.generation.gan.ImageGAN",
        PUBLISHED_GAN,
        "the 2014 GAN: maxout against rectified units",
        "Goodfellow et al., NIPS 2014, Algorithm 1",
        published.GAN,
    ),
    "gan_minimax": preset(
        "models.generation.gan.ImageGAN",
        dataclasses.replace(PUBLISHED_GAN, adversarial="minimax"),
        "the same, the generator minimizing log(1 - D)",
        "Goodfellow et al., NIPS 2014, equation 1",
        published.MINIMAX,
        # Measured on the digits: at 0.1 the discriminator wins at once, and this loss no longer teaches the generator
        # (a Frechet distance of 418 instead of 50). With its loss halved, it is 140 at 0.01.
        learning_rate=0.01,
        discriminator_loss_factor=1.0,
    ),
    "gan_1d": points("one dimension: a normal distribution, with the decision function", "normal_1d"),
    "gan_2d": points("two dimensions: a ring of Gaussians, whose modes are counted", "ring_2d"),
    "cgan": preset(
        "models.generation.gan.ImageGAN",
        dataclasses.replace(
            PUBLISHED_GAN,
            conditioning="concatenation",
            joint_pieces=4,
            latent_distribution="uniform_unit_cube",
            generator_dropout=0.5,
            learning_rate_decay=1 / 1.00004,
        ),
        "the conditional 2014 GAN",
        "Mirza & Osindero 2014, section 4.1",
        published.CGAN,
        # Measured on the digits: as published, the generator draws one image a class; with these, many.
        learning_rate=0.05,
        discriminator_loss_factor=1.0,
        latent_distribution="normal",
    ),
    "dcgan": dcgan(
        "strided convolutions and batch normalization", "Radford et al., ICLR 2016, section 3", published.dcgan()
    ),
    "lsgan": dcgan("DCGAN, least squares", "Mao et al., ICCV 2017, equation 9", LSGAN, adversarial="least_squares"),
    "bgan": dcgan(
        "DCGAN, the generator seeking the discriminator's boundary",
        "Hjelm et al., ICLR 2018, continuous images",
        published_advances.BGAN,
        adversarial="boundary_seeking",
    ),
    "bgan_discrete": preset(
        "models.generation.binary.BinaryGAN",
        BinaryGenerationConfig(),
        "binary images: drawn pixels, through which no gradient goes",
        "Hjelm et al., ICLR 2018, discrete images",
        published_advances.BGAN_DISCRETE,
        parts="engine.parts.generation.BinaryParts",
        # Measured on the digits: at 2e-4 for both the discriminator wins at once, and all draws look alike to it; at
        # twice these rates after 1,200 steps.
        learning_rate=5e-4,
        discriminator_learning_rate=5e-5,
    ),
    "improved_gan": preset(
        "models.generation.improved_gan.ImprovedGAN",
        ImprovedGANConfig(),
        "semi-supervised classification: few labels, feature matching",
        "Salimans et al., NIPS 2016, sections 3.1 and 5",
        published_advances.IMPROVED_GAN,
        parts="engine.parts.generation.SemiSupervisedParts",
        why=CHEAP,
    ),
    "ebgan": preset(
        "models.generation.ebgan.EBGAN",
        EBGANConfig(),
        "an auto-encoder as the discriminator, the pulling-away term",
        "Zhao et al., ICLR 2017, sections 2.1 to 2.4",
        published_advances.EBGAN,
        why=CHEAP,
    ),
    "began": preset(
        "models.generation.began.BEGAN",
        BEGANConfig(),
        "an auto-encoder as the discriminator, the two energies in a ratio",
        "Berthelot et al. 2017, section 3",
        published_advances.BEGAN,
        why=CHEAP,
        learning_rate=2e-4,
        # In a few thousand steps k would hardly leave 0.
        balance_rate=0.02,
    ),
    "lapgan": preset(
        "models.generation.lapgan.LAPGAN",
        LAPGANConfig(batch_size=128),
        "a GAN for each level of a Laplacian pyramid",
        "Denton et al., NIPS 2015, section 3",
        published_advances.LAPGAN,
        "birds",
        parts="engine.parts.generation.PyramidParts",
        sizes=SIZES | dict.fromkeys(("birds", "birds_colors"), 64),
        why=CHEAP,
        **FAST_PYRAMID,
    ),
    "wgan": dcgan(
        "a critic with clipped weights",
        "Arjovsky et al., ICML 2017, Algorithm 1",
        published.WGAN,
        # Measured on clothes after 600 steps: a Frechet distance of 48 instead of 66.
        small={"learning_rate": 3e-4},
        adversarial="wasserstein",
        weight_clip=0.01,
        discriminator_steps=5,
        optimizer="rmsprop",
        learning_rate=5e-5,
        batch_size=64,
        latent_distribution="normal",
        generator_width=64,
    ),
    "wgan_gp": preset(
        "models.generation.gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="wasserstein", penalty="gradient"),
        "a critic with a gradient penalty",
        "Gulrajani et al., NIPS 2017, Algorithm 1",
        published.WGAN_GP,
        "birds",
        **FAST_CRITIC,
    ),
    "sngan": preset(
        "models.generation.gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="hinge", spectral_normalization=True),
        "spectral normalization and the hinge loss",
        "Miyato et al., ICLR 2018, section 2.1",
        published.SPECTRAL,
        "birds",
        **FAST_SPECTRAL,
    ),
    "acgan": preset(
        "models.generation.acgan.ACGAN",
        ACGANConfig(batch_size=100, latent_dim=110),
        "the discriminator also predicts the class",
        "Odena et al., ICML 2017, section 3",
        published.ACGAN,
    ),
    "projection": preset(
        "models.generation.gan.ImageGAN",
        ImageGenerationConfig(**CRITIC, adversarial="hinge", spectral_normalization=True, conditioning="projection"),
        "conditional SNGAN: inner product, conditional batch normalization",
        "Miyato & Koyama, ICLR 2018, section 2",
        published.PROJECTION,
        "birds_colors",
        **FAST_SPECTRAL,
    ),
    "biggan": preset(
        "models.generation.biggan.BigGAN",
        BigGANConfig(),
        "shared embeddings, noise in every block, orthogonal regularization; small",
        "Brock et al., ICLR 2019, section 3, appendix B",
        published_advances.BIGGAN,
        "birds_colors",
        why=CHEAP,
        **FAST_BIG,
    ),
    "attribute_font": characters(
        "characters of a class, of a weight, slant and width that are asked for",
        "this project; after Wang et al. 2020 (Attribute2Font) and Odena et al. 2017 (ACGAN)",
    ),
    "infogan": preset(
        "models.generation.infogan.InfoGAN",
        InfoGANConfig(
            image_size=28,
            learning_rate=1e-3,
            discriminator_learning_rate=2e-4,
            generator_width=64,
            hidden_units=1024,
        ),
        "codes that are predicted from the images",
        "Chen et al., NIPS 2016, sections 5 and 7",
        published.INFOGAN,
    ),
}
