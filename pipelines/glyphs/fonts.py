"""Fonts of the machine, or those that the user names, and which characters they have."""

import pathlib
from collections.abc import Iterable, Sequence

from pipelines.examples import DataError

SUFFIXES = (".ttf", ".otf", ".ttc")


def font_files(folder: str) -> list[pathlib.Path]:
    """The font files in a folder and its sub-folders, in the order of their names; without a folder those that come
    with matplotlib (DejaVu), which is always there, and those of the machine.

    Raises:
        DataError: there is no such folder, or no font in it.
    """
    if not folder:
        # Imported late: it takes a second.
        from matplotlib import font_manager, get_data_path

        # Its others are of mathematical symbols.
        own = sorted(pathlib.Path(get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf"))
        others = sorted(pathlib.Path(path) for path in font_manager.findSystemFonts())
        return [*own, *others]
    root = pathlib.Path(folder).expanduser()
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES) if root.is_dir() else []
    if not found:
        raise DataError(f"--data_dir must be a folder of fonts: {', '.join(SUFFIXES)}. Received: {folder}")
    return found


def characters_of(path: pathlib.Path) -> frozenset[int]:
    """The code points for which a font has a drawing; none of a file that is no font, or one of symbols."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (RuntimeError, OSError, ValueError):
        return frozenset()


def fonts_of(paths: Iterable[pathlib.Path], characters: str) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """The fonts that have all of the characters, one of a name, and those that have not."""
    wanted, usable, others, names = frozenset(map(ord, characters)), [], [], set()
    for path in paths:
        if path.name in names:
            continue
        names.add(path.name)
        (usable if wanted <= characters_of(path) else others).append(path)
    return usable, others


def check_fonts(usable: Sequence[pathlib.Path], others: Sequence[pathlib.Path], characters: str, folder: str):
    """DataError if no font has the characters."""
    if usable:
        return
    shown = characters if len(characters) <= 10 else f"{characters[:10]}... ({len(characters)} characters)"
    where = folder or "the fonts of this machine"
    debian = "fonts-wqy-zenhei" if max(map(ord, characters)) > 0x2E80 else "fonts-dejavu-core"
    raise DataError(
        f"no font has all of {shown}; --data_dir names a folder of fonts, Debian's {debian} has them. "
        f"Received: {where}, {len(others)} fonts without"
    )
