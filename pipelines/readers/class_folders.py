"""Published datasets whose captions are in one folder per class: what `cub` and `flowers` have in common."""

import dataclasses
import os
import unicodedata
from collections.abc import Collection

from pipelines.examples import DataError, Record
from pipelines.readers.caption_files import CaptionFiles
from pipelines.readers.download import Archive, fetch
from pipelines.readers.files import IMAGE_SUFFIXES, Found, key_of, list_files
from pipelines.readers.photographs import caption_line
from pipelines.report import Report


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the files of a published dataset are, below the user's folder.

    Attributes:
        dataset: the name of the dataset in this project.
        image_folders: where its images may be; the first folder that has any is used.
        image_pattern: one image file below an image folder, for messages.
        images_by_class: whether the images are in class folders, too; if not, their file names are unique.
        caption_folders: where its captions may be, as `<class>/<image name>.txt`.
        caption_source: where a user can get the captions, in words.
        classes: all class names.
        archive: the published images.
    """

    dataset: str
    image_folders: tuple[str, ...]
    image_pattern: str
    images_by_class: bool
    caption_folders: tuple[str, ...]
    caption_source: str
    classes: Collection[str]
    archive: Archive


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of a dataset on disk: two folders, and the files below each as sorted relative paths."""

    image_folder: str
    images: list[str]
    caption_folder: str
    captions: list[str]


def gather(layout: Layout, data_dir: str, cache_dir: str) -> Files:
    """Lists the image and caption files of a published dataset, and downloads the images if only they are missing.

    The captions are looked for first: nobody should wait for a gigabyte of images to learn that captions are missing.

    Args:
        layout: the dataset.
        data_dir: the folder that the user named; "" looks into the cache only.
        cache_dir: downloads go to its sub-folder with the name of the dataset, which is also searched.

    Raises:
        DataError: files are missing. The message lists which files to put where.
    """
    if data_dir and not os.path.isdir(data_dir):
        raise DataError(f"{layout.dataset}: data_dir must be an existing folder. {_advice(layout, data_dir, data_dir)}")
    cached = os.path.join(cache_dir, layout.dataset)
    folders = [data_dir, cached] if data_dir else [cached]
    caption_folder, captions = _first_with_files(folders, layout.caption_folders, (".txt",))
    image_folder, images = _first_with_files(folders, layout.image_folders, IMAGE_SUFFIXES)
    if not captions:
        missing = "captions" if images else "images and no captions"
        raise DataError(f"{layout.dataset}: found no {missing}. {_advice(layout, folders[0], data_dir)}")
    if not images:
        try:
            fetch(layout.archive, cached, folders)
        except DataError as error:
            raise DataError(
                f"{layout.dataset}: found captions but no images, and {error}. {_advice(layout, folders[0], data_dir)}"
            ) from error
        image_folder, images = _first_with_files([cached], layout.image_folders, IMAGE_SUFFIXES)
    return Files(image_folder, images, caption_folder, captions)


def join(
    layout: Layout, files: Files, split: str, classes: Collection[str], published: int | None, encoding: str = ""
) -> Found:
    """Joins images and captions by file name, for the classes of one split.

    Args:
        layout: the dataset.
        files: the files that `gather` found.
        split: name of the split, for the report.
        classes: the split's class names.
        published: how many images the complete split has, if that is known.
        encoding: of caption files without a mark, by a name that Python knows; "" for UTF-8.

    Returns:
        The images with captions, sorted by name, and a report on them and on everything that was left out.
    """
    images = {unicodedata.normalize("NFC", key_of(path)): path for path in files.images}
    records, without_image, without_caption = [], [], []
    captioned, unknown, texts = set(), set(), CaptionFiles(encoding)
    for path in files.captions:
        class_name, _, stem = key_of(path).rpartition("/")
        if class_name not in layout.classes:
            unknown.add(class_name or ".")
            continue
        key = unicodedata.normalize("NFC", f"{class_name}/{stem}" if layout.images_by_class else stem)
        captioned.add(key)
        if class_name not in classes:
            continue
        if key not in images:
            without_image.append(key)
            continue
        captions = texts.read(os.path.join(files.caption_folder, path), path)
        if captions is None:
            continue
        if not captions:
            without_caption.append(key)
            continue
        image = os.path.join(files.image_folder, images[key])
        records.append(Record(key_of(images[key]), image, captions, class_name))
    uncaptioned = [
        key
        for key in sorted(set(images) - captioned)
        if not layout.images_by_class or key.rpartition("/")[0] in classes
    ]
    unknown |= {key.rpartition("/")[0] or "." for key in images if layout.images_by_class} - set(layout.classes)
    records.sort(key=lambda record: record.name)
    found_classes = {record.class_name for record in records}
    total = "" if published is None else f" of {published:,}"
    report = Report(
        layout.dataset,
        f"{len(records):,}{total} {split} images in {files.image_folder!r}, in {len(found_classes)} of {len(classes)} "
        f"classes, captions from {files.caption_folder!r}",
        {split: len(records)},
        texts.skipped(),
        assumed=(*([caption_line(records)] if records else []), *texts.assumed()),
    )
    for reason, names in (
        ("image without a caption file", uncaptioned),
        ("caption file without an image", without_image),
        ("caption file without a caption", without_caption),
        (f"folder that is not one of the {len(layout.classes)} classes", sorted(unknown)),
    ):
        report = report.with_skipped(reason, names)
    return Found(tuple(records), report)


def _first_with_files(
    folders: list[str], candidates: tuple[str, ...], suffixes: tuple[str, ...]
) -> tuple[str, list[str]]:
    for folder in folders:
        for candidate in candidates:
            path = os.path.join(folder, *candidate.split("/"))
            if files := list_files(path, suffixes):
                return path, files
    return "", []


def _advice(layout: Layout, folder: str, data_dir: str) -> str:
    """Lists which files to put where, and ends with what was received."""

    def places(candidates: tuple[str, ...], pattern: str) -> str:
        others = ", ".join(f"{candidate}/" for candidate in candidates[1:])
        return f"{candidates[0]}/{pattern} (or in {others})"

    return (
        f"Put into {folder!r}, or into a folder that you name with --data_dir: "
        f"(1) the images as {places(layout.image_folders, layout.image_pattern)}, or the archive itself "
        f"({layout.archive.description}); they are downloaded for you if the captions and a network are available; "
        f"(2) the captions of Reed et al. (2016) as {places(layout.caption_folders, '<class>/<image name>.txt')}, "
        f"one per line; {layout.caption_source}. "
        f"--dataset=birds needs no files at all. Got data_dir={data_dir!r}"
    )
