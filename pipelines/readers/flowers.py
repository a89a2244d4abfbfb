"""Oxford-102 flowers (Nilsback and Zisserman 2008) with the ten captions of Reed et al. (2016) for each photograph.

Reed et al. split the 102 classes into 82 for training and 20 unseen ones, and publish the lists with their captions as
`trainvalclasses.txt` and `testclasses.txt`, which are used if they are beside the captions; else StackGAN's lists of
images are, if these are there. No copy of either could be verified for this project, so the constants below are NOT
that split; a warning is logged when they are used instead.
"""

import os
from collections.abc import Sequence

from pipelines import pickled
from pipelines.examples import CaptionedImages, DataError
from pipelines.readers import class_folders
from pipelines.readers.download import Archive
from pipelines.readers.files import Found, check_split
from pipelines.readers.photographs import decode_found
from pipelines.readers.text_files import read_text
from pipelines.reading import DEFAULT, Reading
from pipelines.report import warn_once

CLASSES = tuple(f"class_{number:05d}" for number in range(1, 103))

# Substitutes of the published sizes, 82 and 20: the last classes are held out. Results are not comparable to papers.
STAND_IN_TEST_CLASSES = CLASSES[82:]
STAND_IN_TRAIN_CLASSES = CLASSES[:82]

# Images of the complete splits as published (Reed et al.'s lists; the lengths of StackGAN's `filenames.pickle`).
PUBLISHED_IMAGES = {"train": 7034, "test": 1155}

TRAIN_LIST, TEST_LIST = "trainvalclasses.txt", "testclasses.txt"

LAYOUT = class_folders.Layout(
    dataset="flowers",
    image_folders=("jpg", "102flowers/jpg", "102flowers", "images"),
    image_pattern="<image name>.jpg",
    images_by_class=False,
    caption_folders=("text_c10", "text"),
    tensor_folders=("flowers_icml", "102flowers/flowers_icml"),
    caption_source=(
        "they are on Google Drive, linked from https://github.com/reedscot/cvpr2016, and can only be fetched by hand; "
        f"put their {TRAIN_LIST} and {TEST_LIST} beside them for the published split of the classes"
    ),
    classes=frozenset(CLASSES),
    # Address, size and SHA-256 as in TFDS's oxford_flowers102/checksums.tsv.
    archive=Archive(
        title="Oxford-102 flowers",
        url="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/102flowers.tgz",
        filename="102flowers.tgz",
        size=344_862_509,
        sha256="2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246",
        licence="photographs of various owners, for non-commercial research; its authors state no licence",
        content="jpg",
    ),
)


def read_classes(folders: list[str], encoding: str = "") -> dict[str, tuple[str, ...]] | None:
    """Reads the published class lists; if only one of the two exists, the other split is the remaining classes.

    Args:
        folders: where to look; the first folder with a list is used.
        encoding: of a list without a mark, by a name that Python knows; "" for UTF-8.

    Returns:
        The class names of "train" and "test", or None if there is no list.

    Raises:
        DataError: a list names an unknown class, the lists overlap, or a split is empty.
    """
    for folder in folders:
        lists = {}
        for split, filename in (("train", TRAIN_LIST), ("test", TEST_LIST)):
            path = os.path.join(folder, filename)
            if os.path.isfile(path):
                lists[split] = tuple(read_text(path, encoding, "flowers: the list").split())
                if unknown := sorted(set(lists[split]) - set(CLASSES)):
                    raise DataError(
                        f"{path} must name classes from class_00001 to class_00102. Received: {unknown[0]!r}"
                    )
        if not lists:
            continue
        for split, other in (("train", "test"), ("test", "train")):
            lists.setdefault(split, tuple(name for name in CLASSES if name not in lists.get(other, ())))
        if both := sorted(set(lists["train"]) & set(lists["test"])):
            raise DataError(
                f"{TRAIN_LIST} and {TEST_LIST} in {folder!r} must share no class. Received: both with {both[0]!r}"
            )
        if not lists["train"] or not lists["test"]:
            raise DataError(
                f"{TRAIN_LIST} and {TEST_LIST} in {folder!r} must leave classes to both splits. "
                f"Received: {len(lists['train'])} and {len(lists['test'])}"
            )
        return lists
    return None


def classes_of_names(folders: list[str], captions: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    """The classes of the splits as StackGAN publishes them: lists of images, in folders `train` and `test`.

    Args:
        folders: where to look; the first folder with both lists is used.
        captions: paths of all caption files, `<class>/<image name>.txt`.

    Returns:
        The class names of "train" and "test", or None if there are no lists of images that are here.

    Raises:
        DataError: a list is damaged, or both have images of one class.
    """
    known = {os.path.splitext(os.path.basename(path))[0]: os.path.dirname(path) for path in captions}
    for folder in folders:
        paths = {split: os.path.join(folder, split, "filenames.pickle") for split in ("train", "test")}
        if not all(map(os.path.isfile, paths.values())):
            continue
        lists = {}
        for split, path in paths.items():
            try:
                names = pickled.read(path)
                if not isinstance(names, list | tuple):
                    raise ValueError(f"it holds {type(names).__name__}")
            # A damaged pickle may raise anything; nothing in it is run.
            except Exception as error:
                raise DataError(
                    f"flowers: {path} must be a list of names. Received: {' '.join(str(error).split())}"
                ) from error
            # "jpg/image_06734"
            stems = [os.path.basename(name) for name in names if isinstance(name, str)]
            lists[split] = tuple(sorted({known[stem] for stem in stems if stem in known} & set(CLASSES)))
        if both := sorted(set(lists["train"]) & set(lists["test"])):
            raise DataError(
                f"flowers: {paths['train']!r} and {paths['test']!r} must share no class. Received: both with {both[0]}"
            )
        if lists["train"] or lists["test"]:
            return lists
    return None


def find(split: str, data_dir: str, cache_dir: str, encoding: str = "") -> Found:
    """Lists the captioned images of a split without decoding any.

    Args:
        split: "train" (82 classes) or "test" (20 other classes).
        data_dir: folder with the images and the captions; "" looks into `flowers` in the cache folder.
        cache_dir: folder of downloads and caches.
        encoding: of text files without a mark, by a name that Python knows; "" for UTF-8.

    Raises:
        DataError: files are missing (the message lists which to put where), or the class lists are invalid.
    """
    check_split(split)
    files = class_folders.gather(LAYOUT, data_dir, cache_dir)
    above = os.path.dirname(files.caption_folder)
    folders = [files.caption_folder, above, *filter(None, [data_dir]), os.path.join(above, "flowers_icml")]
    lists = read_classes(folders, encoding) or classes_of_names(folders, files.captions)
    if lists is None:
        warn_once(
            f"flowers: no {TRAIN_LIST} or {TEST_LIST} beside the captions in {files.caption_folder!r}: the classes are "
            "NOT split as published (the last 20 are held out instead), and results are not comparable to papers. "
            "Both lists come with the captions of Reed et al."
        )
        classes = STAND_IN_TRAIN_CLASSES if split == "train" else STAND_IN_TEST_CLASSES
        return class_folders.join(LAYOUT, files, split, frozenset(classes), None, encoding)
    return class_folders.join(LAYOUT, files, split, frozenset(lists[split]), PUBLISHED_IMAGES[split], encoding)


def load(split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> CaptionedImages:
    """Loads a split: uint8 RGB images of load_size x load_size pixels with captions and classes.

    Args:
        split: "train" (82 classes) or "test" (20 other classes).
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: folder with the images and the captions; "" looks into `flowers` in the cache folder.
        cache_dir: folder of downloads and of the cache of decoded images.
        reading: how the files are read.

    Raises:
        DataError: files are missing, or fewer than two images could be read.
    """
    return decode_found(find(split, data_dir, cache_dir, reading.encoding), load_size, cache_dir, reading)
