"""What this machine's processor can do. Imports no TensorFlow."""

import functools
import pathlib
import platform

CPUINFO = pathlib.Path("/proc/cpuinfo")
# The vector and matrix instructions that decide how fast a network trains, as Linux names them.
VECTOR_INSTRUCTIONS = (
    *("sse4_1", "avx", "fma", "avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16"),
    *("amx_tile", "amx_int8", "amx_bf16"),
)


@functools.cache
def cpuinfo() -> dict[str, str]:
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
