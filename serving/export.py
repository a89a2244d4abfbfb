"""A sampler as a numbered SavedModel for TensorFlow Serving, and what one must know to use it.

Loading it needs TensorFlow alone.
"""

import json
import pathlib
import re
import shutil
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from pipelines.atomic import atomic_write
from pipelines.report import printable
from serving.sampler import Sampler

GUIDE = "SERVING.md"
# Servers leave this folder of a SavedModel alone: it is for files of its users.
CLASSES = "assets.extra/classes.json"

# By name, the signatures of a SavedModel as it was written.
Written = Mapping[str, meta_graph_pb2.SignatureDef]


def export(sampler: Sampler, folder: pathlib.Path, about: str = "") -> pathlib.Path:
    """Write the sampler's signatures as the next version below `folder` (1, 2, ...); returns where.

    The version holds the names of its labels in `CLASSES`, if it takes any, and `GUIDE` beside the versions says how
    the newest one is used.

    Args:
        sampler: what is exported.
        folder: of all versions.
        about: which model it is, and which weights, in words.
    """
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
    if sampler.class_names:
        path = aside / CLASSES
        path.parent.mkdir(exist_ok=True)
        names = {str(label): printable(name) for label, name in enumerate(sampler.class_names)}
        path.write_text(json.dumps(names, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    written = aside.rename(folder / str(version))
    with atomic_write(folder / GUIDE) as temporary:
        temporary.write_text(guide(sampler, written, about), encoding="utf-8")
    return written


def guide(sampler: Sampler, version: pathlib.Path, about: str) -> str:
    """How an exported version is used, as Markdown: its weights, its signatures, and the names of its labels."""
    saved = saved_model_pb2.SavedModel.FromString((version / "saved_model.pb").read_bytes())
    parts = [
        "# How to use this model",
        f"Each number here is a version, a SavedModel that TensorFlow Serving serves as it is. Version {version.name}: "
        f"{about or 'the newest'}.",
        "## Signatures",
        "B is the size of the batch; another letter or `?` is any size.",
        signature_table(sampler, saved.meta_graphs[0].signature_def),
    ]
    if about_files := sampler.about_files():
        parts += ["## Files", "\n".join(about_files)]
    if sampler.class_names:
        parts += [
            "## Labels",
            f"`label` is the number of a class; the same table is in each version, in `{CLASSES}`.",
            class_table(sampler.class_names),
        ]
    return "\n\n".join(parts) + "\n"


def signature_table(sampler: Sampler, written: Written) -> str:
    """Each signature with its inputs, in their order, and its outputs as they were written."""
    rows = ["| signature | inputs | outputs |", "|---|---|---|"]
    for name, (_, specs) in sampler.signatures().items():
        inputs = ", ".join(tensor(spec.name, spec.dtype, spec.shape.as_list()) for spec in specs)
        outputs = written[name].outputs
        described = (
            tensor(key, tf.dtypes.as_dtype(outputs[key].dtype), shape_of(outputs[key])) for key in sorted(outputs)
        )
        rows.append(f"| `{name}` | {inputs} | {', '.join(described)} |")
    return "\n".join(rows)


def tensor(name: str, dtype: tf.DType, shape: Sequence[int | None] | None) -> str:
    """A tensor in words: its name, shape and type."""
    if shape is None:
        return f"`{name}` {dtype.name}"
    if not shape:
        return f"`{name}` {dtype.name} scalar"
    sizes = ["B" if place == 0 and size is None else size or "?" for place, size in enumerate(shape)]
    return f"`{name}` ({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''}) {dtype.name}"


def shape_of(info: meta_graph_pb2.TensorInfo) -> list[int | None] | None:
    """The shape of a written tensor, None being any size; None if the number of dimensions is not known."""
    return tf.TensorShape(info.tensor_shape).as_list() if not info.tensor_shape.unknown_rank else None


def class_table(names: Sequence[str]) -> str:
    """The name of each label, as a table."""
    rows = [f"| {label} | {cell(name)} |" for label, name in enumerate(names)]
    return "\n".join(["| label | class |", "|---|---|", *rows])


def cell(name: str) -> str:
    """A name in a table of Markdown, which shows it as it is."""
    return re.sub(r"([\\|`*<\[])", r"\\\1", printable(name))
