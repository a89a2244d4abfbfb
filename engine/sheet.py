"""data.png: the first examples as they are trained on, in the run folder or where --dry_run is told to draw them."""

import pathlib

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.command import Train
from engine.folder import RunError, RunFolder
from engine.parts.parts import Parts, Prepared
from pipelines.atomic import atomic_write
from pipelines.examples import Examples
from pipelines.readers.files import SHEET_MARK


def sheet_path(folder: RunFolder, command: Train, data_dir: str = "") -> pathlib.Path | None:
    """Where --dry_run draws the examples: --output, or the run folder; None where that holds a run, which has its own.

    Raises:
        RunError: --output is not a PNG file, or is in the folder of the user's data, whose images are trained on.
    """
    if not command.output:
        return None if folder.read_record() and folder.sheet.exists() else folder.sheet
    path = pathlib.Path(command.output)
    path = path / folder.sheet.name if path.is_dir() else path
    if path.suffix.lower() != ".png":
        raise RunError(f"--output must be a .png file or an existing folder. Received: {path}")
    refuse_among_data(path, data_dir, command.output, "a file")
    return path


def refuse_among_data(path: pathlib.Path, data_dir: str, output: str, kind: str):
    """RunError if a path is in the folder of the user's data, whose images are trained on."""
    if data_dir and path.resolve().is_relative_to(pathlib.Path(data_dir).resolve()):
        raise RunError(
            "--output must not be in --data_dir, as it would be trained on; "
            f"accepted is {kind} elsewhere. Received: --output={output}"
        )


def write_sheet(path: pathlib.Path | None, parts: Parts, prepared: Prepared, examples: Examples):
    """Draw the first examples as they are trained on, and say where.

    Args:
        path: of the PNG file; None if that of a run stays.
        parts: of the run.
        prepared: what they have made of the data.
        examples: that are trained on.
    """
    if path is None:
        print("The run's own data.png stays; --output=FILE.png draws the examples of this command.", flush=True)
        return
    picture = parts.sheet(prepared, examples)
    if picture is not None:
        with atomic_write(path) as aside:
            text = PngInfo()
            text.add_text("Software", SHEET_MARK)
            Image.fromarray(np.asarray(picture)).save(aside, pnginfo=text)
        print(f"The first examples, as they are trained on: {path}", flush=True)
