import io
import zipfile

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.checkpoints import checkpoint_path, checkpoint_steps, is_whole, newest_whole


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A small .keras file, its bytes."""
    path = tmp_path_factory.mktemp("archive") / "model.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    return path.read_bytes()


def test_steps_newest_first_and_nothing_else(tmp_path):
    assert checkpoint_steps(tmp_path / "none") == []
    for name in ("step-00000005.keras", "step-00000010.keras", ".step-00000015.7.keras", "step-7.keras", "notes.txt"):
        (tmp_path / name).touch()
    assert checkpoint_steps(tmp_path) == [10, 5]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_flipped_bit_loads_other_weights_or_crashes(archive, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(archive) - 1))
    damaged = bytearray(archive)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("flip") / "model.keras"
    path.write_bytes(damaged)
    if is_whole(path):
        # Bits that carry nothing may flip, such as those of a date.
        assert contents(bytes(damaged)) == contents(archive)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_no_cut_archive_is_whole(archive, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "model.keras"
    path.write_bytes(archive[: data.draw(st.integers(0, len(archive) - 1))])
    assert not is_whole(path)


def contents(archive: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_newest_that_is_whole(archive, tmp_path, caplog):
    for step in (5, 10, 15):
        checkpoint_path(tmp_path, step).write_bytes(archive)
    assert newest_whole(tmp_path) == checkpoint_path(tmp_path, 15)
    assert not caplog.records
    checkpoint_path(tmp_path, 15).write_bytes(archive[:-100])
    checkpoint_path(tmp_path, 10).write_bytes(b"")
    with caplog.at_level("WARNING", logger="absl"):
        assert newest_whole(tmp_path) == checkpoint_path(tmp_path, 5)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "step-00000015.keras is damaged" in caplog.records[0].getMessage()
