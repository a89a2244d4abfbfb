"""What can be set of the small classifiers that score generated pictures."""

import dataclasses

from models.core.config import TrainingConfig, setting


@dataclasses.dataclass(frozen=True)
class JudgeConfig(TrainingConfig):
    """An attribute classifier trained on real pictures only."""

    image_size: int = setting(32, "pixels; generated images of another size are resized to it", minimum=8)
    epochs: int = setting(6, "measured: accuracy on unseen species no longer rises", minimum=1, ends_run=True)
    learning_rate: float = setting(1e-3, "Adam's step size", minimum=0.0, maximum=100.0)
    value_counts: tuple = setting((), "how many values each attribute has; from the dataset")
    width: int = setting(32, "channels of the first stage", minimum=1)


@dataclasses.dataclass(frozen=True)
class ClassJudgeConfig(JudgeConfig):
    """A classifier of the images of a dataset with classes."""

    channels: int = setting(0, "of an image: 1 or 3; 0: as the data has", choices=(0, 1, 3))
    flip: bool = setting(False, "whether training images are mirrored half of the time")
