"""A static HTML page of pictures side by side, which needs no server."""

import html
import pathlib
from collections.abc import Mapping, Sequence

from panels.page import address
from pipelines.report import printable

# Of a page that this program wrote, near its beginning.
MARK = '<meta name="generator" content="gallery of a GAN run">'
PAGE = """<!doctype html>
<meta charset="utf-8">
{mark}
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 2em; }}
figure {{ display: inline-block; margin: 0 1em 1em 0; }}
img {{ min-width: 128px; image-rendering: pixelated; }}
</style>
<h1>{title}</h1>
{rows}
"""
FIGURE = '<figure><img src="{address}" alt="{label}"><figcaption>{label}</figcaption></figure>'


def gallery(title: str, rows: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """Returns the page's HTML.

    Args:
        title: heading of the page.
        rows: each a name and the pictures side by side below it, as label: path relative to the page's folder. Names
            and paths of files of any bytes (PEP 383): a name is shown printable, a path is linked byte by byte.
    """
    text = []
    for name, pictures in rows:
        figures = (FIGURE.format(label=html.escape(label), address=address(path)) for label, path in pictures.items())
        text.append(f"<div><p>{html.escape(printable(name))}</p>{''.join(figures)}</div>")
    return PAGE.format(mark=MARK, title=html.escape(printable(title)), rows="\n".join(text))


def is_gallery(path: pathlib.Path) -> bool:
    """Whether a file is a page that `gallery` made."""
    try:
        with open(path, "rb") as file:
            return MARK.encode() in file.read(len(PAGE))
    except OSError:
        return False
