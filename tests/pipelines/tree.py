"""A tree of folders to be, and the role that each of its files should have. Imports nothing of the project.

Each picture has a color of its own on the left three fifths and another one on the rest, which tell which picture it is
after decoding, and whether it is whole.
"""

import dataclasses
import io
import os
import pathlib

import numpy as np
from hypothesis import strategies as st
from PIL import Image

TRAIN, TEST, SKIPPED = "train", "test", "skipped"
LEVELS = (20, 90, 160, 230)
# Kinds of Pillow, and the suffixes that people give them.
SUFFIXES = {
    "PNG": (".png", ".PNG", ".Png"),
    "JPEG": (".jpg", ".JPG", ".jpeg", ".jfif", ".jpe"),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff", ".TIF"),
    "PPM": (".ppm",),
    # A wrong suffix is no reason to lose a picture.
    "JPEG ": (".png",),
}
STEMS = ["{}", "img_{}", "IMG-{}", "café {}", "photo.{}", "{}-x", "жар{}", "鳥{}"]


@dataclasses.dataclass(frozen=True)
class Role:
    """What should become of a picture: its split, side or class, captions, and the key that a pair shares."""

    split: str
    side: str = ""
    class_name: str | None = None
    captions: tuple[str, ...] = ()
    key: str = ""


@dataclasses.dataclass(repr=False)
class Tree:
    """A folder to be.

    Attributes:
        dataset: what `--dataset` it is for.
        layout: in words.
        is_known: whether the layout is one that must be accepted.
        files: path to content; None for a link that leads nowhere.
        roles: role by (left color, right color) of every picture that can be decoded, and its path.
        has_test: whether there are pictures to test on.
        flags: what the user says of the files.
    """

    dataset: str
    layout: str
    is_known: bool = True
    files: dict[str, bytes | None] = dataclasses.field(default_factory=dict)
    roles: dict[tuple, tuple[str, Role]] = dataclasses.field(default_factory=dict)
    has_test: bool = False
    flags: dict[str, str] = dataclasses.field(default_factory=dict)

    def write(self, folder: pathlib.Path):
        """Make it."""
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                os.symlink("/nowhere/at/all", place)
            else:
                place.write_bytes(content)
                # As archives unpack: nothing may be told by it.
                os.utime(place, (1, 1))

    def __repr__(self) -> str:
        roles = dict(self.roles.values())
        return "\n".join(
            [f"{self.dataset}: {self.layout}", *(f"  {path}  {roles.get(path, '')}" for path in self.files)]
        )

    def _repr_pretty_(self, printer, cycle):
        """What hypothesis prints."""
        printer.text(repr(self))


def colors_of(number: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The two colors of a picture; no color is a left one and a right one, so that halves are known."""
    digits = [number // 4**place % 4 for place in range(3)]
    left = tuple(LEVELS[digit] for digit in digits)
    right = tuple(LEVELS[(digit + 2) % 4] for digit in digits)
    return left, right


def pixels_of(number: int, size: tuple[int, int]) -> np.ndarray:
    """A picture of a number below 64, as smooth as a photograph."""
    width, height = size
    left, right = colors_of(number)
    border = round(width * 0.6)
    pixels = np.empty((height, width, 3), np.float32)
    pixels[:, :border], pixels[:, border:] = left, right
    pixels += np.linspace(-12, 12, height)[:, None, None] + np.linspace(-5, 5, width)[None, :, None]
    return pixels.clip(0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    """A picture as a file."""
    stream = io.BytesIO()
    options = {"JPEG": {"quality": 97}, "WEBP": {"lossless": True}}.get(kind.strip(), {})
    Image.fromarray(pixels).save(stream, kind.strip(), **options)
    return stream.getvalue()


class Maker:
    """Adds pictures and other files to a tree, and writes down their roles."""

    def __init__(self, draw, tree: Tree):
        self.draw, self.tree, self.count = draw, tree, 0
        self.kind = draw(st.sampled_from(sorted(SUFFIXES)))
        self.size = draw(st.sampled_from([(24, 24), (30, 20), (20, 30), (40, 25)]))

    def number(self) -> int:
        """Of the next picture."""
        self.count += 1
        return self.count - 1

    def picture(self, path: str, role: Role, number: int | None = None, suffix: str = ""):
        """A picture; the path is without suffix."""
        number = self.number() if number is None else number
        kind = self.kind if self.draw(st.integers(0, 3)) else self.draw(st.sampled_from(sorted(SUFFIXES)))
        if suffix:
            kind = {".png": "PNG", ".jpg": "JPEG", ".gif": "PNG"}[suffix]
        path += suffix or self.draw(st.sampled_from(SUFFIXES[kind]))
        self.tree.files[path] = encoded(pixels_of(number, self.size), kind)
        self.tree.roles[colors_of(number)] = path, role

    def two_pictures(self, path: str, split: str, key: str):
        """A file that holds A and B side by side."""
        numbers = self.number(), self.number()
        kind = self.draw(st.sampled_from(["PNG", "JPEG", "BMP"]))
        path += self.draw(st.sampled_from(SUFFIXES[kind]))
        self.tree.files[path] = encoded(np.concatenate([pixels_of(n, self.size) for n in numbers], axis=1), kind)
        for number, side in zip(numbers, "AB", strict=True):
            self.tree.roles[colors_of(number)] = path, Role(split, side, key=key)

    def litter(self, folder: str = ""):
        """Files that are no pictures, or cannot be read: nothing of them may be used."""
        possible = {
            "README.md": b"# pictures",
            "Thumbs.db": b"\xd0\xcf\x11\xe0 thumbs",
            ".DS_Store": b"\0\0\0\1Bud1",
            "list.xml": b"<list/>",
            "._hidden.png": b"\0\5\26\7",
            "broken.png": b"\x89PNG\r\n\x1a\n and no more",
            "phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0",
            "gone.png": None,
            "movie.mp4": b"\0\0\0\x18ftypmp42",
        }
        for name in self.draw(st.lists(st.sampled_from(sorted(possible)), max_size=3, unique=True)):
            self.tree.files[folder + name] = possible[name]

    def stem(self, index: int) -> str:
        """The name of a picture."""
        return self.pattern.format(index)

    def choose_stems(self, of_text: bool = False):
        """One pattern for the whole tree."""
        # Names whose bytes are no UTF-8, where no text has to name them.
        latin = [] if of_text else [os.fsdecode(b"caf\xe9 {}")]
        self.pattern = self.draw(st.sampled_from([*STEMS, *latin]))
