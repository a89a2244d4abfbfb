"""The small classifiers that score generated pictures of a world whose ground truth is known."""

import dataclasses

from models.presets.config import Preset, TrainingConfig, setting


@dataclasses.dataclass(frozen=True)
class JudgeConfig(TrainingConfig):
    """An attribute classifier trained on real pictures only."""

    image_size: int = setting(32, "pixels; generated images of another size are resized to it", minimum=8)
    epochs: int = setting(6, "measured: accuracy on unseen species no longer rises", minimum=1, ends_run=True)
    learning_rate: float = setting(1e-3, "Adam's step size", minimum=0.0, maximum=100.0)
    value_counts: tuple = setting((), "how many values each attribute has; from the dataset")
    width: int = setting(32, "channels of the first stage", minimum=1)


PRESETS = {
    "attribute_judge": Preset(
        model="models.attribute_judge.AttributeJudge",
        task="tasks.attribute_judge.AttributeJudgeTask",
        config=JudgeConfig(),
        summary="names the attributes seen in a picture; scores generated birds against their captions",
        source="this project",
        needs=frozenset({"image", "attributes"}),
        modes=("train", "evaluate"),
    ),
}
