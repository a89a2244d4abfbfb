"""Pages of HTML: what is shown is what was given, and nothing of it is markup."""

import pytest

from panels import page
from panels.page import Section
from tests.pages import Page

HOSTILE = "</td><script>alert(1)</script>\"'& caf\udce9 \u202e\n<img src=x onerror=y>"
SHOWN = "</td><script>alert(1)</script>\"'& caf\\xe9 \\u202e <img src=x onerror=y>"


@pytest.mark.parametrize(
    "block",
    [
        page.paragraph(HOSTILE),
        page.listing([HOSTILE]),
        page.code(HOSTILE),
        page.table([HOSTILE], [[HOSTILE]]),
        page.facts({HOSTILE: HOSTILE}),
        page.folded(HOSTILE, page.paragraph(HOSTILE)),
        page.figure("a.png", HOSTILE),
        page.links({"a.png": HOSTILE}),
    ],
)
def test_what_is_given_is_shown_and_never_markup(block):
    made = page.page(HOSTILE, [Section(HOSTILE, [block])])
    made.encode()
    read = Page(made)
    assert "script" not in read.tags
    assert read.tags.get("img", 0) == ("<figure" in block)
    # In the title, the heading, the links above, the heading of the section, and in the block itself.
    assert read.text.count(SHOWN) >= 5


def test_a_path_leads_to_the_file_whatever_its_name_is():
    names = ["a b#1?.png", "50%.png", "javascript:alert(1)", "caf\udce9.png", 'x" onclick="y.png']
    read = Page(page.page("", [Section("s", [page.figure(f"pictures/{name}", "a") for name in names])]))
    assert (
        read.links[1::2]
        == read.links[2::2]
        == [
            "pictures/a%20b%231%3F.png",
            "pictures/50%25.png",
            "pictures/javascript%3Aalert%281%29",
            "pictures/caf%E9.png",
            "pictures/x%22%20onclick%3D%22y.png",
        ]
    )


def test_what_is_empty_leaves_nothing():
    sections = [Section("gone", ["", page.table(["a"], []), page.listing([]), page.facts({"a": ""}), page.folded("b")])]
    assert "gone" not in page.page("title", sections)
    assert Page(page.page("title", [*sections, Section("here", ["<p>x</p>"])])).links == ["#here"]


def test_numbers_stand_at_the_right_and_have_four_digits():
    made = page.table(["key", "value"], [["a", 0.123456], ["b", 12_345], ["c", True]])
    assert '<td class="number">0.1235</td>' in made
    assert '<td class="number">12345</td>' in made
    assert "<td>True</td>" in made


def test_it_follows_the_readers_choice_of_light_or_dark():
    assert '<meta name="color-scheme" content="light dark">' in page.page("t", [])
