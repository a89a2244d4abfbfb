"""How this process holds the host's memory. Imports nothing that starts threads."""

import ctypes

# glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGEST = 2**31 - 1
# What older versions of glibc take at most.
LARGEST_MMAP_THRESHOLD = 2**25


def keep_freed_memory() -> bool:
    """Make glibc keep what is freed, for the next step to take; call it before TensorFlow starts its threads.

    A training step takes and frees the same few hundred MB. By default glibc gives them back to the kernel and asks for
    them again, page by page, which costs up to half of a step on a virtual machine (benchmarks/freed_memory.py). One
    arena, as the heap of any other is given back whatever the thresholds are.

    Returns:
        Whether it could be done; False where the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(
        mallopt(M_ARENA_MAX, 1)
        and mallopt(M_TRIM_THRESHOLD, LARGEST)
        and (mallopt(M_MMAP_THRESHOLD, LARGEST) or mallopt(M_MMAP_THRESHOLD, LARGEST_MMAP_THRESHOLD))
    )
