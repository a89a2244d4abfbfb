"""How the files of a data set are read: what a user may say of them. Recorded with a run, the same in every mode."""

import dataclasses
import math
from collections.abc import Mapping

from pipelines.examples import DataError
from pipelines.readers.text_files import check_encoding

LABEL_MAPS = ("auto", "none", "A", "B", "both")
RESIZES = ("squash", "crop", "pad")
# What super-resolution reads: pictures at their own size, which no user asks for (`pipelines.readers.decode.fitted`).
OWN_SIZE = "own_size"


@dataclasses.dataclass(frozen=True)
class Reading:
    """How files are read; checked on creation.

    Attributes:
        sides: "NAME_A,NAME_B", the folders (or ends of file names) of the two sides of pairs or of unpaired images;
            "" where they are to be recognized.
        splits: "TRAIN,TEST", the folders of the splits, or "none" where no folder is a split; "" where they are to be
            recognized.
        label_maps: which sides of pairs are label maps, one of `LABEL_MAPS`; auto: as the pictures look.
        value_range: "LOW,HIGH", the pixel values that become black and white, or "LOW_A,HIGH_A,LOW_B,HIGH_B"; ""
            where they are to be recognized.
        resize: what becomes of a picture of another aspect, one of `RESIZES`; `OWN_SIZE`: nothing is resized.
        encoding: of text files, a Python codec; "" for UTF-8 (or UTF-16 and UTF-32 with a byte order mark).
        class_column: the column of a table beside the pictures that names their classes; "" for none.
        recorded: None in training. After it, how the pixel values of each side were read (`pipelines.examples.Values`,
            as a mapping; a side without an entry as the default); what the user's files hold now does not change that.

    Raises:
        DataError: a value that is not accepted.
    """

    sides: str = ""
    splits: str = ""
    label_maps: str = "auto"
    value_range: str = ""
    resize: str = "squash"
    encoding: str = ""
    class_column: str = ""
    recorded: Mapping[str, Mapping[str, object]] | None = dataclasses.field(default=None, compare=False)

    def __post_init__(self):
        for name, accepted in (("label_maps", LABEL_MAPS), ("resize", RESIZES)):
            if getattr(self, name) not in (*accepted, *((OWN_SIZE,) if name == "resize" else ())):
                raise DataError(f"{name} must be one of {', '.join(accepted)}. Received: {getattr(self, name)}")
        if self.sides and len(set(self.side_names)) != 2:
            raise DataError(f"sides must be two names with a comma between them. Received: {self.sides}")
        if self.splits not in ("", "none") and len(set(self.split_names)) != 2:
            raise DataError(f"splits must be two names with a comma between them, or none. Received: {self.splits}")
        if self.value_range:
            self.range_of_values()
        check_encoding(self.encoding)

    @property
    def side_names(self) -> tuple[str, ...]:
        """The names of A and B, if they are given."""
        return names_in(self.sides)

    @property
    def split_names(self) -> tuple[str, ...]:
        """The names of the folders of train and test, if they are given."""
        return () if self.splits == "none" else names_in(self.splits)

    def range_of_values(self, side: str = "") -> tuple[float, float] | None:
        """The values that become black and white, of sides A and B if they are given for each; None where they are not
        given."""
        if not self.value_range:
            return None
        try:
            numbers = [float(part) for part in self.value_range.split(",")]
        except ValueError:
            numbers = []
        ranges = [tuple(numbers[place : place + 2]) for place in range(0, len(numbers), 2)]
        if len(numbers) not in (2, 4) or not all(
            math.isfinite(low) and math.isfinite(high) and low < high for low, high in ranges
        ):
            raise DataError(
                "value_range must be two finite numbers with a comma between them, or four (of side A, then of "
                f"B), the lower one first. Received: {self.value_range}"
            )
        return ranges[-1] if side == "B" else ranges[0]

    def settings(self) -> dict[str, str]:
        """What a user may say, by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.compare}

    def given(self) -> dict[str, str]:
        """What differs from the default, by name."""
        return {name: value for name, value in self.settings().items() if value != getattr(DEFAULT, name)}


def names_in(text: str) -> tuple[str, ...]:
    """The names between commas."""
    return tuple(name for part in text.split(",") if (name := part.strip().strip("/")))


def from_record(values: Mapping[str, object] | None) -> Reading:
    """The reading in a run's record; the default where an older record has none."""
    known = {field.name for field in dataclasses.fields(Reading)}
    return Reading(**{name: value for name, value in (values or {}).items() if name in known})


DEFAULT = Reading()
