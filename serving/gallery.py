"""A folder of translations as one static page: input beside output, as image-to-image users look at results."""

import html
import pathlib
from collections.abc import Sequence

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 2em; }}
figure {{ display: inline-block; margin: 0 1em 1em 0; }}
img {{ min-width: 128px; image-rendering: pixelated; }}
</style>
<h1>{title}</h1>
{rows}
"""
ROW = """<div><figure><img src="{input}" alt="input"><figcaption>{name}: input</figcaption></figure>
<figure><img src="{output}" alt="output"><figcaption>output</figcaption></figure></div>"""


def gallery(title: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """The page's HTML.

    Args:
        title: its heading.
        rows: (name, input, output) each, the last two as paths from the page's folder.
    """
    text = [
        ROW.format(name=html.escape(name), input=_address(before), output=_address(after))
        for name, before, after in rows
    ]
    return PAGE.format(title=html.escape(title), rows="\n".join(text))


def _address(path: str) -> str:
    """A path as the address in a page: a # or ? in a file's name is no more than that."""
    return html.escape(
        pathlib.PurePosixPath(path).as_posix().replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    )
