"""report.html: what a run is, was trained on and has learned, on one page in its folder."""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Callable, Mapping

from absl import logging

from engine.describe import departure
from engine.folder import RunFolder
from engine.parts.neighbors import neighbors_of
from engine.parts.parts import weights_of
from engine.parts.translations import write_png
from engine.scorecard import scores
from evaluation.memorization import PIXELS
from models.core.published import shown
from models.core.trained import TrainedModel
from panels import page
from panels.page import Section
from pipelines.atomic import atomic_write
from pipelines.report import printable
from pipelines.rows import evenly
from serving.sampler import Sampler

FILE = "report.html"
PICTURE = re.compile(r"(?P<name>.+)-(?P<step>\d{8})\.png")
# Of each kind of picture that was drawn while training: the first, the last, and some between them.
PICTURES = 6


def write_report(run, model: TrainedModel, sampler: Sampler | None) -> pathlib.Path:
    """Write report.html, and say where.

    Args:
        run: the `engine.run.Run`.
        model: one of its checkpoints; computes in float32.
        sampler: of the model; None of what is not sampled.

    Raises:
        OSError: it cannot be written.
    """
    title = f"{run.experiment.model} on {run.experiment.dataset}, step {model.step:,}"
    path = run.folder.path / FILE
    with atomic_write(path) as aside:
        aside.write_text(page.page(title, sections(run, model, sampler)), encoding="utf-8")
    print(f"The report on this run is {printable(str(path))}.", flush=True)
    return path


def try_report(run, model: TrainedModel, sampler: Sampler | None):
    """Write report.html if that can be done: no training and no evaluation fails for it."""
    try:
        write_report(run, model, sampler)
    except Exception as error:
        logging.warning("There is no new %s: %s", FILE, printable(str(error)))


def sections(run, model: TrainedModel, sampler: Sampler | None) -> list[Section]:
    """The parts of the page; one that fails says so in its place."""
    makers: dict[str, Callable[..., list[str]]] = {
        "Run": about,
        "Configuration": configuration,
        "Data": data,
        "Curves": curves,
        "Pictures while training": pictures,
        "Scores": scores,
        "Nearest training images": functools.partial(neighbors, sampler=sampler),
        "Files": files,
    }
    made = []
    for title, maker in makers.items():
        try:
            made.append(Section(title, maker(run, model)))
        except Exception as error:
            logging.warning("%s: without %s, as that failed: %s", FILE, title.lower(), printable(str(error)))
            made.append(Section(title, [page.paragraph(f"This part could not be made: {error}", "note")]))
    return made


def about(run, model: TrainedModel) -> list[str]:
    """What was trained, from what, by which command."""
    record, preset, experiment = run.record, run.preset, run.experiment
    requires = {
        f"Needs, as {role}": ", ".join(f"{name}: {value}" for name, value in needed.items())
        for role, needed in record.get("requires", {}).items()
    }
    values = {
        "Model": f"{experiment.model}: {preset.summary}",
        "Source": preset.source,
        "Dataset": experiment.dataset,
        "Run folder": run.folder.path,
        "Weights": weights_of(model),
        "Devices": record.get("devices"),
        "oneDNN": {True: "on", False: "off"}.get(record.get("onednn")),
        **{f"Version of {name}": version for name, version in record.get("versions", {}).items()},
        **requires,
    }
    changes = [
        f"{change['field']}: {change['from']} -> {change['to']}, from step {change['step']:,} on"
        for change in record.get("changes", [])
    ]
    return [page.facts(values), page.code(experiment.command()), page.listing(changes)]


def configuration(run, model: TrainedModel) -> list[str]:
    """The settings that are not the preset's, the constants that are not as published, and all settings."""
    config, preset, experiment = run.trained_config(), run.preset, run.experiment
    usual, rows, others = preset.resolve(experiment.dataset), [], []
    for field in dataclasses.fields(config):
        here, there = getattr(config, field.name), getattr(usual, field.name)
        rows.append((field.name, shown(here), field.metadata.get("source", "")))
        if here != there:
            others.append((field.name, shown(here), shown(there), field.metadata.get("source", "")))
    departures = [departure(experiment, row, config) for row in preset.published if row.differs(config)]
    same = "" if others else page.paragraph(f"All settings are those of {experiment.model} on {experiment.dataset}.")
    note = "A setting that is 0 or empty in the preset is one that the data tells, or that is off."
    return [
        same,
        page.table(("setting", "here", "preset on this dataset", "what it is"), others),
        page.paragraph(note, "note") if others else "",
        page.folded(f"Not as published: {len(departures)}", page.listing(departures)),
        page.folded(f"All {len(rows)} settings", page.table(("setting", "value", "what it is"), rows)),
    ]


def data(run, model: TrainedModel) -> list[str]:
    """What was found, used, assumed and skipped; the first examples."""
    record, report = run.record, run.record.get("report", {})

    def counted(counts: Mapping[str, int], most: int) -> str:
        pairs = [f"{name} ({count:,})" for name, count in list(counts.items())[:most]]
        return ", ".join(pairs) + (", ..." if len(counts) > most else "")

    images, classes = record["data"].get("images"), report.get("classes", {})
    both = ", ".join(f"{count:,}" for count in images) if isinstance(images, list) else images and f"{images:,}"
    values = {
        "Training images": both,
        "Found": report.get("found"),
        "Used": ", ".join(f"{split} {count:,}" for split, count in report.get("used", {}).items()),
        "Classes": f"{len(classes):,}: {counted(classes, 20)}" if classes else "",
        "Sizes": counted(report.get("sizes", {}), 5),
        "Held out to choose a checkpoint": f"{record.get('validation_share', 0.0):.0%}"
        if record.get("validation_share")
        else "",
    }
    skipped = [
        f"{entry['count']:,} skipped: {reason}: {', '.join(entry['first'])}"
        for reason, entry in report.get("skipped", {}).items()
    ]
    sheet = run.folder.sheet.name if run.folder.sheet.exists() else ""
    return [
        page.facts(values),
        page.listing([*(f"assumed: {line}" for line in report.get("assumed", ())), *skipped]),
        page.figure(sheet, "The first examples, as they are trained on") if sheet else "",
    ]


def curves(run, model: TrainedModel) -> list[str]:
    """The losses, scores and metrics over the steps."""
    name = "curves.png"
    return [page.figure(name, "Means since the row before, by step")] if (run.folder.path / name).exists() else []


def pictures(run, model: TrainedModel) -> list[str]:
    """The same pictures at some steps, from the first to the last."""
    blocks = []
    for name, steps in drawn_while_training(run.folder).items():
        some = [steps[index] for index in evenly(len(steps), PICTURES)]
        shown_of = [
            page.figure(f"{run.folder.pictures.name}/{name}-{step:08d}.png", f"{name}, step {step:,}") for step in some
        ]
        blocks.append(f"<div>{''.join(shown_of)}</div>")
    return blocks


def drawn_while_training(folder: RunFolder) -> dict[str, list[int]]:
    """By name, the steps of which there is a picture."""
    found = {}
    for path in sorted(folder.pictures.glob("*.png")):
        if match := PICTURE.fullmatch(path.name):
            found.setdefault(match["name"], []).append(int(match["step"]))
    return {name: sorted(steps) for name, steps in found.items()}


def neighbors(run, model: TrainedModel, sampler: Sampler | None) -> list[str]:
    """Samples beside the training images nearest to them."""
    blocks = []
    for name, drawn in (run.parts.drawn(model, sampler) if sampler else {}).items():
        found = neighbors_of(drawn)
        file = f"report/neighbors{f'-{name}' if name else ''}.png"
        write_png(run.folder.path / file, found.picture)
        beside = (
            ""
            if found.distance_of_unseen is None
            else f"; of images that were not trained on {page.number(found.distance_of_unseen)}"
        )
        blocks += [
            page.paragraph(
                f"Each row: a picture that was drawn, and its nearest of {found.searched:,} training images. "
                "The upper half are the pictures nearest to a training image. Median distance of "
                f"{len(drawn.pictures)} pictures to the nearest {page.number(found.distance)}{beside} "
                f"(root-mean-square difference of {PIXELS.name.name}, from -1 to 1)."
            ),
            page.figure(file, f"{name}: nearest training images" if name else "Nearest training images"),
            page.folded(
                "Names",
                page.table(
                    ("picture", "distance", "nearest training images"),
                    [(label, distance, ", ".join(names)) for label, names, distance in found.rows],
                ),
            ),
        ]
    return blocks


def files(run, model: TrainedModel) -> list[str]:
    """What else is in the folder."""
    known = {
        "run.json": "what was asked for and what it was trained on",
        "numbers.csv": "the numbers of the curves",
        "evaluation.json": "the scores and their protocol",
        "pictures": "all pictures that were drawn while training",
        "export": "SavedModels",
        "evaluation": "pictures of the evaluation",
        "explore": "experiments",
        "checkpoints": "weights and optimizers",
        "tensorboard": "for tensorboard --logdir",
    }
    return [page.links({name: label for name, label in known.items() if (run.folder.path / name).exists()})]
