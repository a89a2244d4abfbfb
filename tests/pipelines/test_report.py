"""The one form of a data set's report."""

import json
import os
import pathlib
import re

from pipelines import report
from pipelines.report import Report, printable


def test_its_lines_name_all_that_was_found_and_what_became_of_it():
    report = Report(
        "folder",
        found="12 files in 'mine'",
        used={"train": 6, "test": 2},
        classes={"cat": 4, "dog": 2},
        sizes={"10 x 20": 1, "30 x 20": 7},
        assumed=("folders train and val are the splits",),
    ).with_skipped("not a picture", [f"{index}.doc" for index in range(7)])
    assert report.lines() == [
        "found: 12 files in 'mine'",
        "used: train 6, test 2",
        "classes: 2: cat (4), dog (2)",
        "sizes: 30 x 20 (7), 10 x 20 (1)",
        "assumed: folders train and val are the splits",
        "skipped 7: not a picture: 0.doc, 1.doc, 2.doc, 3.doc, 4.doc, ...",
    ]
    assert json.loads(json.dumps(report.plain()))["skipped"]["not a picture"]["count"] == 7


def test_names_are_printable_whatever_their_bytes_are():
    names = [os.fsdecode(b"caf\xe9.png"), "two\nlines.png", "café.png"]
    assert [printable(name) for name in names] == [r"caf\xe9.png", r"two\nlines.png", "café.png"]
    report = Report("folder").with_skipped("broken", names)
    for text in (*report.lines(), json.dumps(report.plain(), ensure_ascii=False)):
        text.encode()


def test_reports_on_two_splits_of_one_set_say_once_what_they_have_in_common(caplog):
    with caplog.at_level("INFO", logger="absl"):
        for found in ("9 files in 'mine'", "9 files in 'yours'"):
            for size in ("10 x 20", "30 x 20", "10 x 20"):
                Report("folder", found=found, assumed=("no splits",)).with_sizes({size: 4}).log()
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"folder: {line}"
        for found in ("9 files in 'mine'", "9 files in 'yours'")
        for line in (f"found: {found}", "sizes: 10 x 20 (4)", "assumed: no splits", "sizes: 30 x 20 (4)")
    ]


def test_sizes_of_two_sides_are_counted_together():
    report = Report("pairs").with_sizes({"10 x 20": 4}).with_sizes({"10 x 20": 3, "5 x 5": 1})
    assert report.lines() == ["sizes: 10 x 20 (7), 5 x 5 (1)"]


def test_nothing_skipped_is_no_line():
    assert Report("folder").with_skipped("broken", []).lines() == []


def test_messages_of_the_readers_end_with_what_was_received():
    folder = pathlib.Path(report.__file__).parent
    sources = {path: path.read_text() for path in folder.rglob("*.py")}
    assert len(sources) > 40
    others = re.compile(r"[,;.] got [{%\w'\"]|[\"] *got [{%]|; received: ")
    assert {str(path): found for path, text in sources.items() if (found := others.findall(text))} == {}
