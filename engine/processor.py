"""What this machine's processor can do, and whether TensorFlow computes with oneDNN on it. Imports no TensorFlow."""

import dataclasses
import functools
import pathlib
import platform
from collections.abc import Mapping, MutableMapping, Set

from engine.folder import RunError

CPUINFO = pathlib.Path("/proc/cpuinfo")
# The vector and matrix instructions that decide how fast a network trains, as Linux names them.
VECTOR_INSTRUCTIONS = (
    *("sse4_1", "avx", "fma", "avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16"),
    *("amx_tile", "amx_int8", "amx_bf16"),
)
# What TensorFlow 2.21 reads, once, when it is imported (tensorflow/core/util/port.cc, IsMklEnabled).
VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
VALUES = {"0": False, "false": False, "1": True, "true": True}
# With one of these it takes oneDNN by default under Linux (DefaultOneDnnPolicy there).
ON_BY_DEFAULT = frozenset({"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"})
# On a two-core AMD with these and none of the above, steps of 16 to 64 examples took 0.4 to 0.7 times as long, and
# steps of one example no less; benchmarks/onednn.py measures it.
MEASURED = frozenset({"avx2", "fma"})


@dataclasses.dataclass(frozen=True)
class OneDNN:
    """Whether TensorFlow is to compute with oneDNN.

    Attributes:
        wanted: whether; None to leave it to TensorFlow or to the user's variable.
        reason: why, for --dry_run.
    """

    wanted: bool | None
    reason: str

    def set_in(self, environment: MutableMapping[str, str]):
        """Tell TensorFlow, which must not have been imported yet."""
        if self.wanted is not None:
            environment[VARIABLE] = str(int(self.wanted))

    def described(self, in_effect: bool) -> str:
        """What --dry_run prints, by what TensorFlow in fact does."""
        state = "on" if in_effect else "off"
        if self.wanted not in (None, in_effect):
            return f"{state}, as this TensorFlow has it or as it was when it was imported; not {self.reason}"
        return f"{state}: {self.reason}"


NOT_CHOSEN = OneDNN(None, "as it was when TensorFlow was imported")


def choose_onednn(
    instructions: Set[str],
    environment: Mapping[str, str],
    batch_size: int,
    record: Mapping | None = None,
    to_train: bool = True,
) -> OneDNN:
    """Whether to compute with oneDNN: as the run began, as the user says, or what is measured to be faster.

    Args:
        instructions: of the processor (`processor_flags`).
        environment: the variables of this process.
        batch_size: examples a step.
        record: what run.json says of the run that goes on; None of a new one.
        to_train: whether the run is trained, so that it must go on as it began: it changes the last bits.

    Raises:
        RunError: the user's variable differs from what the run was begun with.
    """
    text = environment.get(VARIABLE, "")
    given, recorded = VALUES.get(text.lower()), (record or {}).get("onednn")
    if to_train and None not in (given, recorded) and given != recorded:
        raise RunError(
            f"the run was begun with onednn: {recorded}, and {VARIABLE} says otherwise. Resuming it needs the same, or "
            f"the variable unset; --restart moves the old run aside, another --workdir leaves it alone. "
            f"Received: {VARIABLE}={text}"
        )
    if given is not None:
        return OneDNN(None, f"{VARIABLE}={text} is set")
    if recorded is not None:
        return OneDNN(recorded, "as run.json says of the run")
    if text:
        return OneDNN(None, f"TensorFlow's default; {VARIABLE}={text} is neither 0 nor 1")
    if record is not None:
        return OneDNN(None, "TensorFlow's default, as run.json says nothing of it")
    if by_default := sorted(ON_BY_DEFAULT & instructions):
        return OneDNN(None, f"TensorFlow's default on a processor with {', '.join(by_default)}")
    if not instructions >= MEASURED:
        return OneDNN(None, "TensorFlow's default on a processor of which nothing is measured")
    if batch_size == 1:
        return OneDNN(
            None, "TensorFlow's default on a processor without AVX-512 VNNI; one example a step gains nothing"
        )
    return OneDNN(True, f"faster with {batch_size} examples a step on a processor without AVX-512 VNNI")


@functools.cache
def cpuinfo() -> Mapping[str, str]:
    """What Linux says of the first processor; {} elsewhere."""
    try:
        text = CPUINFO.read_text()
    except OSError:
        return {}
    entries = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in entries}


def processor_flags() -> frozenset[str]:
    """The instruction sets of an x86 processor under Linux, as /proc/cpuinfo names them; none of any other."""
    return frozenset(cpuinfo().get("flags", "").split())


def processor_name() -> str:
    """What the processor is called."""
    return cpuinfo().get("model name") or platform.processor() or platform.machine()
