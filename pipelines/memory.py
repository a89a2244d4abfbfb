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


# Of each version of control groups: its folder; the files of the limit and of what is used; and in memory.stat the line
# of what files have left in memory, which is given up when it is needed.
_VERSIONS = (
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def _of_control_group(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> int:
    """Of the process's own group, and of those above it: of a container, a service, or a job of a cluster."""
    # hierarchy:controllers:/path
    paths = {pathlib.PurePosixPath(line.split(":", 2)[-1].lstrip("/")) for line in _read(own).splitlines()}
    groups = {pathlib.PurePosixPath(".")}.union(*({path, *path.parents} for path in paths if ".." not in path.parts))
    left = [sys.maxsize]
    for folder, limit_file, used_file, files_line in _VERSIONS:
        for group in groups:
            place = f"{root}/{folder}/{group}"
            limit, used = (_read(f"{place}/{file}").strip() for file in (limit_file, used_file))
            if limit.isdecimal() and used.isdecimal():
                lines = [line.split() for line in _read(f"{place}/memory.stat").splitlines()]
                cached = sum(int(line[1]) for line in lines if line[0] == files_line)
                left.append(int(limit) - int(used) + cached)
    return min(left)


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
