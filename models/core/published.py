"""Constants as their sources publish them, beside ours. Importable without TensorFlow, as all registries are.

`docs/fidelity.md` is generated from these tables, and `--dry_run` prints what differs.
"""

import dataclasses

from models.core.config import TrainingConfig


@dataclasses.dataclass(frozen=True)
class Published:
    """One constant of a preset.

    Attributes:
        constant: a field of the preset's configuration, or the name of something that is no setting.
        value: as published; of a field, comparable with its value.
        source: where: a file of the authors' code, or a section of the paper.
        why: why ours is another; "" where it is the same.
        ours: what the project has instead, of something that is no setting.
    """

    constant: str
    value: object
    source: str
    why: str = ""
    ours: str = ""

    def here(self, config: TrainingConfig) -> object:
        """The project's value under a configuration; of epochs, the steps that take their place."""
        if self.constant == "epochs" and config.steps:
            return f"{config.steps:,} steps"
        return self.ours or getattr(config, self.constant)

    def differs(self, config: TrainingConfig) -> bool:
        """Whether the project's value under a configuration is another."""
        return self.here(config) != self.value


def shortened(value: object, most: int = 8, most_characters: int = 80) -> object:
    """Of more than `most` values (the words of a vocabulary) the first few and how many there are, of a text of more
    than `most_characters` (the layers of a network) its beginning; others unchanged.
    """
    if isinstance(value, str) and len(value) > most_characters:
        return f"{value[:most_characters]}..."
    if not isinstance(value, tuple | list) or len(value) <= most:
        return value
    return f"({', '.join(map(str, value[: most // 2]))}, ...: {len(value):,})"


def shown(value: object) -> str:
    """A value as a reader of papers writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.7g}" if isinstance(value, float) else str(shortened(value))
