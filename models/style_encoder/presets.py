"""The preset of the style encoder, Reed et al., ICML 2016."""

from models.core.preset import Preset, Requirement
from models.style_encoder.configs import StyleEncoderConfig
from models.style_encoder.published import PUBLISHED
from models.text_encoder.presets import TEXT_AND_IMAGES

# Some 4 minutes on two cores. Without a falling rate the figures of real images differ from step to step: the area of
# the same pose was 0.69, 0.77 and 0.67 after 300, 1,500 and 3,000 steps, with it 0.73 to 0.76 every 300 steps.
BIRDS = {
    "steps": 1500,
    "discriminator_width": 32,
    "learning_rate": 1e-3,
    "learning_rate_halving_epochs": 2,
}

PRESETS = {
    "style_encoder": Preset(
        model="models.style_encoder.style_encoder.StyleEncoder",
        parts="engine.parts.style_encoder.StyleEncoderParts",
        config=StyleEncoderConfig(),
        summary="reads pose and background off an image: a trained text-to-image generator, inverted",
        source="Reed et al., ICML 2016, section 4.4",
        needs=TEXT_AND_IMAGES,
        evaluators=(
            "evaluation.styles.StyleError",
            "evaluation.styles.StyleVerification",
            "evaluation.styles.TransferredAttributes",
        ),
        requires=(
            Requirement("generator", "gan_cls", "text_to_image"),
            Requirement("judge", "attribute_judge", "judge", to_train=False),
        ),
        per_dataset={"birds": BIRDS},
        modes=("train", "sample", "evaluate", "export", "explore"),
        samples_from="images and captions",
        published=PUBLISHED,
        why_per_dataset={"birds": "short enough for two cores; measured by the error on new samples"},
    ),
}
