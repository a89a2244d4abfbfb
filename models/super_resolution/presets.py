"""The presets of super-resolution; `models.super_resolution.configs` names the papers."""

from models.core.preset import Preset, Requirement
from models.super_resolution import published
from models.super_resolution.configs import SRRESNET, SRGANConfig, SRResNetConfig

LEDIG = "Ledig et al., CVPR 2017"
# A generator that two cores train in some 40 minutes. Beside the bicubic enlargement it need not learn what that has.
NARROW = {
    "generator_width": 32,
    "blocks": 8,
    "generator_normalization": "none",
    "adds_to_bicubic": True,
    "average_decay": 0.999,
}
SRRESNET_SHORT = {**NARROW, "steps": 6000, "learning_rate": 5e-4, "learning_rate_drop_step": 4500}
SRGAN_SHORT = {
    **NARROW,
    "steps": 2000,
    "learning_rate_drop_step": 1500,
    "discriminator_width": 16,
    "discriminator_units": 128,
    "adversarial_weight": 1e-2,
}
BIRDS = {"image_size": 64}
SHORT = "short enough for two cores"


def preset(model: str, config, summary: str, source: str, short: dict, **fields) -> Preset:
    """A preset of super-resolution: as published but for what two cores train."""
    return Preset(
        model=model,
        parts="engine.parts.super_resolution.SuperResolutionParts",
        evaluators=("evaluation.super_resolution.Fidelity", "evaluation.super_resolution.PerceptualDistance"),
        config=config,
        why_per_dataset={"birds": SHORT, "folder": SHORT},
        summary=summary,
        source=f"{LEDIG}, {source}",
        needs=frozenset({"image"}),
        samples_from="images",
        default_dataset="birds",
        per_dataset={"folder": short, "birds": {**short, **BIRDS}},
        **fields,
    )


PRESETS = {
    "srresnet": preset(
        "models.super_resolution.srresnet.SRResNet",
        SRResNetConfig(),
        "photographs enlarged 4 times, by the squared error of pixels",
        "sections 2.1 and 2.2.1",
        SRRESNET_SHORT,
        published=published.SRRESNET,
        requires=(),
    ),
    "srgan": preset(
        "models.super_resolution.srgan.SRGAN",
        SRGANConfig(),
        "photographs enlarged 4 times, by a perceptual loss and against a discriminator",
        "section 2",
        SRGAN_SHORT,
        published=published.SRGAN,
        requires=(Requirement(SRRESNET, SRRESNET, SRRESNET, build=True),),
    ),
}
