import io
import json
import zipfile

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.checkpoints import (
    TrainingError,
    best_path,
    checkpoint_path,
    checkpoint_steps,
    chosen,
    is_whole,
    newest_whole,
)


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


def write_best(folder, step, archive):
    best_path(folder, step).write_bytes(archive)
    (folder / "best.json").write_text(
        json.dumps({"key": "score", "value": 0.5, "step": step, "better": "higher"}) + "\n"
    )


def test_a_checkpoint_chosen_by_name_or_step(archive, tmp_path):
    for step in (5, 10, 15):
        checkpoint_path(tmp_path, step).write_bytes(archive)
    write_best(tmp_path, 2, archive)
    assert chosen(tmp_path, "last") == checkpoint_path(tmp_path, 15)
    assert chosen(tmp_path, "10") == checkpoint_path(tmp_path, 10)
    assert chosen(tmp_path, "best") == chosen(tmp_path, "2") == best_path(tmp_path, 2)
    # Its own checkpoint is as good.
    write_best(tmp_path, 10, archive)
    assert chosen(tmp_path, "10") == checkpoint_path(tmp_path, 10)
    checkpoint_path(tmp_path, 15).write_bytes(archive[:-100])
    assert chosen(tmp_path, "last") == checkpoint_path(tmp_path, 10)


@pytest.mark.parametrize("which", ["7", "newest", "-5", "5.0", "", "²"])
def test_a_checkpoint_that_is_not_there_is_refused_with_those_that_are(archive, tmp_path, which):
    for step in (5, 15):
        checkpoint_path(tmp_path, step).write_bytes(archive)
    with pytest.raises(TrainingError) as raised:
        chosen(tmp_path, which)
    assert str(raised.value) == f"--checkpoint: accepted for this run are last, 5, 15. Received: {which}"
    write_best(tmp_path, 8, archive)
    with pytest.raises(TrainingError, match=r"accepted for this run are last, best, 5, 8, 15\. Received: "):
        chosen(tmp_path, which)


def test_no_checkpoint_or_none_that_is_whole_to_choose(archive, tmp_path):
    with pytest.raises(TrainingError, match=r"^this run has no checkpoint yet; train first\. Received: "):
        chosen(tmp_path / "none", "last")
    with pytest.raises(TrainingError, match=r"^this run keeps no best checkpoint; train with --keep_best=KEY"):
        chosen(tmp_path, "best")
    checkpoint_path(tmp_path, 5).write_bytes(archive[:-100])
    write_best(tmp_path, 10, archive[:-100])
    for which, reason in (("last", "every checkpoint is damaged"), ("5", "is damaged"), ("best", "is damaged")):
        with pytest.raises(TrainingError, match=reason):
            chosen(tmp_path, which)
    best_path(tmp_path, 10).unlink()
    with pytest.raises(TrainingError, match=r"the checkpoint is missing\. Received: .*best-step-00000010\.keras"):
        chosen(tmp_path, "best")
    for damaged in ("{", "[]", '{"key": "score"}', '{"key": "score", "value": 1, "step": "x", "better": "higher"}'):
        (tmp_path / "best.json").write_text(damaged)
        with pytest.raises(TrainingError, match=r"^best\.json is damaged\. Received: "):
            chosen(tmp_path, "best")
