"""A static HTML page of pictures side by side, which needs no server."""

import html
import pathlib
from collections.abc import Mapping, Sequence

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
FIGURE = '<figure><img src="{address}" alt="{label}"><figcaption>{label}</figcaption></figure>'


def gallery(title: str, rows: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """Returns the page's HTML.

    Args:
        title: heading of the page.
        rows: each a name and the pictures side by side below it, as label: path relative to the page's folder.
    """
    text = []
    for name, pictures in rows:
        figures = (FIGURE.format(label=html.escape(label), address=_address(path)) for label, path in pictures.items())
        text.append(f"<div><p>{html.escape(name)}</p>{''.join(figures)}</div>")
    return PAGE.format(title=html.escape(title), rows="\n".join(text))


def _address(path: str) -> str:
    """A path as a relative URL, in which a # or ? of a file name is escaped."""
    return html.escape(
        pathlib.PurePosixPath(path).as_posix().replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    )
