"""A page of HTML as a browser reads it, for tests."""

import pathlib
import urllib.parse
from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br", "hr", "link", "input"})


class Page(HTMLParser):
    """What a page shows and links to.

    Attributes:
        text: all that is shown, with spaces between the elements.
        links: the addresses that it leads to or shows.
        tags: how often each element is there.
    """

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        assert source.startswith("<!doctype html>")
        self.shown, self.links, self.ids, self.tags, self.open = [], [], [], {}, []
        self.feed(source)
        self.close()
        assert self.open == [], f"not closed: {self.open}"
        assert len(set(self.ids)) == len(self.ids), "an id is there twice"
        self.text = " ".join(" ".join(self.shown).split())

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        given = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        assert tag != "img" or given.get("alt"), "a picture without a text in its place"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open[-1:] == [tag], f"</{tag}> within {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.shown.append(data)


def read(file: pathlib.Path) -> Page:
    """A page whose links are checked: each leads to a file beside it, or to a part of itself."""
    page = Page(file.read_text(encoding="utf-8"))
    for link in page.links:
        path, _, fragment = link.partition("#")
        assert not urllib.parse.urlsplit(link).scheme
        assert not path.startswith("/")
        assert (file.parent / urllib.parse.unquote(path)).exists() if path else fragment in page.ids, link
    return page
