"""--mode=generate: numbered pictures, a file each, for tools that read folders; stopped, the same command goes on."""

import contextlib
import csv
import fcntl
import itertools
import json
import os
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from engine.command import Generate
from engine.experiment import Experiment
from engine.folder import RunError, differences
from engine.parts.asked import BATCH, Asked
from engine.parts.parts import fingerprint, weights_of
from engine.parts.translations import write_png
from engine.sheet import refuse_among_data
from models.core.trained import TrainedModel
from pipelines.atomic import atomic_write
from pipelines.report import printable
from serving.sampler import Sampler

RECORD = "generate.json"
NAME = re.compile(r"\d{6}\.png")
# What a process leaves that was killed while it wrote a picture (`pipelines.atomic`).
UNFINISHED = re.compile(r"\.\d{6}\.[0-9a-f]{8}\.png")
# Pictures are encoded while the next ones are drawn.
THREADS = 2


def write_pictures(run, command: Generate, model: TrainedModel) -> pathlib.Path:
    """Write the pictures that are asked for and are not there yet, and the table of what they were asked for.

    A picture is a function of the model, the seed, its number and what is drawn; the record in the folder says which,
    so that only the same command goes on in it.

    Args:
        run: the `engine.run.Run`.
        command: how many, of what, and where to.
        model: one of the run's checkpoints; computes in float32.

    Returns:
        The folder.

    Raises:
        RunError: the folder holds something else, or more pictures than are asked for.
    """
    target, sampler = target_of(run, command, model), run.parts.sampler(model)
    asked = run.parts.asked(sampler, command)
    settings = settings_of(run.experiment, command, model, sampler) | asked.settings
    with begun(target, settings):
        there = pictures_in(target)
        beyond = [number for number in there if number >= command.num_images]
        if beyond:
            raise RunError(
                f"--output holds {len(there):,} pictures of this command, more than --num_images; accepted is a folder "
                f"of its own. Received: --num_images={command.num_images} and --output={printable(str(target))}"
            )
        missing = sorted(set(range(command.num_images)) - there)
        try:
            draw_all(asked, missing, target, command.num_images)
        finally:
            # So that the table of a run that is interrupted names the files that are there.
            write_table(target, asked, sorted(pictures_in(target)))
    print(
        f"Wrote {len(missing):,} pictures: {printable(str(target))} holds {command.num_images:,}, drawn with the "
        f"{weights_of(model)}.",
        flush=True,
    )
    return target


def target_of(run, command: Generate, model: TrainedModel) -> pathlib.Path:
    """The folder of the pictures; RunError if it is a file, or in the folder of the data."""
    if not command.output:
        return run.folder.path / "generated" / f"step-{model.step}-seed-{command.seed}"
    target = pathlib.Path(command.output)
    if target.exists() and not target.is_dir():
        raise RunError(f"--output must be a folder. Received: {printable(str(target))}")
    refuse_among_data(target, run.experiment.data_dir, command.output, "a folder")
    return target


def settings_of(experiment: Experiment, command: Generate, model: TrainedModel, sampler: Sampler) -> dict:
    """All that decides the pictures, beside what is asked for."""
    weights = [weight for network in sampler.networks for weight in network.get_weights()]
    return {
        "model": experiment.model,
        "dataset": experiment.dataset,
        "step": model.step,
        "weights": "averaged" if model.is_averaged else "last",
        "weights_fingerprint": fingerprint(*weights),
        "seed": command.seed,
        "batch": BATCH,
    }


@contextlib.contextmanager
def begun(target: pathlib.Path, settings: Mapping) -> Iterator[None]:
    """A folder that is new, empty, or holds pictures of these settings; held by this process alone.

    Raises:
        RunError: it holds something else.
    """
    target.mkdir(parents=True, exist_ok=True)
    shown, handle = printable(str(target)), os.open(target, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"another process is writing pictures into this folder. Received: {shown}") from None
        old = read_settings(target)
        if old is None:
            if os.listdir(target):
                raise RunError(
                    "--output must be a new or empty folder, or one that this command has begun, so that nothing else "
                    f"is overwritten. Received: {shown}"
                )
            with atomic_write(target / RECORD) as aside:
                aside.write_text(json.dumps(settings, indent=2) + "\n")
        elif changed := differences(old, settings):
            raise RunError(
                f"--output holds pictures of another command, which differs in {'; '.join(changed)}; accepted is a "
                f"folder of its own. Received: {shown}"
            )
        for name in os.listdir(target):
            if UNFINISHED.fullmatch(name):
                (target / name).unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def read_settings(target: pathlib.Path) -> dict | None:
    """What generate.json says; None where there is none, RunError where it is damaged."""
    path = target / RECORD
    try:
        settings = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RunError(f"{RECORD} is damaged. Received: {printable(str(path))} ({error})") from None
    if not isinstance(settings, dict):
        raise RunError(f"{RECORD} is damaged. Received: {printable(str(path))} (no settings)")
    return settings


def file_of(number: int) -> str:
    """The name of a picture: 000000.png and so on."""
    return f"{number:06d}.png"


def pictures_in(target: pathlib.Path) -> set[int]:
    """The numbers of the pictures in a folder."""
    return {int(name[:6]) for name in os.listdir(target) if NAME.fullmatch(name)}


def draw_all(asked: Asked, missing: Sequence[int], target: pathlib.Path, total: int):
    """Draw the batches of the pictures that are missing, and write these, with a progress bar."""
    bar = tqdm(total=total, initial=total - len(missing), desc="drawing", unit=" images", disable=None)
    with bar, ThreadPoolExecutor(THREADS) as pool:
        writing = []
        for batch, numbers in itertools.groupby(missing, lambda number: number // BATCH):
            images = asked.draw(batch)
            finish(writing, bar)
            writing = [pool.submit(write_png, target / file_of(number), images[number % BATCH]) for number in numbers]
        finish(writing, bar)


def finish(writing: list, bar: tqdm):
    """Wait until pictures are written; raises what went wrong."""
    for future in writing:
        future.result()
        bar.update(1)


def write_table(target: pathlib.Path, asked: Asked, numbers: Sequence[int]):
    """Write the CSV file of what the pictures were asked for, if there is anything to say."""
    if not asked.table:
        return
    with atomic_write(target / asked.table) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", *asked.columns))
        writer.writerows((file_of(number), *asked.row(number)) for number in numbers)
