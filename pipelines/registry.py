"""The one table of what `--dataset` accepts. Importing it does not import TensorFlow."""

import dataclasses
import importlib
from collections.abc import Mapping

from pipelines.examples import DataError, Examples
from pipelines.reading import DEFAULT, Reading
from pipelines.sizes import Size


@dataclasses.dataclass(frozen=True)
class Dataset:
    """One name that `--dataset` accepts.

    Attributes:
        loader: dotted name of (split, load_size, data_dir, cache_dir) -> examples.
        gives: what a model may need: "image", "captions", "classes", "attributes", "styles", "pairs", "unpaired",
            "points".
        summary: its contents and origin in one line.
        needs_data_dir: whether it can only be read from a folder that the user names.
        options: further arguments of its loader.
        reads: which fields of a `Reading` its loader takes as `reading`; it takes none where this is empty.
        uses_data_dir: whether it reads files, or keeps files, in the folder that the user names.
        has_test: whether it has a test split of images that the training split does not contain (loading it is a
            DataError if the user's copy lacks it); None where that depends on the user's folder, or where every
            example is newly drawn.
    """

    loader: str
    gives: frozenset[str]
    summary: str
    needs_data_dir: bool = False
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    uses_data_dir: bool = True
    has_test: bool | None = True


IMAGES = frozenset({"image"})
# Whether the user's own images have classes is only known once they are loaded; `pipelines.batches.labeled` checks it.
LABELED = IMAGES | {"classes"}
CAPTIONED = frozenset({"image", "captions"})
# Pairs can also be used as two unpaired sets.
PAIRED = frozenset({"pairs", "unpaired"})
UNPAIRED = frozenset({"unpaired"})

# What may be said of the user's own pictures.
PICTURES = frozenset({"splits", "value_range", "resize"})
SIDES = PICTURES | {"sides"}


def from_folder(loader: str, gives: frozenset[str], summary: str, reads: frozenset[str] = frozenset()) -> Dataset:
    """A dataset that can only be read from the folder that the user names."""
    return Dataset(loader, gives, f"{summary}, from --data_dir", needs_data_dir=True, reads=reads, has_test=None)


def points(loader: str, summary: str) -> Dataset:
    """A distribution in `pipelines.readers.points`."""
    return Dataset(loader, frozenset({"points"}), summary, uses_data_dir=False, has_test=None)


def from_tfds(name: str, gives: frozenset[str], summary: str, reads: frozenset[str] = frozenset()) -> Dataset:
    """A dataset in `pipelines.readers.tfds`."""
    return Dataset("pipelines.readers.tfds.load", gives, summary, options={"name": name}, reads=reads)


def published(loader: str, name: str, gives: frozenset[str], summary: str) -> Dataset:
    """A dataset that its authors publish, in `pipelines.readers.published`."""
    return Dataset(loader, gives, summary, options={"name": name}, reads=frozenset({"resize"}))


DATASETS = {
    "birds": Dataset(
        "pipelines.birds.load",
        CAPTIONED | {"classes", "attributes"},
        "12,000 rendered birds of 200 species, made here: no download",
    ),
    "birds_colors": Dataset(
        "pipelines.birds.load_colors", LABELED, "rendered birds, a class for each color of the breast: no download"
    ),
    "birds_stacked": Dataset(
        "pipelines.birds.load_stacked",
        LABELED | {"attributes"},
        "plates of rendered birds whose parts have colors of their own, in all combinations: no download",
    ),
    "birds_parts": Dataset(
        "pipelines.birds.load_parts", PAIRED, "maps of the rendered birds' parts, and their pictures: no download"
    ),
    "birds_edges": Dataset(
        "pipelines.birds.load_edges", PAIRED, "outlines of the rendered birds, and their pictures: no download"
    ),
    "birds_plate": Dataset(
        "pipelines.birds.load_plates", PAIRED, "rendered birds, and the plates of a field guide: no download"
    ),
    "birds_night": Dataset(
        "pipelines.birds.load_night", UNPAIRED, "rendered birds by day, and others by night: no download"
    ),
    "unpaired": from_folder(
        "pipelines.readers.unpaired.load", UNPAIRED, "your own images of two kinds, trainA and trainB", SIDES
    ),
    "pairs": from_folder("pipelines.readers.pairs.load", PAIRED, "your own pairs of images", SIDES | {"label_maps"}),
    "facades": published(
        "pipelines.readers.published.load_pairs",
        "facades",
        PAIRED,
        "photographs of facades (A), and their label maps (B)",
    ),
    "maps": published("pipelines.readers.published.load_pairs", "maps", PAIRED, "aerial photographs (A), and maps (B)"),
    "edges2shoes": published(
        "pipelines.readers.published.load_pairs", "edges2shoes", PAIRED, "edges (A), and photographs of shoes (B)"
    ),
    "edges2handbags": published(
        "pipelines.readers.published.load_pairs", "edges2handbags", PAIRED, "edges (A), and photographs of handbags (B)"
    ),
    "cityscapes": from_folder(
        "pipelines.readers.published.load_cityscapes",
        PAIRED,
        "photographs of streets (A), and their label maps (B)",
        frozenset({"resize"}),
    ),
    "lookbook": from_folder("pipelines.readers.lookbook.load", PAIRED, "people in clothes (A), and the clothes (B)"),
    **{
        name: published("pipelines.readers.published.load_unpaired", name, UNPAIRED, summary)
        for name, summary in (
            ("apple2orange", "photographs of apples, and of oranges"),
            ("horse2zebra", "photographs of horses, and of zebras"),
            ("summer2winter_yosemite", "photographs of a park in summer, and in winter"),
            ("iphone2dslr_flower", "photographs of flowers by telephones, and by cameras"),
            ("monet2photo", "paintings by Monet, and photographs"),
            ("cezanne2photo", "paintings by Cezanne, and photographs"),
            ("ukiyoe2photo", "Japanese prints, and photographs"),
            ("vangogh2photo", "paintings by van Gogh, and photographs"),
        )
    },
    "cub": Dataset(
        "pipelines.readers.cub.load",
        CAPTIONED | {"classes"},
        "CUB-200-2011 photographs with the captions of Reed et al.",
        reads=frozenset({"encoding", "resize"}),
    ),
    "flowers": Dataset(
        "pipelines.readers.flowers.load",
        CAPTIONED | {"classes"},
        "Oxford-102 photographs with the captions of Reed et al.",
        reads=frozenset({"encoding", "resize"}),
    ),
    "captions": from_folder(
        "pipelines.readers.captions.load", CAPTIONED, "your own captioned images", PICTURES | {"encoding"}
    ),
    "normal_1d": points("pipelines.readers.points.load_normal", "numbers from a normal distribution"),
    "ring_2d": points("pipelines.readers.points.load_ring", "points from 8 Gaussians on a circle"),
    "grid_2d": points("pipelines.readers.points.load_grid", "points from 25 Gaussians on a grid"),
    "digits": Dataset(
        "pipelines.readers.digits.load",
        LABELED,
        "scikit-learn's 1,797 handwritten digits: no download",
        uses_data_dir=False,
    ),
    "glyphs": Dataset(
        "pipelines.glyphs.load",
        LABELED | {"styles"},
        "letters and digits of the fonts of this machine, or of --data_dir, rendered here: no download",
        options={"characters": "glyphs"},
    ),
    "hanzi": Dataset(
        "pipelines.glyphs.load",
        LABELED | {"styles"},
        "300 Chinese characters of the fonts of this machine, or of --data_dir, rendered here: no download",
        options={"characters": "hanzi"},
    ),
    "mnist": from_tfds("mnist", LABELED, "70,000 handwritten digits"),
    "fashion_mnist": from_tfds("fashion_mnist", LABELED, "70,000 pictures of clothes and shoes"),
    "kmnist": from_tfds("kmnist", LABELED, "70,000 handwritten Japanese characters"),
    "emnist": from_tfds("emnist", LABELED, "131,600 handwritten digits and letters"),
    "cifar10": from_tfds("cifar10", LABELED, "60,000 small photographs of animals and vehicles"),
    "celeb_a": from_tfds(
        "celeb_a",
        LABELED,
        "202,599 photographs of faces, an attribute being the classes if --class_column names one",
        frozenset({"class_column"}),
    ),
    "idx": from_folder("pipelines.readers.idx.load", LABELED, "your own images in IDX files, as MNIST's"),
    "folder": from_folder(
        "pipelines.readers.folder.load",
        LABELED,
        "your own images, sub-folders being classes",
        PICTURES | {"encoding", "class_column"},
    ),
}


def load(name: str, split: str, load_size: Size, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> Examples:
    """One split of a dataset.

    Args:
        name: a key of `DATASETS`.
        split: "train" or "test"; rendered datasets also have others (see their loaders).
        load_size: at which images are kept, in pixels: a side or, of rectangles, (height, width).
        data_dir: the user's folder, or the folder of rendered data; "" for the dataset's default.
        cache_dir: folder of downloads and decoded images.
        reading: how the files are read.

    Raises:
        DataError: see the dataset's loader.
    """
    entry = DATASETS[name]
    module, function = entry.loader.rsplit(".", 1)
    options = {**entry.options, "reading": reading} if entry.reads else entry.options
    loader = getattr(importlib.import_module(module), function)
    try:
        return loader(split=split, load_size=load_size, data_dir=data_dir, cache_dir=cache_dir, **options)
    except OSError as error:
        # A full disk, a folder without permission, a file that vanished.
        raise DataError(f"the dataset {name} could not be read or cached: {error}") from error
