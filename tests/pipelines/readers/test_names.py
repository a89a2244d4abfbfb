"""Names of files that are not UTF-8: every picture keeps a name of its own."""

import os

import pytest

from pipelines.readers import pairs, unpaired
from pipelines.readers.files import key_of
from tests.pipelines.files import write_image

BYTES = (b"caf\xe8", b"caf\xe9", b"\xff\xfe", b"two\nlines", "café".encode())


def test_a_name_is_utf_8_and_no_other_file_has_it():
    names = {key_of(f"{os.fsdecode(name)}.png") for name in BYTES}
    assert len(names) == len(BYTES)
    for name in names:
        name.encode("utf-8")


@pytest.mark.parametrize("layout", ["pairs", "unpaired"])
def test_no_picture_is_lost_for_its_name(tmp_path, layout):
    for side in "AB":
        folder = tmp_path / (side if layout == "pairs" else f"train{side}")
        for index, name in enumerate(BYTES):
            write_image(folder / f"{os.fsdecode(name)}.png", (0, index, 100 * (side == "B")))
    load = pairs.load if layout == "pairs" else unpaired.load
    examples = load("train", 4, str(tmp_path), str(tmp_path / "cache"))
    for side, blue in ((examples.a, 0), (examples.b, 100)):
        assert sorted(side[:, 0, 0, 1]) == list(range(len(BYTES)))
        assert (side[:, 0, 0, 2] == blue).all()
