"""A page of HTML with sections of text, tables and pictures: one file that needs no server, fit for light and dark."""

import dataclasses
import html
import os
import pathlib
import urllib.parse
from collections.abc import Mapping, Sequence

from pipelines.report import printable

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8886; --soft: #8882; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }}
nav a {{ margin-right: 1rem; }}
h2 {{ border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; margin: 0.5rem 0; display: block; overflow-x: auto; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid var(--soft); }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
figure {{ margin: 0.5rem 1rem 1rem 0; display: inline-block; vertical-align: top; max-width: 100%; }}
img {{ max-width: 100%; background: white; }}
pre {{ white-space: pre-wrap; background: var(--soft); padding: 0.5rem; }}
.note {{ opacity: 0.75; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of a page below a heading of its own.

    Attributes:
        title: the heading.
        blocks: HTML, made by the functions of this module.
    """

    title: str
    blocks: Sequence[str]

    @property
    def anchor(self) -> str:
        """The fragment that leads to it."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())


def page(title: str, sections: Sequence[Section]) -> str:
    """Returns the page's HTML, of sections that have anything to show."""
    sections = [section for section in sections if any(section.blocks)]
    links = " ".join(f'<a href="#{section.anchor}">{text(section.title)}</a>' for section in sections)
    body = [f"<nav>{links}</nav>"]
    for section in sections:
        blocks = "\n".join(block for block in section.blocks if block)
        body.append(f'<section id="{section.anchor}">\n<h2>{text(section.title)}</h2>\n{blocks}\n</section>')
    return PAGE.format(title=text(title), body="\n".join(body))


def text(value: object) -> str:
    """A value, a file's name of any bytes among them, as HTML that shows it and does nothing else."""
    return html.escape("\n".join(map(printable, str(value).split("\n"))))


def paragraph(value: object, kind: str = "") -> str:
    """A paragraph; a "note" is less prominent."""
    return f'<p class="{kind}">{text(value)}</p>' if kind else f"<p>{text(value)}</p>"


def listing(lines: Sequence[object]) -> str:
    """A list of lines; nothing if there are none."""
    return f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>" if lines else ""


def code(value: object) -> str:
    """A command, or whatever else is to be copied as it is."""
    return f"<pre>{text(value)}</pre>"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; numbers stand at the right. Nothing if there are no rows."""
    if not rows:
        return ""
    head = f"<thead><tr>{''.join(f'<th>{text(name)}</th>' for name in header)}</tr></thead>"
    lines = (f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def facts(values: Mapping[str, object]) -> str:
    """A table of names and values, without those that are empty."""
    rows = [(name, value) for name, value in values.items() if value not in ("", None)]
    lines = (f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in rows)
    return f"<table><tbody>{''.join(lines)}</tbody></table>" if rows else ""


def folded(summary: str, *blocks: str) -> str:
    """What is shown when it is asked for; nothing if there is nothing."""
    inside = "".join(blocks)
    return f"<details><summary>{text(summary)}</summary>{inside}</details>" if inside else ""


def figure(path: str, label: str) -> str:
    """A picture by its path relative to the page's folder, which leads to the file itself."""
    link = address(path)
    image = f'<a href="{link}"><img src="{link}" alt="{text(label)}" loading="lazy"></a>'
    return f"<figure>{image}<figcaption>{text(label)}</figcaption></figure>"


def links(paths: Mapping[str, str]) -> str:
    """A list of files: what each is, by its path relative to the page's folder."""
    lines = (
        f'<li><a href="{address(path)}">{text(path)}</a>: {text(label)}</li>' for path, label in paths.items() if path
    )
    return f"<ul>{''.join(lines)}</ul>" if paths else ""


def address(path: str) -> str:
    """A path as a relative URL: all but letters, digits, "_.-~" and the slashes escaped, as the bytes of the name."""
    return urllib.parse.quote(os.fsencode(pathlib.PurePosixPath(path)))


def number(value: float) -> str:
    """A measured value as it is printed elsewhere, too."""
    return f"{value:.4g}"


def _cell(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    shown = number(value) if isinstance(value, float) else value
    return f'<td class="number">{text(shown)}</td>' if is_number else f"<td>{text(shown)}</td>"
