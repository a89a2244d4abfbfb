"""A sampler as a numbered SavedModel for TensorFlow Serving. Loading it needs TensorFlow alone."""

import pathlib
import shutil

import keras

from serving.sampler import Sampler


def export(sampler: Sampler, folder: pathlib.Path) -> pathlib.Path:
    """Write the sampler's signatures as the next version below `folder` (1, 2, ...); returns where."""
    archive = keras.export.ExportArchive()
    for network in sampler.networks:
        archive.track(network)
    for name, (function, signature) in sampler.signatures().items():
        archive.add_endpoint(name, function, signature)
    folder.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)
    # TensorFlow Serving loads any numbered folder, so an unfinished one must not have a number.
    aside = folder / f".{version}.unfinished"
    shutil.rmtree(aside, ignore_errors=True)
    archive.write_out(str(aside), verbose=False)
    return aside.rename(folder / str(version))
