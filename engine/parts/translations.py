"""Translating files of any sizes into a folder, with a page that shows input beside output."""

import collections
import pathlib
import shutil

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from engine.command import Sample
from engine.folder import RunError
from engine.parts.parts import weights_of
from models.core.trained import TrainedModel
from panels.gallery import gallery
from pipelines.atomic import atomic_write
from pipelines.examples import DataError
from pipelines.readers.decode import decode_rgb
from pipelines.readers.files import IMAGE_SUFFIXES, list_files
from serving.images import TranslationSampler


def translate_files(
    sampler: TranslationSampler, command: Sample, target: pathlib.Path, title: str, model: TrainedModel
) -> pathlib.Path:
    """Translate the images of --input into `target`; returns the page.

    Files that cannot be read are skipped, and named.

    Raises:
        RunError: `target` is a file.
        DataError: there is no image, or none that can be read.
    """
    source = pathlib.Path(command.input)
    names = [source.name] if source.is_file() else list_files(str(source), IMAGE_SUFFIXES)
    if not names:
        raise DataError(f"--input must be an image, or a folder of images. Received: no image in {source}")
    if target.is_file():
        raise RunError(f"--output must be a folder. Received: {target}")
    root = source.parent if source.is_file() else source
    stems = collections.Counter(pathlib.PurePosixPath(name).with_suffix("") for name in names)
    rows, skipped = [], []
    for name in tqdm(names, "translating", unit=" images", disable=None):
        try:
            image = decode_rgb(str(root / name))
        except Exception as error:
            # Pillow raises a dozen types; one broken file must not end the others.
            skipped.append(f"{name} ({' '.join(str(error).split())})")
            continue
        path = pathlib.PurePosixPath(name)
        # a.jpg and a.png must not become one.
        alone = stems[path.with_suffix("")] == 1
        files = {"input": f"input/{name}", "output": f"output/{path.with_suffix('.png') if alone else f'{name}.png'}"}
        write_png(target / files["output"], sampler.translate(image, command.seed, command.direction))
        with atomic_write(target / files["input"]) as aside:
            shutil.copyfile(root / name, aside)
        rows.append((name, files))
    for line in skipped:
        print(f"skipped: {line}", flush=True)
    if not rows:
        raise DataError(f"none of the images could be read. Received: {source}")
    page = page_of(target, gallery(title, rows))
    print(f"Wrote {len(rows)} images and {page}, translated with the {weights_of(model)}.")
    return page


def write_png(path: pathlib.Path, picture: np.ndarray):
    """Write a (h, w, 3) uint8 picture as a PNG file."""
    with atomic_write(path) as aside:
        aside.write_bytes(tf.io.encode_png(picture).numpy())


def page_of(folder: pathlib.Path, text: str) -> pathlib.Path:
    """Write a page of HTML as index.html of a folder; returns where."""
    page = folder / "index.html"
    with atomic_write(page) as aside:
        aside.write_text(text, encoding="utf-8")
    return page
