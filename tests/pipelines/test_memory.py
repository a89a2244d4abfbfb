"""How much memory is left, as the kernel's files and limits say."""

import resource
import sys

import pytest

from pipelines import memory


def test_the_least_of_what_is_known_counts(monkeypatch):
    for values, wanted in (((3, 2, 1), 1), ((1, sys.maxsize, 5), 1), ((-5, 2, 3), 0)):
        for name, value in zip(("_of_machine", "_of_control_group", "_of_limit"), values, strict=True):
            monkeypatch.setattr(memory, name, lambda value=value: value)
        assert memory.available_memory() == wanted


def test_of_this_machine():
    assert 2**20 < memory.available_memory() < 2**50


@pytest.mark.parametrize(
    ("limit", "used", "stat", "wanted"),
    [("1000", "300", "anon 5\ninactive_file 100\n", 800), ("max", "300", "", sys.maxsize), ("", "", "", sys.maxsize)],
)
def test_of_a_control_group(tmp_path, limit, used, stat, wanted):
    for name, text in (("memory.max", limit), ("memory.current", used), ("memory.stat", stat)):
        if text:
            (tmp_path / name).write_text(text)
    assert memory._of_control_group(str(tmp_path), "") == wanted


def test_of_the_groups_around_a_process(tmp_path):
    def write(path, text):
        path = tmp_path / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    for group, limit in (("job", "5000"), ("job/step", "4000"), ("other", "10")):
        write(f"root/{group}/memory.max", limit)
        write(f"root/{group}/memory.current", "1000")
    write("own", "0::/job/step/task\n")
    assert memory._of_control_group(str(tmp_path / "root"), str(tmp_path / "own")) == 3000
    # Of version 1 the limit of its folder counts, too; the largest number stands for none.
    write("root/memory/slurm/memory.limit_in_bytes", "2500")
    write("root/memory/slurm/memory.usage_in_bytes", "500")
    write("root/memory/slurm/memory.stat", "inactive_file 7\ntotal_inactive_file 100\n")
    write("root/memory/memory.limit_in_bytes", str(2**63 - 4096))
    write("root/memory/memory.usage_in_bytes", "0")
    write("own", "4:memory:/slurm\n0::/\n")
    assert memory._of_control_group(str(tmp_path / "root"), str(tmp_path / "own")) == 2100


def test_of_a_limit(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (2**40, 2**40))
    assert 2**39 < memory._of_limit() < 2**40
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert memory._of_limit() == sys.maxsize
