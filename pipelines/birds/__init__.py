"""The embedded dataset: procedurally drawn birds, captioned, with ground truth. Needs no download.

`scene` defines species and scenes, `anatomy` and `scenery` their shapes; `drawing` paints a scene as a photograph and
`views` in other ways; `grammar` writes captions; `rendering` renders a whole dataset on all cores, and `builder` caches
the result.
"""

import dataclasses
import os
import pathlib

import numpy as np

from pipelines.birds.scene import ATTRIBUTE_NAMES, ATTRIBUTE_VALUES, STYLE_NAMES
from pipelines.examples import CaptionedImages, DataError, GroundTruth, LabeledImages, PairedImages, UnpairedImages
from pipelines.report import FEW_TRANSLATIONS, Report
from pipelines.rows import image_rows
from pipelines.sizes import shown

# The splits that are rendered together with a split. "varied" has as many species as pictures.
RENDERED_WITH = {"train": ("train", "test"), "test": ("train", "test"), "varied": ("varied",)}
SMALLEST_SIZE = 8


def load(
    split: str, load_size: int, data_dir: str, cache_dir: str = "data", images_per_class: int = 60, seed: int = 0
) -> CaptionedImages:
    """Returns one split of the birds in memory. The first call renders both splits; later ones only read them.

    Args:
        split: "train" (150 species), "test" (50 other species), or "varied" (12,000 pictures of as many species, with
            independent attributes, to train attribute classifiers).
        load_size: width and height of the images in pixels, at least 8.
        data_dir: folder of rendered birds; created if it does not exist. "" for `birds` in the cache folder.
        cache_dir: folder of downloads and caches.
        images_per_class: number of pictures of each species, at least 1.
        seed: non-negative; the same seed gives the same birds, pictures and captions, byte by byte.

    Raises:
        DataError: an argument is out of range, or data_dir cannot be written.
    """
    return _table(*_columns(split, load_size, data_dir, cache_dir, images_per_class, seed))


def load_colors(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> LabeledImages:
    """Returns photographs whose class is the color of the breast, with the same classes in all splits; see `load`."""
    columns, report = _columns(split, load_size, data_dir, cache_dir, **options)
    breast = ATTRIBUTE_NAMES.index("breast color")
    labels, colors = columns["attributes"][:, breast].astype(np.int32), ATTRIBUTE_VALUES[breast]
    counts = np.bincount(labels, minlength=len(colors)).tolist() if split == "train" else ()
    return LabeledImages(
        images=columns["image"],
        names=_names(columns),
        labels=labels,
        class_names=colors,
        report=_logged(report, classes=dict(zip(colors, counts, strict=False))),
    )


def load_stacked(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> CaptionedImages:
    """Returns plates of birds of which each part has a color of its own, so that there are all combinations.

    9 colors of the crown, the breast, the belly, the wing and the tail, each drawn for itself: of three parts 729
    combinations, which a generator covers or not (as the 1,000 of stacked digits: Metz et al. 2017, section 3.3.1). All
    birds are upright and face right, on white (`views.plate`); their class is the color of the breast. Of the 12,000
    birds of the split "varied" of `load`, three quarters are to train on.
    """
    columns, report = _columns("varied", load_size, data_dir, cache_dir, view="plate", **options)
    counts = {"train": 3 * len(columns["name"]) // 4}
    counts["test"] = len(columns["name"]) - counts["train"]
    rows = slice(counts["train"], None) if split == "test" else slice(counts["train"])
    columns = {name: values[rows] for name, values in columns.items()}
    columns["image"] = columns.pop("view")
    breast = ATTRIBUTE_NAMES.index("breast color")
    labels, colors = columns["attributes"][:, breast].astype(np.int32), ATTRIBUTE_VALUES[breast]
    classes = dict(zip(colors, np.bincount(labels, minlength=len(colors)).tolist(), strict=True))
    report = dataclasses.replace(report, used=counts, classes=classes)
    return dataclasses.replace(_table(columns, report), labels=labels, class_names=colors)


def load_parts(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> PairedImages:
    """Returns pairs of a map of the bird's parts (A) and the photograph (B); see `load` and `views.part_map`."""
    return _pairs(*_columns(split, load_size, data_dir, cache_dir, view="parts", **options))


def load_edges(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> PairedImages:
    """Returns pairs of a drawing of the bird's outlines (A) and the photograph (B); see `load` and `views.edges`."""
    return _pairs(*_columns(split, load_size, data_dir, cache_dir, view="edges", **options))


def load_branches(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> PairedImages:
    """Returns pairs of a mask of the branch (A) and the photograph (B); see `load` and `views.branch`."""
    return _pairs(*_columns(split, load_size, data_dir, cache_dir, view="branch", **options))


def load_night(
    split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int
) -> PairedImages | UnpairedImages:
    """Returns birds by day (A) and other birds by night (B), without correspondence; see `views.night`.

    One half of the training scenes is shown by day and the other by night. The test split has both views of each scene,
    as pairs, for evaluation only.
    """
    columns, report = _columns(split, load_size, data_dir, cache_dir, view="night", **options)
    used = dict(report.used)
    if count := used.pop("train", 0):
        used = {"train A": (count + 1) // 2, "train B": count // 2} | used
    report = _logged(report, used=used, classes={}, few=FEW_TRANSLATIONS)
    day_and_night = PairedImages(a=columns["image"], b=columns["view"], names=_names(columns), report=report)
    if split == "test":
        return day_and_night
    count = len(day_and_night)
    return UnpairedImages(
        a=image_rows(day_and_night.a, np.arange(0, count, 2)),
        b=image_rows(day_and_night.b, np.arange(1, count, 2)),
        names_a=day_and_night.names[0::2],
        names_b=day_and_night.names[1::2],
        report=report,
    )


def load_plates(split: str, load_size: int, data_dir: str, cache_dir: str = "data", **options: int) -> PairedImages:
    """Returns pairs of the photograph of a bird (A) and its species' plate in a field guide (B); see `views.plate`.

    All birds of a species have the same plate.
    """
    columns, report = _columns(split, load_size, data_dir, cache_dir, view="plate", **options)
    report = _logged(report, classes={}, few=FEW_TRANSLATIONS)
    names, labels = _names(columns), _labels(columns)
    return PairedImages(a=columns["image"], b=columns["view"], names=names, labels=labels, report=report)


def _columns(
    split: str,
    load_size: int,
    data_dir: str,
    cache_dir: str,
    images_per_class: int = 60,
    seed: int = 0,
    view: str = "",
) -> tuple[dict, Report]:
    """Returns a split as the builder stores it, arrays by feature name, and a report on it and the other split."""
    if split not in RENDERED_WITH:
        raise DataError(f"the split of birds must be one of {', '.join(RENDERED_WITH)}. Received: {split!r}")
    if not isinstance(load_size, int):
        raise DataError(
            "birds are drawn as squares: image_height and image_width are for your own pictures. "
            f"Received: {shown(load_size)} pixels"
        )
    for name, value, least in (
        ("load_size", load_size, SMALLEST_SIZE),
        ("images_per_class", images_per_class, 1),
        ("seed", seed, 0),
    ):
        if value < least:
            raise DataError(f"{name} of birds must be an integer of at least {least}. Received: {value!r}")

    # TensorFlow is only needed from here on, and not at all by the processes that render.
    from pipelines.birds import builder as tfds_builder
    from pipelines.birds.rendering import species_name

    data_dir = os.path.expanduser(data_dir or os.path.join(cache_dir, "birds"))
    try:
        pathlib.Path(data_dir).mkdir(parents=True, exist_ok=True)
        config = tfds_builder.BirdsConfig(
            image_size=load_size,
            images_per_class=1 if split == "varied" else images_per_class,
            seed=seed,
            splits=RENDERED_WITH[split],
            view=view,
        )
        builder = tfds_builder.prepare(data_dir, config)
    except OSError as error:
        raise DataError(
            f"data_dir must be a folder that can be written, to keep rendered birds in ({error.strerror or error}). "
            f"Received: {data_dir!r}"
        ) from error
    jobs = {part: builder.job(part) for part in RENDERED_WITH[split]}
    counts = {part: len(job) for part, job in jobs.items()}
    report = Report(
        "birds",
        f"{sum(counts.values()):,} birds of {load_size} x {load_size} pixels, rendered here, in {data_dir!r}",
        counts,
        classes={species_name(number): jobs["train"].images_per_class for number in jobs["train"].species}
        if "train" in jobs
        else {},
    )
    return tfds_builder.read(builder, split), report


def _logged(report: Report, **changes) -> Report:
    """A report with changes, which is logged."""
    report = dataclasses.replace(report, **changes)
    report.log()
    return report


def _names(columns: dict) -> tuple[str, ...]:
    return tuple(name.decode() for name in columns["name"].tolist())


def _labels(columns: dict) -> np.ndarray:
    """Each example's species, counted from the first of the split."""
    return (columns["label"] - columns["label"].min()).astype(np.int32)


def _pairs(columns: dict, report: Report) -> PairedImages:
    report = _logged(report, classes={}, few=FEW_TRANSLATIONS)
    return PairedImages(a=columns["view"], b=columns["image"], names=_names(columns), report=report)


def _table(columns: dict, report: Report) -> CaptionedImages:
    """Returns the columns of a split (see `rendering.render_species`) as a table of examples."""
    names = _names(columns)
    classes = [name.split("/")[0] for name in names]
    # In the order of their labels.
    class_names = tuple(dict.fromkeys(classes))
    return CaptionedImages(
        images=columns["image"],
        names=names,
        captions=tuple(tuple(text.decode() for text in texts) for texts in columns["captions"].tolist()),
        labels=_labels(columns),
        class_names=class_names,
        report=_logged(report),
        truth=GroundTruth(
            attribute_names=ATTRIBUTE_NAMES,
            attribute_values=ATTRIBUTE_VALUES,
            attributes=columns["attributes"],
            style_names=STYLE_NAMES,
            style=columns["style"],
            mentions=columns["mentions"],
        ),
    )
