"""A sampler's networks as files for other programs: converted, run and compared before any of them is kept."""

import json
import pathlib
from collections.abc import Mapping

import numpy as np

from pipelines.examples import DataError
from serving.guide import ABOUT, About
from serving.runtimes.portable import Portable, portable
from serving.runtimes.runtimes import Runtime
from serving.sampler import GENERATED, Sampler
from serving.versions import next_version

# Of the standard deviation of what TensorFlow computes: a difference beyond this is no rounding. Correct files were
# seen to differ by 1e-6 to 3e-4 of it.
TOLERANCE = 1e-3
# Where numbers hardly differ: of the largest, several steps of float32.
ROUNDING = 16 * np.finfo(np.float32).eps
# Of a converter's reason.
REASON = 200


def export_to(runtime: Runtime, sampler: Sampler, folder: pathlib.Path, about: About) -> tuple[pathlib.Path, list[str]]:
    """Write the networks of a sampler as the next version below `folder`; returns where, and a line on each.

    A version holds a file for each network and `ABOUT`, which says what they take and give.

    Args:
        runtime: the format.
        sampler: of the networks.
        folder: of all versions.
        about: what they are.

    Raises:
        DataError: a package is missing, there is nothing to convert, or it cannot be converted, or not rightly.
    """
    runtime.check()
    networks, facts, lines = sampler.alone(), {}, []
    if not networks:
        raise DataError(
            f"--format={runtime.name} needs a model whose networks can be computed alone. Received: {about.model}"
        )
    with next_version(folder) as (aside, written):
        aside.mkdir()
        for name, alone in networks.items():
            taken = portable(name, alone, runtime.fixed)
            file = f"{taken.name}{runtime.suffix}"
            inputs, output = sizes(taken.network.input), sizes(taken.network.output)
            pixels = "images in [-1, 1]" if taken.output == GENERATED else taken.output
            told = {"model": about.model, "weights": about.weights, "output": pixels}
            difference = written_rightly(runtime, taken, aside / file, told, sampler.counts)
            facts[file] = {"inputs": inputs, "outputs": output, "output": pixels, "largest_difference": difference}
            said = f"{signature(inputs)} -> {signature(output)}, {pixels}; as TensorFlow up to {difference:.1g}"
            lines.append(f"{written / file}: {said}")
            if taken.multiple > 1 and not runtime.fixed:
                facts[file]["multiple"] = taken.multiple
                lines[-1] += f"; sides must be multiples of {taken.multiple}"
        told = {"model": about.model, "weights": about.weights, "files": facts}
        if values := [line.removeprefix("- ") for line in sampler.about_files()]:
            # What -1 and 1 are in the files that it was trained on.
            told["values"] = values
        text = json.dumps(told, indent=2)
        (aside / ABOUT).write_text(text + "\n", encoding="utf-8")
    return written, lines


def written_rightly(
    runtime: Runtime,
    taken: Portable,
    path: pathlib.Path,
    about: Mapping[str, str],
    counts: Mapping[str, int],
) -> float:
    """Write a network, and compute examples by the file and by TensorFlow; returns the largest difference.

    Raises:
        DataError: it cannot be written, or run, or differs by more than rounding.
    """
    given = taken.examples(counts)
    wanted = [taken.network(inputs, training=False)[taken.output].numpy() for inputs in given]
    # Python's own max may pass over what is not a number.
    largest = float(np.max([np.max(np.abs(part)) for part in wanted]))
    if not np.isfinite(largest):
        raise DataError(f"{path.name} is not written: the model must give finite numbers. Received: NaN or infinity")
    try:
        runtime.write(taken, path, about)
        computed = runtime.computed(path, taken.output)
        found = [computed(inputs) for inputs in given]
    except (OSError, MemoryError):
        # A full disk is no fault of the network.
        raise
    except Exception as error:
        # Converters and interpreters raise almost anything.
        reason = " ".join(str(error).split())[:REASON] or type(error).__name__
        raise DataError(
            f"{path.name} cannot be made: a network must be one that {runtime.program} computes. Received: {reason}"
        ) from error
    difference = largest_difference(wanted, found)
    spread = float(np.std(np.concatenate([part.ravel() for part in wanted])))
    most = max(TOLERANCE * spread, ROUNDING * largest)
    # Not a number is not below.
    if not difference <= most:
        raise DataError(
            f"{path.name} is not kept: {runtime.program} must compute what TensorFlow does, up to {most:.2g}. "
            f"Received: a difference of {difference:.2g}"
        )
    return difference


def largest_difference(wanted: list[np.ndarray], found: list[np.ndarray]) -> float:
    """Of numbers: infinite where shapes differ, and not a number where one of them is none."""
    if any(one.shape != other.shape for one, other in zip(wanted, found, strict=True)):
        return float("inf")
    return float(np.max([np.max(np.abs(one - other)) for one, other in zip(wanted, found, strict=True)]))


def sizes(tensors: Mapping) -> dict[str, list]:
    """The shape and type of tensors by name, as JSON: None for a free size."""
    return {name: [*tensor.shape, tensor.dtype] for name, tensor in tensors.items()}


def signature(tensors: Mapping[str, list]) -> str:
    """Names and shapes, in words."""
    return ", ".join(
        f"{name} ({', '.join('?' if size is None else str(size) for size in shape)}) {dtype}"
        for name, (*shape, dtype) in tensors.items()
    )
