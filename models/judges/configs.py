"""The settings of the small classifiers that evaluate generated images."""

import dataclasses

from models.core.config import TrainingConfig, setting


@dataclasses.dataclass(frozen=True)
class JudgeConfig(TrainingConfig):
    """An attribute classifier trained on real images only."""

    image_size: int = setting(32, "pixels; generated images of another size are resized to it", minimum=8)
    epochs: int = setting(6, "measured: accuracy on unseen species stops rising", minimum=1, ends_run=True)
    learning_rate: float = setting(1e-3, "Adam's step size", minimum=0.0, maximum=100.0)
    value_counts: tuple = setting((), "number of values of each attribute; from the dataset")
    width: int = setting(32, "channels of the first stage", minimum=1)
    flip: bool = setting(True, "whether training images are mirrored with probability 1/2")

    # Of the images.
    channels = 3
    # Judges of attributes see what a generator makes, which nobody changed to deceive them.
    adversarial_epsilon = 0.0


@dataclasses.dataclass(frozen=True)
class ClassJudgeConfig(JudgeConfig):
    """A classifier of the images of a dataset with classes."""

    channels: int = setting(0, "of an image: 1 or 3; 0: from the data", choices=(0, 1, 3))
    flip: bool = setting(False, "whether training images are mirrored with probability 1/2")
    adversarial_epsilon: float = setting(
        0.0,
        "adversarial training: half of the loss is that of images changed by the fast gradient sign method, by this "
        "share of the range of pixels; 0: none; Goodfellow et al. 2015, section 6",
        minimum=0.0,
        maximum=1.0,
    )
