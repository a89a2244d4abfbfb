"""What --mode=sample translates and writes: its own output is never its input, and a name may be any bytes."""

import os
import pathlib
import re
import subprocess
import sys
import types
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from engine.command import Sample
from engine.folder import RunError
from engine.parts.sources import output_names
from engine.parts.translations import translate_files
from pipelines.examples import DataError
from tests.pipelines.files import write_image, write_text

MODEL = types.SimpleNamespace(is_averaged=False, step=3)
UNUSUAL = [
    b"caf\xe9.png",
    b"caf\xe8.png",
    b"two\nlines.png",
    b"\"quoted\" 'names'.png",
    b"100%41.png",
    b"a#b?c&d=e.png",
    b"back\\slash.png",
    "日本\u202f語.png".encode(),
    b"deep \xff/\x01.png",
]


class Inverting:
    """Stands in for a sampler: translates a picture to its negative."""

    def translate(self, image, seed, direction="", folder=None):
        return 255 - image


def translate(source, target, run_folder="nowhere"):
    """The page of the translations of a file or folder; the run folder's own if no folder is named."""
    command = Sample(input=str(source), output=str(target))
    return translate_files(Inverting(), command, pathlib.Path(target), "mine", MODEL, pathlib.Path(run_folder))


def pictures(page):
    """The addresses of the pictures of a page."""
    return re.findall(r'<img src="([^"]+)"', page.read_text(encoding="utf-8"))


def write_pictures(folder, *names):
    for name in names or ("a.png", "deep/b.png"):
        write_image(folder / name)
    return folder


def translated(page):
    return sorted(path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*.png"))


@pytest.mark.parametrize("output", ["mine/out", "mine/deep/out", "link/out", "mine/deep/../out", "out", "elsewhere"])
def test_three_commands_in_a_row_translate_the_same_pictures(tmp_path, output):
    mine = write_pictures(tmp_path / "mine")
    (tmp_path / "link").symlink_to(mine)
    if output == "elsewhere":
        # Below --input by a link.
        (mine / "results").symlink_to(tmp_path / "elsewhere")
    for _ in range(3):
        page = translate(mine, tmp_path / output)
        assert translated(page) == ["input/a.png", "input/deep/b.png", "output/a.png", "output/deep/b.png"]
        assert len(pictures(page)) == 4


def test_a_line_counts_what_is_left_out(tmp_path, capsys):
    mine = write_pictures(tmp_path / "mine")
    write_text(mine / "notes.txt", "no picture")
    write_text(mine / "broken.png", "no picture")
    (mine / "gone.png").symlink_to("/nowhere/gone.png")
    translate(mine, mine / "out")
    assert "skipped 1: not a picture that Pillow decodes: notes.txt\n" in (printed := capsys.readouterr().out)
    assert "skipped 1: the link leads nowhere: gone.png\n" in printed
    assert len(pictures(translate(mine, mine / "out"))) == 4
    printed = capsys.readouterr().out
    # Two pictures in and two out.
    assert "skipped 4: in --output: out/input/a.png" in printed
    assert re.search(r"skipped 1: cannot be read: broken\.png \(cannot identify", printed)
    assert str(tmp_path) not in printed.split("skipped 1: cannot")[1].splitlines()[0]


def test_whatever_decodes_is_translated_by_any_suffix(tmp_path):
    mine = tmp_path / "mine"
    names = ("a.JFIF", "b.avif", "c.TIFF", "d", "e.ppm")
    for name, kind in zip(names, ("JPEG", "AVIF", "TIFF", "PNG", "PPM"), strict=True):
        mine.mkdir(exist_ok=True)
        Image.new("RGB", (8, 6), (200, 0, 0)).save(mine / name, kind)
    page = translate(mine, tmp_path / "out")
    assert sorted(path.name for path in (page.parent / "input").iterdir()) == list(names)
    for path in (page.parent / "output").iterdir():
        assert np.abs(np.asarray(Image.open(path)).astype(int) - (55, 255, 255)).max() < 20


def test_the_run_folder_and_other_commands_translations_are_left_out(tmp_path, capsys):
    mine = write_pictures(tmp_path / "mine")
    for run in ("run", "runs/other"):
        write_pictures(mine / run, "pictures/grid.png", "evaluation/translations/000-input.png", "checkpoints/x.png")
        write_text(mine / run / "run.json", "{}")
    for target in ("run/translations", "second", "third"):
        page = translate(mine, mine / target, mine / "run")
        assert len(pictures(page)) == 4
    printed = capsys.readouterr().out
    assert "skipped 3: in the run folder: run/checkpoints/x.png" in printed
    assert "skipped 3: in a run folder: runs/other/checkpoints/x.png" in printed
    assert "skipped 4: translations of an earlier command: second/input/a.png" in printed
    # Translating the run's own pictures must be asked for.
    with pytest.raises(DataError, match=r"no image in .* in the run folder"):
        translate(mine / "run", tmp_path / "out", mine / "run")
    assert len(pictures(translate(mine / "run" / "pictures", tmp_path / "out", mine / "run"))) == 2


@pytest.mark.parametrize("output", ["mine", "mine/", "mine/../mine", "link", "other/../link/deep/.."])
def test_a_folder_is_not_translated_into_itself(tmp_path, output):
    mine = write_pictures(tmp_path / "mine")
    (tmp_path / "link").symlink_to(mine)
    (tmp_path / "other").mkdir()
    with pytest.raises(RunError, match=r"--output must be a folder of its own.*Received: --input=.*mine"):
        translate(mine, f"{tmp_path}/{output}")
    assert translated(mine / "index.html") == ["a.png", "deep/b.png"]


def test_neither_are_the_translations_of_a_folder(tmp_path):
    page = translate(write_pictures(tmp_path / "mine"), tmp_path / "out")
    before = (page.parent / "output" / "a.png").read_bytes()
    for source in ("output", "output/deep", "output/a.png"):
        with pytest.raises(RunError, match="--output must be a folder of its own"):
            translate(page.parent / source, tmp_path / "out")
    assert (page.parent / "output" / "a.png").read_bytes() == before


def test_pictures_in_a_folder_named_input_stay_where_they_are(tmp_path):
    mine = write_pictures(tmp_path / "mine" / "input")

    def identity():
        """All but the time of the last look at it."""
        found = (mine / "a.png").stat()
        return found.st_ino, found.st_size, found.st_mtime_ns

    before = identity()
    for _ in range(3):
        page = translate(mine, tmp_path / "mine")
        assert translated(page) == ["input/a.png", "input/deep/b.png", "output/a.png", "output/deep/b.png"]
    assert identity() == before


def test_names_of_any_bytes_are_translated_and_linked(tmp_path, capfd):
    mine = tmp_path / "mine"
    content = {}
    for index, name in enumerate(UNUSUAL):
        path = pathlib.Path(os.fsdecode(os.path.join(os.fsencode(mine), name)))
        content[name] = write_image(path, (index, 0, 0)).read_bytes()
    page = translate(mine, tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert r"caf\xe9.png" in text
    assert r"two\nlines.png" in text
    found = set()
    for address in pictures(page):
        # As a browser does: an address is ASCII, and its escapes are bytes.
        assert re.fullmatch(r"[\w.~/%-]+", address, re.ASCII)
        found.add(urllib.parse.unquote_to_bytes(address))
    assert found == {b"%s/%s" % (side, name) for side in (b"input", b"output") for name in UNUSUAL}
    for name, data in content.items():
        with open(os.path.join(os.fsencode(page.parent), b"input", name), "rb") as file:
            assert file.read() == data
        assert os.path.isfile(os.path.join(os.fsencode(page.parent), b"output", name))
    assert "Wrote 9 images" in capfd.readouterr().out


def test_names_as_long_as_a_file_system_takes(tmp_path):
    name = "é" * 125 + ".png"
    page = translate(write_pictures(tmp_path / "mine", name), tmp_path / "out")
    assert translated(page) == [f"input/{name}", f"output/{name}"]


def test_no_two_pictures_have_one_translation(tmp_path):
    names = ("a.gif", "a.png", "a.png.jpg", "b.jpg", "b.png/c.png")
    outputs = output_names(names)
    assert outputs["a.gif"] == "a.gif.png"
    assert len(set(outputs.values())) == len(names)
    translate(write_pictures(tmp_path / "mine", *names), tmp_path / "out")
    for name, output in outputs.items():
        assert (tmp_path / "out" / "input" / name).is_file()
        assert (tmp_path / "out" / "output" / output).is_file()


PRINTED = """
import pathlib, sys
import main
from tests.engine.test_translations import translate
main.print_any_name()
translate(sys.argv[1], sys.argv[2])
print(sys.argv[1])
"""


@pytest.mark.parametrize("encoding", ["ascii"])
def test_a_terminal_that_lacks_the_letters_of_a_name_gets_escapes(tmp_path, encoding):
    root = os.fsencode(tmp_path) + "/häuser 日本 ".encode() + b"\xe9"
    for name in (b"caf\xe9.png", "übung.png".encode()):
        write_image(pathlib.Path(os.fsdecode(root + b"/" + name)))
    write_text(pathlib.Path(os.fsdecode(root + b"/\xe9\xe8.png")), "broken")
    environment = {**os.environ, "PYTHONIOENCODING": f"{encoding}:strict"}
    arguments = [sys.executable, "-c", PRINTED, root, root + b"-out"]
    result = subprocess.run(arguments, capture_output=True, env=environment, cwd=pathlib.Path(__file__).parents[2])
    assert result.returncode == 0, result.stderr
    assert b"Wrote 2 images" in result.stdout
    assert rb"skipped 1: cannot be read: \xe9\xe8.png" in result.stdout
