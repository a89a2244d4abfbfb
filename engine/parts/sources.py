"""Which files --mode=sample translates: the pictures of --input, never what this or an earlier command has written."""

import collections
import dataclasses
import functools
import itertools
import os
import pathlib

from engine.folder import RunError
from engine.parts.depths import PREVIEW
from panels.gallery import is_gallery
from pipelines.readers.files import not_pictures, scan
from pipelines.report import Report, printable

# Where a page of translations has its pictures, beside its index.html.
INPUT, OUTPUT = "input", "output"


@dataclasses.dataclass(frozen=True)
class Sources:
    """The pictures to translate.

    Attributes:
        root: the folder that they lie in.
        names: their paths below it, with forward slashes, sorted.
        report: what else was found there, and why it is left out.
    """

    root: pathlib.Path
    names: tuple[str, ...]
    report: Report


def check_target(source: pathlib.Path, target: pathlib.Path) -> None:
    """RunError if the translations of `source` must not be written into `target`.

    Links and `..` are followed, so that no other name of a folder helps.
    """
    if target.exists() and not target.is_dir():
        raise RunError(f"--output must be a folder. Received: {printable(str(target))}")
    for folder in (target, target / OUTPUT):
        if same(source, folder) or (folder != target and is_within(source, folder)):
            raise RunError(
                "--output must be a folder of its own: translations in --input would be translated again by the next "
                f"command. Received: --input={printable(str(source))} and --output={printable(str(target))}"
            )


def find_sources(source: pathlib.Path, target: pathlib.Path, run_folder: pathlib.Path) -> Sources:
    """The pictures of a file or folder, less what was written by this and earlier commands, and what is no picture.

    Left out, each with a line in the report, are what lies below `target` or the run folder, other run folders, and
    the folders `input`, `output` and `preview` of pages of translations.
    """
    if source.is_file():
        return Sources(source.parent, (source.name,), Report("--input"))
    scanned = scan(str(source))
    report = Report("--input", found=scanned.found)
    written = written_below(source, target, run_folder)
    chosen, reasons = [], {}
    for name in scanned.pictures:
        if reason := written(name):
            reasons.setdefault(reason, []).append(name)
        else:
            chosen.append(name)
    others = [name for name in scanned.others if not written(name)]
    for reason, names in {
        **reasons,
        **not_pictures(scanned, set(scanned.others) - set(others)),
        **scanned.skipped,
    }.items():
        report = report.with_skipped(reason, names)
    return Sources(source, tuple(chosen), report)


def written_below(source: pathlib.Path, target: pathlib.Path, run_folder: pathlib.Path):
    """A function that says of a path below `source` which command has written it, or ""."""
    own = {target: "in --output"}
    if is_within(source, target):
        # As --input=mine/input --output=mine: the copies of the pictures are the pictures themselves.
        own = {
            folder: "in --output"
            for folder in (target / INPUT, target / OUTPUT, target / PREVIEW)
            if not is_within(source, folder)
        }
    if same(source, run_folder) or not is_within(source, run_folder):
        own[run_folder] = "in the run folder"

    @functools.cache
    def reason_of(folder: str) -> str:
        path = source / folder
        for place, reason in own.items():
            if is_within(path, place):
                return reason
        if path != source and (path / "run.json").is_file() and (path / "checkpoints").is_dir():
            return "in a run folder"
        if path.name in (INPUT, OUTPUT, PREVIEW) and path != source and is_gallery(path.parent / "index.html"):
            return "translations of an earlier command"
        return reason_of(os.path.dirname(folder)) if folder else ""

    def reason(name: str) -> str:
        path = source / name
        linked = path.is_symlink() and next((why for place, why in own.items() if is_within(path, place)), "")
        return linked or reason_of(os.path.dirname(name))

    return reason


def same(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether two paths are one place."""
    return os.path.realpath(one) == os.path.realpath(other)


def is_within(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether a path lies below a folder, or is the folder."""
    return pathlib.Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def output_names(names: tuple[str, ...]) -> dict[str, str]:
    """Of each picture the name of its translation, a PNG file: a.jpg becomes a.png; where a.png is another picture's,
    a.jpg.png, and so on until no two are the same, nor a folder's.
    """
    paths = {name: pathlib.PurePosixPath(name) for name in names}
    taken = {str(parent) for path in paths.values() for parent in path.parents}
    wanted = {name: str(path.with_suffix(".png")) for name, path in paths.items()}
    counts = collections.Counter(wanted.values())
    chosen = {}
    for name, short in wanted.items():
        longer = itertools.chain([f"{name}.png"], (f"{name}-{number}.png" for number in itertools.count(2)))
        candidates = longer if counts[short] > 1 else itertools.chain([short], longer)
        chosen[name] = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(chosen[name])
    return chosen
