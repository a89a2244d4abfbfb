"""Configurations: frozen dataclasses, importable without TensorFlow: a wrong command line is refused at once."""

import dataclasses
import difflib
from collections.abc import Mapping

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
OPTIMIZERS = ("adam", "rmsprop", "sgd")
# The step sizes of the players, from which the schedules start: a run may be resumed with others, if they are given.
RATES = ("learning_rate", "discriminator_learning_rate")


class ConfigError(ValueError):
    """A hyper-parameter that does not exist or does not accept the value. The message is one line, fit to print."""


def setting(
    default,
    source: str,
    *,
    choices: tuple = (),
    path_or: tuple = (),
    minimum=None,
    maximum=None,
    ends_run: bool = False,
):
    """A field of a configuration.

    Args:
        default: the value in the paper's preset.
        source: the unit, and where the value comes from (paper, section); printed by `--dry_run`.
        choices: the accepted values, where they can be listed.
        path_or: the accepted names of a field that otherwise holds the path of a file or folder.
        minimum: the smallest accepted number.
        maximum: the largest accepted number.
        ends_run: whether the field only determines when training ends, of all of the model or of a part of it, so that
            a run may be resumed with another value.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "source": source,
            "choices": choices,
            "path_or": path_or,
            "minimum": minimum,
            "maximum": maximum,
            "ends_run": ends_run,
        },
    )


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """The settings of every training. Fields, also those of subclasses, are checked for type and bounds on creation."""

    batch_size: int = setting(64, "examples per step, over all devices", minimum=2)
    image_size: int = setting(64, "pixels", minimum=8)
    epochs: int = setting(600, "passes over the training images; `steps` takes precedence", minimum=1, ends_run=True)
    steps: int = setting(0, "training steps; 0: given by `epochs`", minimum=0, ends_run=True)
    learning_rate: float = setting(2e-4, "Adam's step size", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(
        0, "the learning rate is halved at the beginning of every such epoch, counted from 1; 0: never", minimum=0
    )
    optimizer: str = setting("adam", "gradient descent method", choices=OPTIMIZERS)
    beta_1: float = setting(0.9, "Adam's first decay rate, or the momentum of sgd", minimum=0.0, maximum=1.0)
    beta_2: float = setting(0.999, "Adam's second decay rate", minimum=0.0, maximum=1.0)
    epsilon: float = setting(
        1e-8,
        "added to the root of the mean squared gradient by Adam and rmsprop; Kingma & Ba 2015, Algorithm 1",
        minimum=1e-15,
        maximum=1.0,
    )
    rho: float = setting(0.99, "decay rate of rmsprop's mean squared gradient; Torch's", minimum=0.0, maximum=0.99999)
    precision: str = setting("float32", "precision of the layers; variables are float32", choices=PRECISIONS)
    seed: int = setting(0, "of the initial weights, the batches and the noise", minimum=0, maximum=2**31 - 1)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))

    @classmethod
    def with_newer_settings(cls, recorded: Mapping[str, object]) -> dict[str, object]:
        """A recorded configuration, with the defaults of settings that there were not when it was recorded."""
        return {field.name: field.default for field in dataclasses.fields(cls)} | dict(recorded)

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width) of the images that are trained on, in pixels."""
        return self.image_size, self.image_size

    @property
    def remapping(self) -> bool:
        """Whether TensorFlow's graph optimizer may fuse operations of the step (`remapping`)."""
        return True

    def steps_per_epoch(self, images: int) -> int:
        """Steps in one pass over the images, at least one."""
        return max(images // self.batch_size, 1)

    def total_steps(self, images: int) -> int:
        """Steps of the whole training on a dataset of this many images."""
        return self.steps or self.epochs * self.steps_per_epoch(images)

    def decay_end(self, images: int) -> int:
        """The step at which the learning rate has fallen to 0; 0: it never does."""
        return 0

    def notes(self, images: int) -> list[str]:
        """What to tell the user before training on this many images."""
        end, total = self.decay_end(images), self.total_steps(images)
        if end in (0, total):
            return []
        return [f"The learning rate falls to 0 at step {end:,}; training ends at step {total:,}."]


def check(field: dataclasses.Field, value):
    """Raise ConfigError unless the value has the field's type and is within its bounds."""
    expected = "a number" if field.type is float else f"a value of type {field.type.__name__}"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (isinstance(value, field.type) if field.type is not float else is_number) or (
        field.type is int and isinstance(value, bool)
    ):
        raise ConfigError(f"{field.name} must be {expected}. Received: {value!r}")
    choices, minimum, maximum = (field.metadata.get(key) for key in ("choices", "minimum", "maximum"))
    if choices and value not in choices:
        raise ConfigError(f"{field.name} must be one of {', '.join(map(str, choices))}. Received: {value}")
    # `not >=` rather than `<`: NaN, for which both are false, is refused too.
    if minimum is not None and not value >= minimum:
        raise ConfigError(f"{field.name} must be at least {minimum}. Received: {value}")
    if maximum is not None and not value <= maximum:
        raise ConfigError(f"{field.name} must be at most {maximum}. Received: {value}")


def from_plain(config_class: type, values: Mapping[str, object]) -> TrainingConfig:
    """The configuration from its JSON form, a dict in which tuples have become lists."""
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    known = {field.name for field in dataclasses.fields(config_class)}
    if unknown := sorted(plain.keys() - known):
        raise ConfigError(f"there is no hyper-parameter {', '.join(unknown)} in this version. Received: an older run")
    return config_class(**plain)


def parse(text: str, kind: type):
    """Text from the command line as the field's type; ValueError or KeyError if it is not one."""
    if kind is tuple:
        raise ValueError("only the data determines it")
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    return kind(text)


def override(config: TrainingConfig, changes: Mapping[str, object]) -> TrainingConfig:
    """The configuration with some fields changed.

    Args:
        config: the configuration to start from.
        changes: field name to new value; text is parsed as the field's type.

    Raises:
        ConfigError: a field does not exist (the closest names are suggested), or a value is not accepted.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    parsed = {}
    for name, value in changes.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(near)}?" if near else f"accepted are {', '.join(sorted(fields))}."
            raise ConfigError(f"there is no hyper-parameter {name!r} here; {hint} Received: {name}={value}")
        if isinstance(value, str) and fields[name].type is not str:
            try:
                value = parse(value, fields[name].type)
            except (ValueError, KeyError):
                kind = fields[name].type.__name__
                raise ConfigError(f"{name} must be a value of type {kind}. Received: {value!r}") from None
        parsed[name] = value
    return dataclasses.replace(config, **parsed)
