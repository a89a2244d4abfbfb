"""A training that is killed and started again by the same command ends with the weights of one that was not."""

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile

import h5py
import pytest

from callbacks.checkpoints import checkpoint_path, checkpoint_steps, is_whole
from tests.worlds import write_captioned_folder, write_random_embeddings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
STEPS = 60


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_captioned_folder(folder / "images")
    write_random_embeddings(folder / "embeddings.npz")
    return folder


def command(data, workdir):
    small = {"generator_width": 4, "discriminator_width": 4, "text_projection_dim": 4, "average_decay": 0.9}
    return [
        *(sys.executable, "-u", "main.py", "--model=gan_cls", "--dataset=captions", f"--data_dir={data / 'images'}"),
        *(f"--cache_dir={data / 'cache'}", f"--workdir={workdir}", f"--text_encoder={data / 'embeddings.npz'}"),
        *("--image_size=32", "--batch_size=4", f"--steps={STEPS}", "--checkpoint_every=5", "--log_every=7"),
        *(f"--set={name}={value}" for name, value in small.items()),
    ]


class Run:
    """The command in a process of its own; `output` has what it printed when it has ended."""

    def __init__(self, data, workdir):
        self.folder = workdir / "checkpoints"
        self.process = subprocess.Popen(
            command(data, workdir),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
        )
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def wait_for_a_checkpoint_after(self, step, seconds=120):
        """Wait until the run has saved a step after `step`, or has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if (checkpoint_steps(self.folder) or [0])[0] > step:
                return
            time.sleep(0.01)

    def end(self):
        code = self.process.wait(timeout=180)
        self.reader.join()
        self.output = "".join(self.lines)
        return code


def final_arrays(workdir) -> dict[str, bytes]:
    """The last checkpoint's content, but for the date in its metadata."""
    path = checkpoint_path(workdir / "checkpoints", STEPS)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "metadata.json"}


def test_killed_at_random_moments_it_ends_with_the_same_weights(data, tmp_path, request):
    whole = Run(data, tmp_path / "whole")
    assert whole.end() == 0, whole.output

    kills = request.config.getoption("--kills")
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    workdir, hits = tmp_path / "killed", []
    for kill in range(kills):
        run = Run(data, workdir)
        last = (checkpoint_steps(workdir / "checkpoints") or [0])[0]
        # Early enough that every kill finds the training under way.
        aim = chance.randint(last, max(last, STEPS * (kill + 1) // (kills + 1) - 5))
        run.wait_for_a_checkpoint_after(aim)
        time.sleep(chance.uniform(0, 0.3))
        number = SIGNALS[kill % len(SIGNALS)]
        run.process.send_signal(number)
        code = run.end()
        hits.append((number.name, code, checkpoint_steps(workdir / "checkpoints")))
        if number is signal.SIGKILL:
            assert code in (-number, 0)
        elif code:
            assert code == 128 + number, run.output
            assert f"Stopped by {number.name} at step" in run.output
            assert "the same command resumes it" in run.output
        assert "Traceback" not in run.output
        steps = checkpoint_steps(workdir / "checkpoints")
        assert len(steps) <= 3
        assert all(is_whole(checkpoint_path(workdir / "checkpoints", step)) for step in steps)
    # Seen with pytest -s: the signal, the exit code (0: it came too late) and the checkpoints it left.
    print(f"\n{seed=}", *hits, sep="\n")
    assert sum(code != 0 for _, code, _ in hits) > kills / 2, f"too few kills found the training under way: {hits}"

    last = Run(data, workdir)
    assert last.end() == 0, last.output
    assert "Resuming: gan_cls on captions, steps" in last.output or "is finished" in last.output
    wanted, found = final_arrays(tmp_path / "whole"), final_arrays(workdir)
    assert "model.weights.h5" in wanted
    assert wanted.keys() == found.keys()
    for name in wanted:
        assert arrays_of(wanted[name], name) == arrays_of(found[name], name), f"{name} differs: {seed=}, {hits}"


def arrays_of(content: bytes, name: str):
    """The bytes of every array of an HDF5 file; other files as they are."""
    if not name.endswith(".h5"):
        return content
    arrays = {}
    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(lambda path, item: arrays.update({path: item[()].tobytes()} if hasattr(item, "shape") else {}))
    assert len(arrays) > 50
    return arrays
