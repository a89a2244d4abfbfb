"""Published datasets whose captions are in one folder per class: what `cub` and `flowers` have in common."""

import dataclasses
import os
from collections import Counter
from collections.abc import Collection, Sequence

from pipelines.examples import DataError, Record
from pipelines.readers.caption_files import CaptionFiles
from pipelines.readers.download import Archive, fetch
from pipelines.readers.files import IMAGE_SUFFIXES, SPLITS, Found, key_of, list_files, normal
from pipelines.readers.photographs import caption_line
from pipelines.readers.reed_captions import read_tensors
from pipelines.report import Report

# StackGAN's embeddings of the captions, in folders `train` and `test`.
STACKGAN = "char-CNN-RNN-embeddings.pickle"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the files of a published dataset are, below the user's folder.

    Attributes:
        dataset: the name of the dataset in this project.
        image_folders: where its images may be; the first folder that has any is used.
        image_pattern: one image file below an image folder, for messages.
        images_by_class: whether the images are in class folders, too; if not, their file names are unique.
        caption_folders: where its captions may be, as `<class>/<image name>.txt`.
        tensor_folders: where the Torch7 files of Reed et al.'s second paper may be, as `<class>/<image name>.t7`; they
            are read where there are no others.
        caption_source: where a user can get the captions, in words.
        classes: all class names.
        archive: the published images.
    """

    dataset: str
    image_folders: tuple[str, ...]
    image_pattern: str
    images_by_class: bool
    caption_folders: tuple[str, ...]
    tensor_folders: tuple[str, ...]
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
    within = [*folders, *_sub_folders(data_dir)]
    caption_folder, captions = _first_with_files(within, layout.caption_folders, (".txt",), layout.classes)
    if not captions:
        caption_folder, captions = _first_with_files(within, layout.tensor_folders, (".t7",), layout.classes)
    by_class = layout.classes if layout.images_by_class else ()
    image_folder, images = _first_with_files(within, layout.image_folders, IMAGE_SUFFIXES, by_class)
    if not captions:
        missing = "captions" if images else "images and no captions"
        raise DataError(
            f"{layout.dataset}: found no {missing}{_without_names(layout, within)}. "
            f"{_advice(layout, folders[0], data_dir)}"
        )
    if not images:
        try:
            fetch(layout.archive, cached, folders)
        except DataError as error:
            raise DataError(
                f"{layout.dataset}: found captions but no images, and {error}. {_advice(layout, folders[0], data_dir)}"
            ) from error
        image_folder, images = _first_with_files([cached], layout.image_folders, IMAGE_SUFFIXES, ())
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
    images = {normal(key_of(path)): path for path in files.images}
    records, without_image, without_caption = [], [], []
    captioned, unknown, texts, damaged = set(), set(), CaptionFiles(encoding), []
    others = set()
    for path in files.captions:
        class_name, _, stem = key_of(path).rpartition("/")
        class_name = class_name.rpartition("/")[2]
        if class_name not in layout.classes:
            unknown.add(class_name or ".")
            continue
        prefix = f"{class_name}/" if layout.images_by_class else ""
        key, captions = normal(prefix + stem), None
        if path.lower().endswith(".t7") and (class_name in classes or key not in images):
            try:
                image, captions = read_tensors(os.path.join(files.caption_folder, path))
            except DataError:
                damaged.append(path)
                continue
            key = key if key in images else prefix + image
        captioned.add(key)
        if class_name not in classes:
            others.update({key} & images.keys())
            continue
        if key not in images:
            without_image.append(key)
            continue
        if captions is None:
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
        {part: len(records if part == split else others) for part in SPLITS},
        texts.skipped(),
        Counter(record.class_name for record in records) if split == "train" else {},
        assumed=(*([caption_line(records)] if records else []), *texts.assumed()),
    )
    for reason, names in (
        ("not a Torch7 file with captions in it", damaged),
        ("image without a caption file", uncaptioned),
        ("caption file without an image", without_image),
        ("caption file without a caption", without_caption),
        (f"folder that is not one of the {len(layout.classes)} classes", sorted(unknown)),
    ):
        report = report.with_skipped(reason, names)
    return Found(tuple(records), report, len(files.images) - len(records))


def _sub_folders(folder: str) -> list[str]:
    """The folders in the user's folder: archives are unpacked into folders of many names."""
    if not folder:
        return []
    with os.scandir(folder) as entries:
        return sorted(entry.path for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _first_with_files(
    folders: Sequence[str], candidates: Sequence[str], suffixes: tuple[str, ...], classes: Collection[str]
) -> tuple[str, list[str]]:
    """The first of the candidates in one of the folders with files in folders of the classes; of none, with any files.

    Returns:
        The candidate's path and the files below it; "" and none if there is none.
    """
    first = "", []
    for folder in folders:
        for candidate in candidates:
            path = os.path.join(folder, *candidate.split("/"))
            files = list_files(path, suffixes)
            if not classes or any(os.path.dirname(file) in classes for file in files):
                if files:
                    return path, files
            elif not first[1]:
                first = path, files
    return first


def _without_names(layout: Layout, folders: Sequence[str]) -> str:
    """What is said of files that hold captions or their embeddings, but not what is needed."""
    _, tensors = _first_with_files(folders, layout.caption_folders, (".t7",), ())
    said = []
    if tensors:
        said.append(f"the tensors of whole classes ({tensors[0]}, ...) do not name the images they are of")
    if any(os.path.isfile(os.path.join(folder, "train", STACKGAN)) for folder in folders):
        said.append(f"{STACKGAN} holds embeddings, which --text_encoder takes, and no captions")
    return "".join(f"; {line}" for line in said)


def _advice(layout: Layout, folder: str, data_dir: str) -> str:
    """Lists which files to put where, and ends with what was received."""

    def places(candidates: tuple[str, ...], pattern: str) -> str:
        others = ", ".join(f"{candidate}/" for candidate in candidates[1:])
        return f"{candidates[0]}/{pattern}" + (f" (or in {others})" if others else "")

    return (
        f"Put into {folder!r}, or into a folder that you name with --data_dir: "
        f"(1) the images as {places(layout.image_folders, layout.image_pattern)}, or the archive itself "
        f"({layout.archive.description}); they are downloaded for you if the captions and a network are available; "
        f"(2) the captions of Reed et al. (2016) as {places(layout.caption_folders, '<class>/<image name>.txt')}, "
        f"one per line, or as {places(layout.tensor_folders, '<class>/<image name>.t7')}; {layout.caption_source}. "
        "Both may also be in a folder within that one. "
        f"--dataset=birds needs no files at all. Received: data_dir={data_dir!r}"
    )
