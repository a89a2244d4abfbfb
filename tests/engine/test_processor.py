"""oneDNN: chosen by processor, variable, batch and record before TensorFlow is imported, and kept by a resumed run."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from engine import processor, record
from engine.folder import RunError, RunFolder
from engine.processor import NOT_CHOSEN, VARIABLE, OneDNN, choose_onednn
from models.core.config import TrainingConfig
from pipelines.reading import Reading

# As /proc/cpuinfo names them, of a Haswell or Zen 3, a Skylake server, a Zen 4, an Alder Lake, and of old ones.
AVX2 = frozenset({"sse4_1", "avx", "fma", "avx2"})
AVX512 = AVX2 | {"avx512f"}
VNNI = AVX512 | {"avx512_vnni"}
AVX_VNNI = AVX2 | {"avx_vnni"}
AVX = frozenset({"sse4_1", "avx"})
NONE = frozenset()


@pytest.mark.parametrize(
    ("instructions", "variable", "batch_size", "record", "wanted", "why"),
    [
        # A new run.
        (AVX2, None, 64, None, True, "faster with 64 examples a step"),
        (AVX2, None, 2, None, True, "faster with 2 examples a step"),
        (AVX512, None, 16, None, True, "faster"),
        (AVX2, None, 1, None, None, "one example a step gains nothing"),
        (VNNI, None, 64, None, None, "default on a processor with avx512_vnni"),
        (AVX_VNNI, None, 64, None, None, "default on a processor with avx_vnni"),
        (VNNI, None, 1, None, None, "default on a processor with avx512_vnni"),
        (AVX, None, 64, None, None, "nothing is measured"),
        (NONE, None, 64, None, None, "nothing is measured"),
        # The user's variable is left as it is.
        (AVX2, "0", 64, None, None, "TF_ENABLE_ONEDNN_OPTS=0 is set"),
        (AVX2, "1", 1, None, None, "TF_ENABLE_ONEDNN_OPTS=1 is set"),
        (VNNI, "False", 64, None, None, "TF_ENABLE_ONEDNN_OPTS=False is set"),
        (AVX2, "on", 64, None, None, "TF_ENABLE_ONEDNN_OPTS=on is neither 0 nor 1"),
        (AVX2, "", 64, None, True, "faster"),
        # A resumed run goes on as it began, whatever the processor.
        (AVX2, None, 64, {"onednn": False}, False, "run.json"),
        (AVX2, None, 1, {"onednn": True}, True, "run.json"),
        (VNNI, None, 64, {"onednn": False}, False, "run.json"),
        (NONE, None, 64, {"onednn": True}, True, "run.json"),
        (AVX2, "0", 64, {"onednn": False}, None, "TF_ENABLE_ONEDNN_OPTS=0 is set"),
        (AVX2, "on", 64, {"onednn": True}, True, "run.json"),
        # One that was begun before run.json said so.
        (AVX2, None, 64, {}, None, "run.json says nothing"),
        (AVX2, "1", 64, {}, None, "TF_ENABLE_ONEDNN_OPTS=1 is set"),
    ],
)
def test_what_is_chosen(instructions, variable, batch_size, record, wanted, why):
    environment = {"PATH": "x"} | ({} if variable is None else {VARIABLE: variable})
    chosen = choose_onednn(instructions, environment, batch_size, record)
    assert chosen.wanted is wanted
    assert why in chosen.reason
    after = dict(environment)
    chosen.set_in(after)
    assert after == environment | ({} if wanted is None else {VARIABLE: str(int(wanted))})


@pytest.mark.parametrize(("variable", "recorded"), [("0", True), ("1", False), ("TRUE", False)])
def test_a_run_is_not_resumed_otherwise_but_may_be_sampled(variable, recorded):
    environment, record = {VARIABLE: variable}, {"onednn": recorded}
    with pytest.raises(RunError, match=rf"onednn: {recorded}.*--restart.*Received: {VARIABLE}={variable}"):
        choose_onednn(AVX2, environment, 64, record)
    assert choose_onednn(AVX2, environment, 64, record, to_train=False).wanted is None


def test_what_was_not_done_is_not_claimed():
    chosen = OneDNN(True, "faster")
    assert chosen.described(in_effect=True) == "on: faster"
    assert chosen.described(in_effect=False).startswith("off, as this TensorFlow has it")
    assert NOT_CHOSEN.described(in_effect=False) == "off: as it was when TensorFlow was imported"


@pytest.mark.parametrize(
    ("text", "flags", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: AMD Ryzen\nflags\t\t: fpu avx2 fma\n\nprocessor\t: 1\nflags\t: other\n",
            {"fpu", "avx2", "fma"},
            "AMD Ryzen",
        ),
        # ARM's has "Features".
        ("processor\t: 0\nFeatures\t: fp asimd\n", set(), None),
        (None, set(), None),
    ],
)
def test_what_linux_says_of_the_processor(tmp_path, monkeypatch, text, flags, name):
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    processor.cpuinfo.cache_clear()
    try:
        assert processor.processor_flags() == flags
        assert name is None or processor.processor_name() == name
    finally:
        processor.cpuinfo.cache_clear()


# The whole command, in a process of its own: on a processor of which TensorFlow takes no oneDNN by default.

COMMAND = """
import runpy, sys
import engine.processor
instructions = frozenset(sys.argv.pop(1).split())
engine.processor.processor_flags = lambda: instructions
sys.argv[0] = "main.py"
runpy.run_path("main.py", run_name="__main__")
"""
GAN_1D = ("--model=gan_1d", "--steps=2", "--batch_size=8", "--pictures_every=100")


def command(workdir, *flags, instructions=AVX2, variable=None):
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment |= {} if variable is None else {VARIABLE: variable}
    words = [sys.executable, "-c", COMMAND, " ".join(instructions), *GAN_1D, f"--workdir={workdir}", *flags]
    return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=240)


def test_a_dry_run_says_what_is_chosen(tmp_path):
    result = command(tmp_path / "run", "--dry_run")
    assert result.returncode == 0, result.stderr
    assert "  oneDNN: on: faster with 8 examples a step" in result.stdout


def test_the_run_records_what_is_in_effect_and_a_resume_keeps_it(tmp_path):
    workdir = tmp_path / "run"
    trained = command(workdir, variable="0")
    assert trained.returncode == 0, trained.stderr
    assert json.loads((workdir / "run.json").read_text())["onednn"] is False
    # Neither the variable nor the processor asks for it now; the record does.
    resumed = command(workdir, "--steps=3", instructions=VNNI)
    assert "Resuming" in resumed.stdout, resumed.stderr
    assert json.loads((workdir / "run.json").read_text())["onednn"] is False
    assert "not bit for bit" not in resumed.stderr
    refused = command(workdir, variable="1")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert "onednn: False" in line
    assert f"Received: {VARIABLE}=1" in line


def test_a_resume_that_cannot_keep_it_says_so_and_records_the_truth(tmp_path, caplog):
    folder, entry = RunFolder(tmp_path), {name: {} for name in record.COMPARED}
    entry |= {"model": "m", "dataset": "d", "versions": {}, "config": dataclasses.asdict(TrainingConfig())}
    entry |= {"reading": Reading().settings()}
    folder.write_record(entry | {"onednn": True})

    with caplog.at_level("WARNING", logger="absl"):
        record.check_record(folder, entry | {"onednn": True}, TrainingConfig)
        assert not caplog.records
        record.check_record(folder, entry | {"onednn": False}, TrainingConfig)
    assert "Resuming without oneDNN a run that was begun with it, so not bit for bit" in caplog.text
