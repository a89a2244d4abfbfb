"""How much memory this process may still take. Imports no TensorFlow."""

import os
import pathlib
import resource
import sys


def available_memory() -> int:
    """Bytes: the least of what the machine has available, what is left of the process's control group, and of its limit
    (`ulimit -v`); where none of them is known, more than any machine has.
    """
    return max(0, min(_of_machine(), _of_control_group(), _of_limit()))


def _of_machine() -> int:
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return sys.maxsize


def _of_control_group(root: str = "/sys/fs/cgroup") -> int:
    """Of version 2, whose tree shows a container its own group."""
    limit, used = _read(f"{root}/memory.max").strip(), _read(f"{root}/memory.current").strip()
    if not limit.isdecimal() or not used.isdecimal():
        return sys.maxsize
    # What files leave in memory is given up when it is needed.
    cached = [line.split()[1] for line in _read(f"{root}/memory.stat").splitlines() if line.startswith("inactive_file")]
    return int(limit) - int(used) + sum(map(int, cached))


def _of_limit() -> int:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _read("/proc/self/statm").split()
    if limit == resource.RLIM_INFINITY or not pages:
        return sys.maxsize
    return limit - int(pages[0]) * os.sysconf("SC_PAGE_SIZE")


def _read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""
