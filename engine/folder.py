"""The folder of a run: what was asked, checkpoints, pictures, figures. All written aside and moved into place."""

import contextlib
import datetime
import fcntl
import json
import os
import pathlib
from collections.abc import Mapping

from models.core.published import shortened
from pipelines.atomic import atomic_write


class RunError(RuntimeError):
    """A run folder that cannot be used as asked. The message is one clear line, fit to be printed as it is."""


class BusyError(RunError):
    """A run folder in which another process is training."""


class RunFolder:
    """One training run on disk.

    run.json says what was asked and what it was trained on, data.png shows the first examples; checkpoints/, pictures/,
    tensorboard/, export/ and the evaluation's JSON lie beside it.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self.record_path = self.path / "run.json"
        self.checkpoints = self.path / "checkpoints"
        self.pictures = self.path / "pictures"
        self.tensorboard = self.path / "tensorboard"
        self.exports = self.path / "export"
        self.sheet = self.path / "data.png"

    def make(self):
        """Create the folder; RunError if that cannot be done or nothing can be written in it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".writable.{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise RunError(
                f"the run folder must be a folder that can be written. Received: {self.path} ({error})"
            ) from None

    @contextlib.contextmanager
    def made(self):
        """Create the folder as `make` does; what fails in the block leaves no new empty folder behind."""
        # One that was there may be another process's, which has written nothing yet.
        new = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        self.make()
        try:
            yield
        except BaseException:
            # Only an empty folder can be removed so.
            with contextlib.suppress(OSError):
                for folder in new:
                    folder.rmdir()
            raise

    @contextlib.contextmanager
    def locked(self):
        """Held by the one process that trains here; BusyError if another does."""
        with open(self.path / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BusyError(f"another process is training in this run folder. Received: {self.path}") from None
            yield

    def move_aside(self) -> pathlib.Path | None:
        """Move an old run out of the way; returns where it went, None if there was none."""
        if not self.record_path.exists() and not self.checkpoints.exists():
            return None
        if self.path.resolve() == pathlib.Path.cwd():
            raise RunError(
                "--restart moves the run folder aside, so it cannot be the folder that you are in. "
                f"Received: --workdir={self.path}"
            )
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        target = self.path.with_name(f"{self.path.name}.before-{stamp}")
        while target.exists():
            target = target.with_name(f"{target.name}-again")
        # Not from under a process that is training in it.
        with self.locked():
            os.replace(self.path, target)
        return target

    def read_record(self) -> dict | None:
        """What run.json says; None where there is no run, RunError where that cannot be read."""
        try:
            record = json.loads(self.record_path.read_text())
            kinds = {"model": str, "dataset": str, "config": dict}
            if not isinstance(record, dict) or not all(isinstance(record.get(name), kinds[name]) for name in kinds):
                raise ValueError("it does not name a model, a dataset and a configuration")
            return record
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            # A name that is too long, a folder without permission.
            raise RunError(
                f"run.json must be a file that can be read. Received: {self.record_path} ({error.strerror or error})"
            ) from None
        except ValueError as error:
            raise RunError(
                f"run.json is damaged; --restart moves the run aside. Received: {self.record_path} ({error})"
            ) from None

    def need_record(self) -> dict:
        """What run.json says; RunError where there is no run."""
        record = self.read_record()
        if record is None:
            raise RunError(f"there is no run here; train first, or name another --workdir. Received: {self.path}")
        return record

    def write_record(self, record: Mapping):
        """Write run.json."""
        self.write_json("run.json", record)

    def finished_step(self) -> int | None:
        """The step whose results (pictures, figures, export) are all written; None before."""
        try:
            return json.loads((self.path / "finished.json").read_text())["step"]
        except (OSError, ValueError, KeyError):
            return None

    def write_finished(self, step: int):
        """Note that the results of the last step are written."""
        self.write_json("finished.json", {"step": step})

    def write_json(self, name: str, content: Mapping) -> pathlib.Path:
        """Write a JSON file of the run folder; returns its path."""
        path = self.path / name
        with atomic_write(path) as aside:
            aside.write_text(json.dumps(content, indent=2) + "\n")
        return path


def differences(old: Mapping, new: Mapping, ignored: frozenset[str] = frozenset()) -> list[str]:
    """Lines "field: old -> new" for the entries that differ, nested entries as "outer.inner"."""
    lines = []
    for key in sorted(set(old) | set(new)):
        before, after = old.get(key), new.get(key)
        if key in ignored or before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += [f"{key}.{line}" for line in differences(before, after, ignored)]
        else:
            lines.append(f"{key}: {shortened(before)} -> {shortened(after)}")
    return lines
