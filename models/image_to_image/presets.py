"""The presets of image to image; `models.image_to_image.configs` names the papers."""

from models.core.preset import Preset
from models.image_to_image import published
from models.image_to_image.configs import CycleGANConfig, Pix2PixConfig, PixelDTConfig

PIX2PIX, CYCLEGAN = "Isola et al., CVPR 2017", "Zhu et al., ICCV 2017"


PIXEL_DT = "Yoo et al., ECCV 2016"
MEMORIZATION = "evaluation.memorization.Memorization"
# How translations of pairs lie among the true ones.
BY_NETWORK = ("evaluation.distances.FeatureDistances", "evaluation.distances.FeatureManifold")
SHORT = "short enough for two cores; measured"


BIRDS_PAIRS = ("birds_parts", "birds_edges", "birds_plate")


# Makes the paper's experiment short enough for the embedded birds on two cores; measured.
BIRDS = {
    "image_size": 64,
    "batch_size": 8,
    "epochs": 4,
    "generator_width": 16,
    "discriminator_width": 16,
    "receptive_field": 16,
    "upsampling": "resize",
    "average_decay": 0.999,
}


# Appendix 6.2; facades and street scenes are generated from their label maps.
PAIRED_SETS = {
    "facades": {"direction": "BtoA"},
    "cityscapes": {"direction": "BtoA"},
    "edges2shoes": {"batch_size": 4, "epochs": 15},
    "edges2handbags": {"batch_size": 4, "epochs": 15},
}


def pix2pix(summary: str, source: str, **changes) -> Preset:
    """A preset of pix2pix: the paper's ablations differ in a constant or two."""
    ablation = {"l1_weight": 100.0, "adversarial_weight": 1.0, "conditional": True} | changes
    return Preset(
        model="models.image_to_image.pix2pix.Pix2Pix",
        parts="engine.parts.image_to_image.PairParts",
        evaluators=("evaluation.pairs.Similarity", *BY_NETWORK, MEMORIZATION),
        config=Pix2PixConfig(**changes),
        published=published.pix2pix(**ablation),
        why_per_dataset={
            **dict.fromkeys(BIRDS_PAIRS, SHORT),
            **dict.fromkeys(PAIRED_SETS, "as published for this dataset: appendix 6.2"),
        },
        summary=summary,
        source=f"{PIX2PIX}, {source}",
        needs=frozenset({"pairs"}),
        samples_from="images",
        default_dataset="birds_parts",
        per_dataset={**dict.fromkeys(BIRDS_PAIRS, BIRDS), **PAIRED_SETS},
    )


# The same for CycleGAN.
BIRDS_NIGHT = {
    "image_size": 64,
    "epochs": 2,
    "constant_epochs": 1,
    "decay_epochs": 1,
    # Within a single epoch the rate would not fall at all.
    "epochwise_decay": False,
    "generator_width": 16,
    "discriminator_width": 16,
    "blocks": 4,
    "receptive_field": 16,
    "upsampling": "resize",
}


# Section 5.2: the identity loss, with half the weight of the cycle loss, preserves colors, which night images lack.
KEEP_COLORS = {"identity_weight": 5.0}


PAINTINGS = ("monet2photo", "cezanne2photo", "ukiyoe2photo", "vangogh2photo")


def cyclegan(summary: str, source: str, **changes) -> Preset:
    """A preset of CycleGAN: the paper's ablations differ in a constant or two."""
    config = CycleGANConfig(**changes)
    ablation = {"cycle_weight": 10.0, "adversarial": "least_squares"} | changes
    colors = KEEP_COLORS if config.cycle_weight else {}
    return Preset(
        model="models.image_to_image.cyclegan.CycleGAN",
        parts="engine.parts.image_to_image.CycleParts",
        evaluators=(
            "evaluation.pairs.CycleReconstruction",
            "evaluation.pairs.CycleSimilarity",
            "evaluation.pairs.CycleDistances",
            "evaluation.pairs.CycleManifold",
            MEMORIZATION,
        ),
        config=config,
        published=published.cyclegan(**ablation),
        why_per_dataset={
            **dict.fromkeys(("birds_night", *BIRDS_PAIRS), SHORT),
            **dict.fromkeys(PAINTINGS, "as published for paintings: section 5.2"),
        },
        summary=summary,
        source=f"{CYCLEGAN}, {source}",
        needs=frozenset({"unpaired"}),
        samples_from="images",
        default_dataset="birds_night",
        per_dataset={
            **dict.fromkeys(("birds_night", *BIRDS_PAIRS), BIRDS_NIGHT | colors),
            **dict.fromkeys(PAINTINGS, colors),
        },
        both_ways=True,
    )


# And for pixel-level domain transfer.
BIRDS_PLATE = {
    "batch_size": 32,
    "epochs": 8,
    "learning_rate": 5e-4,
    "generator_width": 24,
    "discriminator_width": 24,
    "upsampling": "resize",
    "label_smoothing": 0.1,
    "average_decay": 0.998,
}


def pixel_dt(summary: str, source: str, **changes) -> Preset:
    """A preset of pixel-level domain transfer."""
    return Preset(
        model="models.image_to_image.pixel_dt.PixelDT",
        parts="engine.parts.image_to_image.DomainTransferParts",
        evaluators=("evaluation.pairs.Similarity", "evaluation.pairs.NearestTruth", *BY_NETWORK, MEMORIZATION),
        config=PixelDTConfig(**changes),
        published=published.pixel_dt(**({"domain_weight": 1.0} | changes)),
        why_per_dataset=dict.fromkeys(BIRDS_PAIRS, SHORT),
        summary=summary,
        source=f"{PIXEL_DT}, {source}",
        needs=frozenset({"pairs"}),
        samples_from="images",
        default_dataset="birds_plate",
        per_dataset=dict.fromkeys(BIRDS_PAIRS, BIRDS_PLATE),
    )


PRESETS = {
    "pix2pix": pix2pix("image to image from pairs, L1 + cGAN", "sections 3.1 to 3.3"),
    "pix2pix_l1": pix2pix("L1 alone", "section 4.2", adversarial_weight=0.0),
    "pix2pix_gan": pix2pix(
        "GAN alone: the discriminator is not conditioned on the input", "section 4.2", l1_weight=0.0, conditional=False
    ),
    "pix2pix_cgan": pix2pix("cGAN alone", "section 4.2", l1_weight=0.0),
    "pix2pix_l1_gan": pix2pix("L1 + GAN", "section 4.2", conditional=False),
    "cyclegan": cyclegan("image to image in both directions, without pairs", "sections 3 and 4"),
    "cyclegan_no_cycle": cyclegan("GAN alone: neither cycle nor identity loss", "section 5.1.4", cycle_weight=0.0),
    "cyclegan_log_likelihood": cyclegan(
        "with the log-likelihood instead of the least-squares loss", "equation 1", adversarial="non_saturating"
    ),
    "pixel_dt": pixel_dt("from an object in a scene to a picture of the object alone", "section 4"),
    "pixel_dt_no_domain": pixel_dt("without the domain discriminator", "section 6", domain_weight=0.0),
}
