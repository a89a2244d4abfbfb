"""Characters rendered from fonts: those that come with matplotlib, those of the machine, or the user's own. Nothing is
downloaded.

`fonts` finds them, `characters` lists what is drawn, `rendering` draws a character with a weight, a slant and a width;
`metrics.glyphs` measures these from pixels.
"""

import numpy as np
from tqdm import tqdm

from pipelines.examples import DataError, RenderedGlyphs
from pipelines.glyphs.characters import CHARACTERS
from pipelines.glyphs.fonts import check_fonts, font_files, fonts_of
from pipelines.glyphs.rendering import RANGES, random_style, render
from pipelines.readers.files import check_split
from pipelines.report import Report
from pipelines.sizes import shown

# Images of all splits, about: each character in each font as often as it takes.
IMAGES = 12_000
# Every sixth image of a character is for testing.
TEST_EVERY = 6
SMALLEST_SIZE = 8


def load(split: str, load_size: int, data_dir: str, cache_dir: str, characters: str = "glyphs") -> RenderedGlyphs:
    """Renders one split: (n, load_size, load_size, 1) uint8, black on white, a class for each character.

    Each character is drawn in each font that has all of them, with a weight, slant and width of its own each time
    (`rendering.RANGES`), which depend on nothing but its number.

    Args:
        split: "train" or "test".
        load_size: side of the images in pixels, at least 8.
        data_dir: a folder of fonts; "" for those of matplotlib and of the machine.
        cache_dir: not used: to draw them takes seconds.
        characters: a key of `characters.CHARACTERS`.

    Raises:
        DataError: there is no such split or folder, or no font that has the characters.
    """
    check_split(split)
    if not isinstance(load_size, int) or load_size < SMALLEST_SIZE:
        raise DataError(
            f"characters are drawn as squares of {SMALLEST_SIZE} pixels or more. Received: {shown(load_size)} pixels"
        )
    drawn = CHARACTERS[characters]
    usable, others = fonts_of(font_files(data_dir), drawn)
    check_fonts(usable, others, drawn, data_dir)
    times = -(-IMAGES // (len(drawn) * len(usable)))
    # Of each character in turn: font by font, again and again.
    labels, places = np.divmod(np.arange(len(drawn) * len(usable) * times), len(usable) * times)
    is_test = places % TEST_EVERY == TEST_EVERY - 1
    rows = np.flatnonzero(is_test == (split == "test"))
    report = Report(
        characters,
        f"{len(labels):,} drawings of {len(drawn)} characters in {len(usable)} fonts"
        + (f", in {data_dir!r}" if data_dir else " of matplotlib and this machine"),
        {"train": int((~is_test).sum()), "test": int(is_test.sum())},
        skipped={"a font without some of the characters": [path.name for path in others]} if others else {},
        classes=dict(zip(drawn, np.bincount(labels[~is_test]).tolist(), strict=True)),
        sizes={f"{load_size} x {load_size}": len(labels)},
    )
    report.log()
    images = np.empty((len(rows), load_size, load_size, 1), np.uint8)
    styles, fonts = np.empty((len(rows), len(RANGES)), np.float32), places[rows] % len(usable)
    for place, row in enumerate(tqdm(rows, f"drawing {characters} ({split})", unit=" images", disable=None)):
        style = random_style(np.random.default_rng([int(row)]))
        styles[place] = [getattr(style, name) for name in RANGES]
        images[place, ..., 0] = render(drawn[labels[row]], usable[fonts[place]], style, load_size)
    return RenderedGlyphs(
        images=images,
        names=tuple(f"{drawn[labels[row]]}/{usable[places[row] % len(usable)].stem}/{row:06}" for row in rows),
        labels=labels[rows].astype(np.int32),
        class_names=tuple(drawn),
        report=report,
        style_names=tuple(RANGES),
        styles=styles,
        fonts=fonts.astype(np.int32),
    )
