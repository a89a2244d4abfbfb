"""Project files entered between the command and the first training step, and the changes between them.

    python -m benchmarks.way_of_a_run [--model=gan_cls] [--prepared=FOLDER] [main.py's flags, such as --cache_dir=DIR]

Runs main.py in this process, in a new run folder, from the call of its `main` to the first `train_step` of the model.
Counted are Python frames of the project's files (not of tests, benchmarks or packages) in the main thread. A file is
entered when a function of it is called; functions called while a module is being imported are left out. The execution
changes from one file to another where a call or a return leads from a frame of one to a frame of the other, frames
of packages in between or not; calls alone are counted apart.

What a run prepares once (rendered or decoded images, a text encoder, its embeddings) is prepared before, by the same
command in a process of its own, so that it is not counted; the text encoder is trained for a few steps only. With
--prepared=FOLDER all of it is kept there and used again.
"""

import argparse
import collections
import pathlib
import runpy
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAIN = ROOT / "main.py"
NOT_COUNTED = ("tests", "benchmarks")


class Arrived(BaseException):
    """The first training step is reached."""


class Way:
    """A profile function for `sys.setprofile`: counts from main.py's `main` to a model's first `train_step`.

    Args:
        model: the dotted name of the model's class.
    """

    def __init__(self, model: str):
        self.model, self.thread = model, threading.get_ident()
        self.calls, self.changes = collections.Counter(), collections.Counter()
        self.call_changes, self.called = 0, None
        self.started, self.importing, self.stack = False, 0, []
        self.files = {}

    def file_of(self, name: str) -> str | None:
        """A code's file, relative to the project; None if it is not one of those that count."""
        if name not in self.files:
            path = pathlib.Path(name)
            inside = path.is_absolute() and path.is_relative_to(ROOT) and "site-packages" not in path.parts
            relative = path.relative_to(ROOT) if inside else None
            self.files[name] = str(relative) if inside and relative.parts[0] not in NOT_COUNTED else None
        return self.files[name]

    def __call__(self, frame, event, argument):
        """What Python calls at every call and return."""
        code = frame.f_code
        file = self.file_of(code.co_filename)
        if file is None:
            return
        if event == "call" and code.co_name == "train_step" and self.is_of_model(frame):
            raise Arrived
        if threading.get_ident() != self.thread:
            return
        if event == "call" and not self.started and (file, code.co_name) == (MAIN.name, "main"):
            self.started, self.importing = True, 0
        if not self.started:
            return
        if code.co_name == "<module>":
            self.importing += {"call": 1, "return": -1}.get(event, 0)
        elif not self.importing:
            self.count(file, event)

    def count(self, file: str, event: str):
        """A call of or a return from a function of a file."""
        before = self.stack[-1] if self.stack else file
        if event == "call":
            self.stack.append(file)
            self.calls[file] += 1
            self.call_changes += self.called not in (None, file)
            self.called = file
        elif event == "return" and self.stack:
            self.stack.pop()
        after = self.stack[-1] if self.stack else before
        if after != before:
            self.changes[f"{before} -> {after}"] += 1

    def is_of_model(self, frame) -> bool:
        """Whether a method's frame is of the model that is waited for; another may be trained before it."""
        kind = type(frame.f_locals.get("self"))
        return f"{kind.__module__}.{kind.__qualname__}" == self.model


def prepare(model: str, folder: pathlib.Path, flags: list[str]):
    """Render, decode, train and embed what a run finds ready the second time, in processes of their own."""
    from models.registry import PRESETS

    def run(*arguments):
        subprocess.run([sys.executable, MAIN, *arguments], check=True, cwd=ROOT, stdout=sys.stderr)

    dataset = next((flag.split("=")[1] for flag in flags if flag.startswith("--dataset=")), None)
    preset = PRESETS[model]
    for needed in (requirement for requirement in preset.requires if requirement.build):
        earlier = folder / f"{needed.model}-{dataset or preset.default_dataset}"
        if not (earlier / needed.artifact).exists():
            cache = [flag for flag in flags if flag.startswith(("--cache_dir=", "--dataset=", "--data_dir="))]
            run(f"--model={needed.model}", "--steps=5", f"--workdir={earlier}", *cache)
    if not (folder / f"{model}-once" / "finished.json").exists():
        run(f"--model={model}", "--steps=1", f"--workdir={folder / f'{model}-once'}", *flags)


def measure(model: str, workdir: pathlib.Path, flags: list[str]) -> Way:
    """Run main.py up to the first training step."""
    from models.registry import PRESETS

    way = Way(PRESETS[model].model)
    sys.argv = [str(MAIN), f"--model={model}", "--steps=1", f"--workdir={workdir}", *flags]
    # The replicas' threads run the training step.
    threading.setprofile(way)
    sys.setprofile(way)
    try:
        runpy.run_path(str(MAIN), run_name="__main__")
    except Arrived:
        return way
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    raise RuntimeError(f"the run ended without a training step of {way.model}")


def main():
    """Print the number of files and of changes, and the calls in each file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--model", default="gan_cls")
    parser.add_argument("--prepared", default="", help="a folder in which what is prepared once is kept")
    arguments, flags = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.prepared or temporary).resolve()
        prepare(arguments.model, folder, flags)
        # Beside the text encoder, where the run looks for it.
        with tempfile.TemporaryDirectory(prefix="measured-", dir=folder) as parent:
            workdir = folder / pathlib.Path(parent).name
            way = measure(arguments.model, workdir, flags)
    print(f"{arguments.model}, from main to the first train_step:")
    changes = way.changes.total()
    print(f"{len(way.calls)} files entered, {changes} changes of file ({way.call_changes} by calls alone)")
    for file, count in sorted(way.calls.items()):
        print(f"  {file}: {count} calls")
    print("the most frequent changes:")
    for change, count in way.changes.most_common(10):
        print(f"  {change}: {count}")


if __name__ == "__main__":
    main()
