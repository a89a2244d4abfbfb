"""The one table of what `--dataset` accepts. Importing it does not import TensorFlow."""

import dataclasses
import importlib
from collections.abc import Mapping

from pipelines.examples import CaptionedImages, DataError, PairedImages, UnpairedImages


@dataclasses.dataclass(frozen=True)
class Dataset:
    """One name that `--dataset` accepts.

    Attributes:
        loader: dotted name of (split, load_size, data_dir, cache_dir) -> examples.
        gives: what a model may need.
        summary: one line on what it is and where it comes from.
        needs_data_dir: whether it is nowhere but in a folder that the user names.
        options: what else its loader is given.
    """

    loader: str
    gives: frozenset[str]
    summary: str
    needs_data_dir: bool = False
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


CAPTIONED = frozenset({"image", "captions"})
# Pairs that are taken apart do not belong to each other any more.
PAIRED = frozenset({"pairs", "unpaired"})
UNPAIRED = frozenset({"unpaired"})


def published(loader: str, name: str, gives: frozenset[str], summary: str) -> Dataset:
    """A set that its authors publish, in `pipelines.published`."""
    return Dataset(f"pipelines.published.{loader}", gives, summary, options={"name": name})


DATASETS = {
    "birds": Dataset(
        "pipelines.birds.load",
        CAPTIONED | {"classes", "attributes"},
        "12,000 rendered birds of 200 species, made here: no download",
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
    "unpaired": Dataset(
        "pipelines.unpaired_folders.load",
        UNPAIRED,
        "your own images of two kinds, trainA and trainB, from --data_dir",
        needs_data_dir=True,
    ),
    "pairs": Dataset("pipelines.pairs.load", PAIRED, "your own pairs of images, from --data_dir", needs_data_dir=True),
    "facades": published("load_pairs", "facades", PAIRED, "photographs of facades (A), and their label maps (B)"),
    "maps": published("load_pairs", "maps", PAIRED, "aerial photographs (A), and maps (B)"),
    "edges2shoes": published("load_pairs", "edges2shoes", PAIRED, "edges (A), and photographs of shoes (B)"),
    "edges2handbags": published("load_pairs", "edges2handbags", PAIRED, "edges (A), and photographs of handbags (B)"),
    "cityscapes": Dataset(
        "pipelines.published.load_cityscapes",
        PAIRED,
        "photographs of streets (A), and their label maps (B), from --data_dir",
        needs_data_dir=True,
    ),
    "lookbook": Dataset(
        "pipelines.lookbook.load", PAIRED, "people in clothes (A), and the clothes (B), from --data_dir", True
    ),
    **{
        name: published("load_unpaired", name, UNPAIRED, summary)
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
        "pipelines.cub.load", CAPTIONED | {"classes"}, "CUB-200-2011 photographs with the captions of Reed et al."
    ),
    "flowers": Dataset(
        "pipelines.flowers.load", CAPTIONED | {"classes"}, "Oxford-102 photographs with the captions of Reed et al."
    ),
    "captions": Dataset(
        "pipelines.captions.load", CAPTIONED, "your own captioned images, from --data_dir", needs_data_dir=True
    ),
}


def load(
    name: str, split: str, load_size: int, data_dir: str, cache_dir: str
) -> CaptionedImages | PairedImages | UnpairedImages:
    """One split of a dataset.

    Args:
        name: a key of `DATASETS`.
        split: "train" or "test"; rendered worlds have others too (see their own loader).
        load_size: side at which images are kept, in pixels.
        data_dir: the user's folder, or where rendered data is kept; "" for the dataset's own default.
        cache_dir: where downloads and decoded images are kept.

    Raises:
        DataError: see the dataset's own loader.
    """
    module, function = DATASETS[name].loader.rsplit(".", 1)
    loader = getattr(importlib.import_module(module), function)
    try:
        return loader(
            split=split, load_size=load_size, data_dir=data_dir, cache_dir=cache_dir, **DATASETS[name].options
        )
    except OSError as error:
        # A full disk, a folder without permission, a file that vanished.
        raise DataError(f"the dataset {name} could not be read or cached: {error}") from error
