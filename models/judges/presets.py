"""The presets of the small classifiers that evaluate generated images."""

from models.core.preset import Preset
from models.judges.configs import ClassJudgeConfig, JudgeConfig

PRESETS = {
    "class_judge": Preset(
        model="models.judges.judge.ClassJudge",
        parts="engine.parts.judges.ClassJudgeParts",
        evaluators=("evaluation.judges.ClassAccuracy",),
        config=ClassJudgeConfig(),
        summary="predicts the class of an image; evaluates generated images",
        source="this project",
        needs=frozenset({"image", "classes"}),
        default_dataset="digits",
        per_dataset={
            **{name: {"image_size": 28} for name in ("mnist", "fashion_mnist", "kmnist", "emnist", "idx")},
            "digits": {"image_size": 16, "epochs": 30},
            "cifar10": {"epochs": 20, "flip": True},
            "birds_colors": {"flip": True},
        },
        modes=("train", "evaluate", "explore"),
        samples_from="real images",
    ),
    "attribute_judge": Preset(
        model="models.judges.judge.AttributeJudge",
        parts="engine.parts.judges.AttributeJudgeParts",
        evaluators=("evaluation.judges.AttributeAccuracy",),
        config=JudgeConfig(),
        summary="predicts the attributes in an image; evaluates generated birds against their captions",
        source="this project",
        needs=frozenset({"image", "attributes"}),
        modes=("train", "evaluate"),
        samples_from="real images",
    ),
}
