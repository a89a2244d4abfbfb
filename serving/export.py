"""A sampler as a numbered SavedModel for TensorFlow Serving, and what one must know to use it.

Loading it needs TensorFlow alone.
"""

import dataclasses
import json
import pathlib

import keras
import tensorflow as tf

from pipelines.atomic import atomic_write
from pipelines.report import printable
from serving.checks import guarded
from serving.examples import EXTRA, REQUESTS, WARMUP, body, examples, warmup_records
from serving.guide import ABOUT, CLASSES, EXAMPLES, GUIDE, About, guide
from serving.sampler import Sampler
from serving.versions import next_version


def export(sampler: Sampler, folder: pathlib.Path, about: About | None = None) -> pathlib.Path:
    """Write the sampler's signatures as the next version below `folder` (1, 2, ...); returns where.

    Each looks at its inputs first (`serving.checks`). The version holds an example request of each signature, as JSON
    and as what TensorFlow Serving warms up with, and the names of its labels in `CLASSES`, if it takes any; `GUIDE`
    beside the versions says how the newest one is used.

    Args:
        sampler: what is exported.
        folder: of all versions.
        about: what it is.
    """
    about = about or About()
    archive = keras.export.ExportArchive()
    for network in sampler.networks:
        archive.track(network)
    for name, (function, specs) in sampler.signatures().items():
        archive.add_endpoint(name, guarded(function, specs, about.limits, sampler.counts), specs)
    with next_version(folder) as (aside, written):
        archive.write_out(str(aside), verbose=False)
        write_extra(sampler, aside, about)
    with atomic_write(folder / GUIDE) as temporary:
        temporary.write_text(guide(sampler, written, about), encoding="utf-8")
    return written


def facts(sampler: Sampler, about: About) -> dict:
    """What a server tells of a model: its name, its weights, its limits, and what a page may show."""
    hints = about.hints
    return {
        "model": about.model,
        "weights": about.weights,
        "limits": dataclasses.asdict(about.limits),
        "twins": dict(sampler.twins),
        "counts": {name: count for name, count in sampler.counts.items() if count},
        "page": {
            "size": list(hints.size),
            "direction": hints.direction,
            "palettes": dict(hints.palettes),
            "captions": list(hints.captions),
            "attributes": list(hints.attributes),
            "examples": {
                direction: [f"{direction}-{place}.png" for place in range(len(images))]
                for direction, images in hints.examples.items()
            },
        },
    }


def write_extra(sampler: Sampler, version: pathlib.Path, about: About):
    """Write what lies beside a SavedModel: what it is, example requests, and the names of labels."""
    requests = examples(sampler, about.limits)
    folder = version / EXTRA / REQUESTS
    folder.mkdir(parents=True)
    (version / EXTRA / ABOUT).write_text(json.dumps(facts(sampler, about), indent=2) + "\n", encoding="utf-8")
    for direction, images in about.hints.examples.items():
        for place, image in enumerate(images):
            path = version / EXTRA / EXAMPLES / f"{direction}-{place}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(tf.io.encode_png(image).numpy())
    for name, request in requests.items():
        (folder / f"{name}.json").write_text(body(name, request) + "\n", encoding="utf-8")
    records = warmup_records(requests, about.model)
    if records is not None:
        with tf.io.TFRecordWriter(str(version / EXTRA / WARMUP)) as writer:
            for record in records:
                writer.write(record)
    if sampler.class_names:
        names = {str(label): printable(name) for label, name in enumerate(sampler.class_names)}
        text = json.dumps(names, indent=2, ensure_ascii=False) + "\n"
        (version / CLASSES).write_text(text, encoding="utf-8")
