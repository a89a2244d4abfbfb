"""What goes wrong with the machine while files are read is no verdict on the files: the next run reads them again."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

from pipelines.examples import DataError, Record
from pipelines.readers.records import decode_images
from pipelines.readers.values import look_at_all

DEEP = np.full((8, 8), 4000, np.uint16)


@pytest.fixture
def files(tmp_path):
    records = []
    for name in "ab":
        path = tmp_path / f"{name}.png"
        Image.fromarray(DEEP).save(path)
        records.append(Record(name, str(path)))
    return records


@pytest.fixture
def failing(monkeypatch):
    """Makes opening b fail with an error, or work again with None."""
    opened = Image.open

    def fail_with(error):
        def open_(path, *arguments, **named):
            if error and str(path).endswith("b.png"):
                raise error
            return opened(path, *arguments, **named)

        monkeypatch.setattr(Image, "open", open_)

    return fail_with


PASSING = [OSError(number, os.strerror(number)) for number in (errno.EMFILE, errno.EIO, errno.ESTALE, errno.EACCES)]


@pytest.mark.parametrize("amount", ["1GB", "0b"])
@pytest.mark.parametrize("error", PASSING, ids=str)
def test_a_picture_that_could_not_be_read_is_tried_again_by_the_next_run(
    files, tmp_path, failing, memory, error, amount
):
    memory(amount)
    failing(error)
    kept, images, skipped = decode_images(files, 8, str(tmp_path / "cache"))
    assert ([record.name for record in kept], len(images)) == (["a"], 1)
    assert skipped[0][0] == "b"
    del images
    # A new process.
    memory(amount)
    failing(None)
    kept, images, skipped = decode_images(files, 8, str(tmp_path / "cache"))
    assert ([record.name for record in kept], len(images), skipped) == (["a", "b"], 2, [])
    # And that is kept.
    memory(amount)
    failing(error)
    assert len(decode_images(files, 8, str(tmp_path / "cache"))[0]) == 2


@pytest.mark.parametrize(
    "error", [OSError("image file is truncated"), OSError(errno.EINVAL, "a place before the beginning"), ValueError()]
)
def test_a_broken_picture_is_tried_once(files, tmp_path, failing, error):
    failing(error)
    for _ in range(2):
        assert len(decode_images(files, 8, str(tmp_path / "cache"))[0]) == 1
        failing(None)


@pytest.mark.parametrize("amount", ["1GB", "0b"])
def test_too_little_memory_is_no_broken_picture(files, tmp_path, failing, memory, amount):
    memory(amount)
    failing(MemoryError())
    with pytest.raises(DataError, match="memory to decode the picture b"):
        decode_images(files, 8, str(tmp_path / "cache"))
    with pytest.raises(DataError, match="memory to decode the picture b"):
        look_at_all(files, str(tmp_path / "cache"))


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_could_not_be_looked_at_is_looked_at_again(files, tmp_path, failing, error):
    failing(error)
    assert [look.kind for look in look_at_all(files, str(tmp_path / "cache"))] == ["integers", ""]
    failing(None)
    assert [look.kind for look in look_at_all(files, str(tmp_path / "cache"))] == ["integers", "integers"]
    failing(error)
    assert [look.kind for look in look_at_all(files, str(tmp_path / "cache"))] == ["integers", "integers"]
