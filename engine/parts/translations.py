"""Translating files of any sizes into a folder, with a page that shows input beside output."""

import os
import pathlib
import shutil

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from engine.command import Sample
from engine.parts.depths import Depths
from engine.parts.parts import weights_of
from engine.parts.sources import INPUT, OUTPUT, check_target, find_sources, output_names, same
from models.core.trained import TrainedModel
from panels.gallery import gallery
from pipelines.atomic import atomic_write
from pipelines.examples import DataError
from pipelines.report import Report, printable
from serving.images import TranslationSampler


def translate_files(
    sampler: TranslationSampler,
    command: Sample,
    target: pathlib.Path,
    title: str,
    model: TrainedModel,
    run_folder: pathlib.Path,
    depths: Depths | None = None,
) -> pathlib.Path:
    """Translate the images of --input into `target`; returns the page.

    What is no picture, cannot be read or was written by this or an earlier command is skipped, and counted.

    Raises:
        RunError: `target` is a file, or --input is in it (`engine.parts.sources.check_target`).
        DataError: there is no image, or none that can be read, or the range of their values is unknown.
    """
    source = pathlib.Path(command.input)
    check_target(source, target)
    sources = find_sources(source, target, run_folder)
    for line in sources.report.lines():
        print(line, flush=True)
    if not sources.names:
        skipped = "; ".join(line for line in sources.report.lines() if line.startswith("skipped"))
        raise DataError(
            "--input must be an image, or a folder of images. "
            f"Received: no image in {printable(str(source))}{skipped and f' ({skipped})'}"
        )
    depths = depths or Depths()
    for line in depths.look_at([str(sources.root / name) for name in sources.names]):
        print(line, flush=True)
    rows, unreadable, outputs = [], [], output_names(sources.names)
    for name in tqdm(sources.names, "translating", unit=" images", disable=None):
        path = sources.root / name
        try:
            image = depths.read(str(path))
        except Exception as error:
            # Pillow raises a dozen types; one broken file must not end the others.
            unreadable.append(f"{name} ({' '.join(str(error).replace(repr(str(path)), 'it').split())})")
            continue
        files = {INPUT: f"{INPUT}/{name}", OUTPUT: f"{OUTPUT}/{depths.name(outputs[name], name)}"}
        target.mkdir(parents=True, exist_ok=True)
        # What a large picture needs on disk is where its translation will be, unless another folder is named.
        folder = os.environ.get("TMPDIR") or str(target)
        translation = sampler.translate(image, command.seed, command.direction, folder)
        depths.write(target / files[OUTPUT], translation)
        copy(path, target / files[INPUT])
        rows.append((name, depths.shown(target, files, {INPUT: image, OUTPUT: translation})))
    for line in Report("--input").with_skipped("cannot be read", unreadable).lines():
        print(line, flush=True)
    if not rows:
        raise DataError(f"none of the images could be read. Received: {printable(str(source))}")
    page = page_of(target, gallery(title, rows))
    print(f"Wrote {len(rows)} images and {printable(str(page))}, translated with the {weights_of(model)}.", flush=True)
    return page


def copy(path: pathlib.Path, target: pathlib.Path):
    """Copy a file, unless it is there already under another name of the same place."""
    if same(path, target):
        return
    with atomic_write(target) as aside:
        shutil.copyfile(path, aside)


def write_png(path: pathlib.Path, picture: np.ndarray):
    """Write a (h, w, 1 or 3) uint8 picture as a PNG file."""
    with atomic_write(path) as aside:
        aside.write_bytes(tf.io.encode_png(picture).numpy())


def page_of(folder: pathlib.Path, text: str) -> pathlib.Path:
    """Write a page of HTML as index.html of a folder; returns where."""
    page = folder / "index.html"
    with atomic_write(page) as aside:
        aside.write_text(text, encoding="utf-8")
    return page
