"""The classic datasets of single images: what they are, and the files in which people have them."""

import dataclasses
import os
from collections.abc import Iterator

from pipelines.examples import DataError
from pipelines.readers import celeba, cifar, idx, npz_sets


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """A dataset in TFDS.

    Attributes:
        builder: its name in TFDS.
        title: its contents.
        classes: the name of each label; empty for TFDS's own names (or the numbers themselves).
        is_labeled: whether it has classes.
        is_idx: whether it is published as IDX files, so that these are accepted.
        torchvision: the folder in which torchvision keeps its IDX files, below one that the user names.
        family: which of several families of IDX files in a folder to use.
        installed: folders where packages of operating systems put its files.
        crop: side of the center crop of each image, in pixels; 0 for the whole image.
        is_transposed: whether TFDS has its rows and columns exchanged.
    """

    builder: str
    title: str
    classes: tuple[str, ...] = ()
    is_labeled: bool = True
    is_idx: bool = True
    torchvision: str = ""
    family: str = ""
    installed: tuple[str, ...] = ()
    crop: int = 0
    is_transposed: bool = False


SETS = {
    "mnist": ImageSet("mnist", "handwritten digits", torchvision="MNIST"),
    "fashion_mnist": ImageSet(
        "fashion_mnist",
        "pictures of clothes and shoes",
        classes=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        torchvision="FashionMNIST",
        # Debian's package dataset-fashion-mnist.
        installed=("/usr/share/datasets/fashion-mnist",),
    ),
    "kmnist": ImageSet(
        "kmnist",
        "handwritten Japanese characters",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        torchvision="KMNIST",
    ),
    # The family with equally many images of each class.
    "emnist": ImageSet(
        "emnist/balanced",
        "handwritten digits and letters",
        classes=idx.EMNIST["emnist-balanced"],
        torchvision="EMNIST",
        family="emnist-balanced",
        is_transposed=True,
    ),
    "cifar10": ImageSet("cifar10", "small photographs of animals and vehicles", is_idx=False),
    # A center crop of 108 pixels, as in DCGAN's code and most code since.
    "celeb_a": ImageSet("celeb_a", "photographs of faces", is_labeled=False, is_idx=False, crop=108),
}


def accepted(name: str) -> str:
    """The files that a user may have of a set, for messages."""
    if name == "cifar10":
        return cifar.ACCEPTED
    if name == "celeb_a":
        return celeba.ACCEPTED
    prefix, test = (f"{SETS[name].family}-", "test") if SETS[name].family else ("", "t10k")
    files = f"{prefix}train-images-idx3-ubyte, {prefix}train-labels-idx1-ubyte and the same of {test}, gzipped or not"
    return f"{files}, also in raw/ or {SETS[name].torchvision}/raw/ as torchvision has them; {npz_sets.accepted(name)}"


def idx_folders(name: str, folder: str) -> Iterator[str]:
    """Where IDX files of a set may be, in a folder or as torchvision has them; not those of another set."""
    ends = os.path.abspath(folder).split(os.sep)[-2:]
    for other, known in SETS.items():
        if other != name and known.torchvision in ends and SETS[name].torchvision not in ends:
            raise DataError(
                f"{name}: data_dir must not be torchvision's folder of another set. "
                f"Received: {folder!r}, which is for --dataset={other}"
            )
    own = SETS[name].torchvision
    for below in ("", "raw", f"{own}/raw", own, "gzip", "raw/gzip", f"{own}/raw/gzip"):
        yield os.path.join(folder, *below.split("/"))
