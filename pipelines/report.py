"""What a data set reports of itself, always in the same form: printed, and kept in the run's record."""

import dataclasses
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from absl import logging

# With fewer images a discriminator soon memorizes each one. A rule of thumb: Karras et al. (2020, "Training generative
# adversarial networks with limited data") needed adaptive augmentation for a few thousand.
FEW_IMAGES = 1000
# Translations learn from patches: the papers train on 400 pairs.
FEW_TRANSLATIONS = 100
# What a report assumes where a set has none to test on.
NO_TEST = "there is no test split: scores and pictures are of the images that were trained on"
# Of names, classes and sizes in a line.
SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Report:
    """What was found, and what became of it.

    Attributes:
        dataset: its name, for the log.
        found: what there is, in a line.
        used: how many images (pairs, ...) each split has, as "train", "test", "train A".
        skipped: reason to the names of the files that are left out for it, none of them lost without a line.
        classes: class name to its number of training images.
        sizes: "width x height" to how many pictures have it.
        assumed: what could be otherwise: layout, splits, label maps, ranges, encoding; a line each.
        few: fewer training images than this are too few.
    """

    dataset: str
    found: str = ""
    used: Mapping[str, int] = dataclasses.field(default_factory=dict)
    skipped: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    classes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    sizes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    few: int = FEW_IMAGES

    @property
    def lacks_test(self) -> bool:
        """Whether images to test on are missing (on one side at least), so that training images stand in for them."""
        return any(split.startswith("test") and not count for split, count in self.used.items())

    def with_used(self, split: str, count: int, classes: Mapping[str, int] | None = None) -> "Report":
        """The report with what is used of a split after decoding; of a test split, of that alone.

        Training images that stand in for those of a test split are counted as such.
        """
        if split.startswith("test") and self.used.get(split):
            used = {name: number for name, number in self.used.items() if name.startswith("test")}
            return dataclasses.replace(self, used={**used, split: count}, classes={})
        split = split.replace("test", "train", 1)
        if not self.used.get(split):
            return self
        return dataclasses.replace(self, used={**self.used, split: count}, classes=classes or self.classes)

    def with_skipped(self, reason: str, names: Iterable[str]) -> "Report":
        """The report with more files that are left out."""
        names = [*self.skipped.get(reason, ()), *names]
        return dataclasses.replace(self, skipped={**self.skipped, reason: names}) if names else self

    def with_assumed(self, *lines: str) -> "Report":
        """The report with more assumptions."""
        return dataclasses.replace(self, assumed=(*self.assumed, *lines))

    def with_sizes(self, sizes: Mapping[str, int]) -> "Report":
        """The report with the sizes of more pictures."""
        return dataclasses.replace(self, sizes=dict(Counter(dict(self.sizes)) + Counter(dict(sizes))))

    def lines(self) -> list[str]:
        """The report, line by line, in this order: found, used, classes, sizes, assumed, skipped."""
        lines = [f"found: {self.found}"] if self.found else []
        if self.used:
            lines.append("used: " + ", ".join(f"{split} {count:,}" for split, count in self.used.items()))
        if self.classes:
            lines.append(f"classes: {len(self.classes):,}: {counted(self.classes, most=20)}")
        if self.sizes:
            common = dict(Counter(dict(self.sizes)).most_common())
            lines.append(f"sizes: {counted(common)}")
        lines += [f"assumed: {line}" for line in self.assumed]
        return lines + [
            f"skipped {len(names):,}: {reason}: {first_names(names)}" for reason, names in self.skipped.items() if names
        ]

    def plain(self) -> dict:
        """The report for JSON: of skipped files how many, and the first names."""
        return {
            "found": self.found,
            "used": dict(self.used),
            "skipped": {
                reason: {"count": len(names), "first": [printable(name) for name in list(names)[:SHOWN]]}
                for reason, names in self.skipped.items()
            },
            "classes": {printable(name): count for name, count in self.classes.items()},
            "sizes": dict(self.sizes),
            "assumed": list(self.assumed),
        }

    def log(self) -> None:
        """Log the report, once a process, and a warning if there are too few images to train on."""
        trained = [count for split, count in self.used.items() if split.startswith("train")]
        log_lines(self.dataset, tuple(self.lines()), min(trained, default=self.few), self.few)


def writable(name: str) -> str:
    """A file's name as it can be written as UTF-8: of bytes that are none, their escapes."""
    return re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", name)


def printable(name: str) -> str:
    """A file's name as it can be printed in one line: as it can be written, without line breaks and the like."""
    name = writable(name)
    if name.isprintable():
        return name
    # The unusual spaces (macOS writes one into the names of screenshots) do no harm.
    return "".join(
        letter
        if letter.isprintable() or unicodedata.category(letter) == "Zs"
        else letter.encode("unicode_escape", "surrogatepass").decode()
        for letter in name
    )


def first_names(names: Sequence[str], most: int = SHOWN) -> str:
    """The first few names, printable."""
    return ", ".join(map(printable, list(names)[:most])) + (", ..." if len(names) > most else "")


def counted(counts: Mapping[str, int], most: int = SHOWN) -> str:
    """Names with their counts."""
    shown = [f"{printable(name)} ({count:,})" for name, count in list(counts.items())[:most]]
    return ", ".join(shown) + (", ..." if len(counts) > most else "")


# The splits of a data set have one report, and a process may load it several times.
@functools.cache
def log_lines(dataset: str, lines: tuple[str, ...], count: int, few: int = FEW_IMAGES) -> None:
    """Log lines, and a warning if there are fewer training images than `few`; the same ones once a process."""
    for line in lines:
        log_line(dataset, lines[0], line)
    if count < few:
        logging.warning(
            "%s: %s images are too few for a GAN (fewer than %s): expect it to memorize them",
            dataset,
            f"{count:,}",
            f"{few:,}",
        )


@functools.cache
def log_line(dataset: str, found: str, line: str) -> None:
    """Log a line once a process of what was found: the reports on its splits differ in some lines only."""
    logging.info("%s: %s", dataset, line)


@functools.cache
def warn_once(message: str) -> None:
    """Log a warning, unless this process has logged the same one before."""
    logging.warning("%s", message)
