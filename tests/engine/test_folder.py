import errno
import json
import os
import pathlib
import subprocess
import sys

import pytest

from engine.folder import RunError, RunFolder, differences
from pipelines.atomic import atomic_write


def test_atomic_write_appears_only_when_whole(tmp_path):
    target = tmp_path / "new" / "file.json"
    with atomic_write(target) as aside:
        aside.write_text("half")
        assert not target.exists()
        assert aside.suffix == ".json"
    assert target.read_text() == "half"
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]


def test_a_failed_write_leaves_what_was_there(tmp_path):
    target = tmp_path / "file.json"
    target.write_text("old")

    def fail():
        with atomic_write(target) as aside:
            aside.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.parametrize("place", ["file/inside", "file", "/proc/nowhere"])
def test_unwritable_places(tmp_path, place):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunError, match="must be a folder that can be written") as raised:
        RunFolder(tmp_path / place).make()
    assert "\n" not in str(raised.value)
    assert place in str(raised.value)


def test_one_process_at_a_time(tmp_path):
    folder = RunFolder(tmp_path)
    code = "import sys; from engine.folder import RunFolder\nwith RunFolder(sys.argv[1]).locked(): print('held')"
    with folder.locked():
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert other.returncode != 0
    assert "another process is training in this run folder" in other.stderr
    other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert other.stdout == "held\n"


def test_what_is_refused_leaves_no_folder_but_another_processs(tmp_path):
    for existed in (False, True):
        folder = RunFolder(tmp_path / "runs" / "run")
        if existed:
            # Made by a process that has written nothing yet.
            folder.make()
        with pytest.raises(RunError), folder.made():
            raise RunError("refused")
        assert folder.path.exists() == folder.path.parent.exists() == existed


def test_the_record(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.read_record() is None
    with pytest.raises(RunError, match="no run here; train first"):
        folder.need_record()
    folder.write_record({"model": "x", "dataset": "y", "config": {"a": (1, 2)}})
    assert folder.need_record() == {"model": "x", "dataset": "y", "config": {"a": [1, 2]}}


@pytest.mark.parametrize(
    "content",
    [
        b'{"model": "gan',
        b"",
        b"\xff\xfe\x00",
        b"[1]",
        b"{}",
        b'{"model": ["x"], "dataset": "y", "config": {}}',
        b'{"model": "x", "dataset": "y", "config": []}',
    ],
)
def test_a_damaged_record_is_one_line(tmp_path, content):
    folder = RunFolder(tmp_path)
    folder.record_path.write_bytes(content)
    with pytest.raises(RunError, match=r"run.json is damaged; --restart moves the run aside") as raised:
        folder.need_record()
    assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_read_is_one_line(tmp_path, monkeypatch):
    long = "x" * 5000
    with pytest.raises(RunError, match=rf"run.json must be a file that can be read. Received: \S*{long}.*too long"):
        RunFolder(tmp_path / long).need_record()

    # Not by taking the permission away, which root would not feel.
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "read_text", refuse)
    monkeypatch.setattr(pathlib.Path, "exists", refuse)
    with pytest.raises(RunError, match=r"must be a file that can be read. Received: .*\(Permission denied\)"):
        RunFolder(tmp_path).read_record()


def test_below_a_file_there_is_no_run(tmp_path):
    (tmp_path / "file").touch()
    assert RunFolder(tmp_path / "file").read_record() is None


def test_move_aside_keeps_everything(tmp_path):
    folder = RunFolder(tmp_path / "run")
    assert folder.move_aside() is None
    moved = set()
    # Twice within one second as well.
    for content in ("first", "second"):
        folder.make()
        folder.write_record({"model": content})
        moved.add(folder.move_aside())
        assert not folder.path.exists()
    assert {json.loads((path / "run.json").read_text())["model"] for path in moved} == {"first", "second"}
    assert len(os.listdir(tmp_path)) == 2


def test_the_current_folder_is_not_moved_aside(tmp_path, monkeypatch):
    RunFolder(tmp_path).write_record({})
    monkeypatch.chdir(tmp_path)
    for path in (".", tmp_path, f"../{tmp_path.name}"):
        with pytest.raises(RunError, match="cannot be the folder that you are in"):
            RunFolder(path).move_aside()
    assert (tmp_path / "run.json").exists()


def test_a_folder_in_use_is_not_moved_aside(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.make()
    folder.write_record({"model": "x"})
    with folder.locked(), pytest.raises(RunError, match="another process is training"):
        RunFolder(folder.path).move_aside()
    assert folder.record_path.exists()


def test_differences_names_nested_fields():
    old = {"config": {"seed": 1, "steps": 5, "same": 0}, "gone": 1}
    new = {"config": {"seed": 2, "steps": 6, "same": 0}, "data": "x"}
    assert differences(old, new, frozenset({"steps"})) == [
        "config.seed: 1 -> 2",
        "data: None -> x",
        "gone: 1 -> None",
    ]
    assert differences(old, old) == []
