"""The classic datasets of single images by name: from existing files, or through TensorFlow Datasets (TFDS)."""

import dataclasses
import os
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from absl import logging
from tqdm import tqdm

from pipelines.budget import Whole
from pipelines.examples import DataError, LabeledImages
from pipelines.readers import celeba, cifar, download, idx, npz_sets
from pipelines.readers.cache import decode_once
from pipelines.readers.decode import resize
from pipelines.readers.files import SPLITS, check_split
from pipelines.readers.image_sets import SETS, ImageSet, accepted, idx_folders
from pipelines.readers.records import sized
from pipelines.reading import DEFAULT, Reading
from pipelines.report import Report


def load(
    name: str, split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT
) -> LabeledImages:
    """Loads a split of one of `SETS`: (n, load_size, load_size, 1 or 3) uint8.

    It is searched for in data_dir, in the cache, and where packages install it: as people have it (see `accepted`), or
    prepared by TFDS. Otherwise TFDS prepares it in the cache, once, from archives in one of these folders or downloads.

    Args:
        name: a key of `SETS`.
        split: "train" or "test".
        load_size: side of the images in pixels.
        data_dir: its folder, or the folder above one with its name; "" for the cache.
        cache_dir: folder of downloads and of the cache of decoded images.
        reading: of CelebA, which attribute names the classes.

    Raises:
        DataError: it is not found, and cannot be downloaded; or its files are damaged.
    """
    check_split(split)
    if data_dir and not os.path.isdir(data_dir):
        raise DataError(f"{name}: data_dir must be an existing folder. Received: {data_dir!r}")
    given = [os.path.join(data_dir, name), data_dir] if data_dir else []
    cached, prepared = os.path.join(cache_dir, name), os.path.join(cache_dir, "tfds")
    for folder in (*given, cached, *SETS[name].installed, prepared):
        examples = _read(name, folder, split, load_size, cache_dir, reading)
        if examples is not None:
            if data_dir and folder not in given:
                logging.warning("%s: not found in %r; using %r", name, data_dir, folder)
            return examples
    return _decode(_prepare(name, prepared, given, cached), name, split, load_size, cache_dir, reading)


def _read(name: str, folder: str, split: str, load_size: int, cache_dir: str, reading: Reading) -> LabeledImages | None:
    """The split from files in a folder as people have them, or as prepared there by TFDS; None if there are neither."""
    known = SETS[name]
    if known.is_idx:
        for place in idx_folders(name, folder):
            if idx.families(place):
                found = idx.find(place, name, known.family)
                return idx.read(found, split, load_size, name, known.classes, cache_dir)
        examples = npz_sets.read(folder, name, split, load_size, known.classes, cache_dir)
        if examples is not None:
            return examples
    if name == "cifar10" and (files := cifar.find(folder)):
        return cifar.read(files, split, load_size, cache_dir)
    if name == "celeb_a" and (copy := celeba.find(folder)):
        return celeba.read(copy, split, load_size, cache_dir, reading)
    if os.path.isdir(os.path.join(folder, known.builder)):
        builder = _tfds().builder(known.builder, data_dir=folder)
        if builder.is_prepared():
            return _decode(builder, name, split, load_size, cache_dir, reading)
    return None


def _prepare(name: str, prepared: str, given: Sequence[str], cached: str):
    """Lets TFDS prepare a dataset in the folder `prepared`; returns its builder.

    The archives come from one of the user's folders, if it contains any, or from earlier downloads.
    """
    tfds = _tfds()
    builder = tfds.builder(SETS[name].builder, data_dir=prepared)
    downloads = os.path.join(prepared, "downloads")
    places = [*given, cached, os.path.join(downloads, "manual")]
    archives = builder.url_infos
    names = sorted(info.filename for info in archives.values())
    manual = next((place for place in places if any(os.path.isfile(os.path.join(place, file)) for file in names)), None)
    missing = [
        url
        for url, info in archives.items()
        if not (manual and os.path.isfile(os.path.join(manual, info.filename))) and not _is_there(url, info, downloads)
    ]
    size = sum(archives[url].size for url in missing) / 1e6
    description = f"{SETS[name].title}, {size:,.0f} MB, from {missing[0]}" if missing else SETS[name].title
    if missing:
        if not download.is_reachable(missing[0]):
            raise DataError(
                f"{name}: no network to download it ({description}). Put {', '.join(names)}, as published, into "
                f"{cached!r} or a folder that you name with --data_dir. Accepted there, too: {accepted(name)}. "
                f"Received: data_dir={given[-1] if given else ''!r}, where there is none of them"
            )
        # A warning, so that it is shown at any verbosity before the download starts.
        logging.warning("Downloading %s: %s", name, description)
    try:
        config = tfds.download.DownloadConfig(manual_dir=manual)
        builder.download_and_prepare(download_dir=downloads, download_config=config)
    # TFDS and its dependencies raise many types; to the user they all mean that there is no data.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(f"{name}: TFDS could not prepare {description} in {prepared!r} ({reason})") from error
    return builder


def _is_there(url: str, info, downloads: str) -> bool:
    """Whether TFDS has downloaded an archive before."""
    from tensorflow_datasets.core.download import resource

    files = pathlib.Path(downloads).rglob(resource.get_dl_fname(url, info.checksum))
    return any(map(resource.is_locally_cached, files))


def _decode(builder, name: str, split: str, load_size: int, cache_dir: str, reading: Reading) -> LabeledImages:
    """The images of a prepared dataset, from the cache or decoded into it, and their labels."""
    tfds, known, column = _tfds(), SETS[name], reading.class_column
    if column and column not in builder.info.features["attributes"]:
        raise DataError(
            f"class_column must be one of {', '.join(sorted(builder.info.features['attributes']))}. Received: {column}"
        )

    def read(feature: str):
        return builder.as_dataset(
            split=split,
            # Always in the same order, and without a copy of everything in memory.
            shuffle_files=False,
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
            decoders=tfds.decode.PartialDecoding({feature: {column} if feature == "attributes" else True}),
        )

    images = read("image")
    count, channels = int(images.cardinality()), builder.info.features["image"].shape[-1]

    def decoded() -> Iterator[tuple[int, np.ndarray, str]]:
        for index, example in enumerate(tqdm(tfds.as_numpy(images), "decoding images", count, disable=None)):
            yield index, resize(_upright(known, example["image"])[np.newaxis], load_size)[0], ""

    paths = {
        part: os.path.join(cache_dir, f"images-{load_size}px-{name}-{builder.version}-{part}.npy") for part in SPLITS
    }
    # Of both splits, which a run holds at once.
    known_counts = {part: info.num_examples for part, info in builder.info.splits.items() if part in SPLITS}
    counts = known_counts | {split: count}
    bytes_each = load_size * load_size * channels
    arrays = {paths[part]: number * bytes_each for part, number in counts.items()}
    whole = Whole(name, sized(f"{sum(counts.values()):,} images", load_size), arrays)
    pixels, _ = decode_once(decoded(), (count, load_size, load_size, channels), paths[split], whole)
    names = tuple(f"{split}/{index:06}" for index in range(count))
    shape = builder.info.features["image"].shape
    report = Report(
        name,
        f"{sum(counts.values()):,} images, prepared by TFDS in {builder.data_dir!r}",
        {part: counts[part] for part in SPLITS if part in counts},
        sizes={f"{shape[1]} x {shape[0]}": sum(counts.values())} if shape[0] and shape[1] else {},
        assumed=(f"the {known.crop} x {known.crop} pixels in their middle are used",) if known.crop else (),
    )
    if column:
        values = [example["attributes"][column] for example in tfds.as_numpy(read("attributes"))]
        classes = (f"not {column}", column)
    elif known.is_labeled:
        values = [example["label"] for example in tfds.as_numpy(read("label"))]
        classes = known.classes or tuple(builder.info.features["label"].names)
    else:
        report.log()
        return LabeledImages(images=pixels, names=names, report=report)
    labels = np.array(values, np.int32)
    if split == "train":
        occurring = np.bincount(labels, minlength=len(classes)).tolist()
        report = dataclasses.replace(report, classes=dict(zip(classes, occurring, strict=True)))
    report.log()
    return LabeledImages(images=pixels, names=names, labels=labels, class_names=classes, report=report)


def _upright(known: ImageSet, image: np.ndarray) -> np.ndarray:
    """One image (h, w, c), transposed back and center-cropped where the dataset needs it."""
    if known.is_transposed:
        image = image.transpose(1, 0, 2)
    if known.crop:
        top, left = ((side - known.crop) // 2 for side in image.shape[:2])
        image = image[top : top + known.crop, left : left + known.crop]
    return image


def _tfds():
    # Imported late: it takes seconds, and IDX files do not need it.
    import tensorflow_datasets as tfds

    return tfds
