"""Freed memory is kept: what is taken again comes without page faults, in any thread."""

import platform
import subprocess
import sys

import pytest

TAKE_AND_FREE = """
import resource, sys, threading
if sys.argv[1] == "kept":
    from engine.memory import keep_freed_memory
    assert keep_freed_memory()
import numpy as np

def rounds(count):
    for _ in range(count):
        buffers = [np.ones(size) for size in (1_000, 100_000, 3_000_000, 6_000_000)]
        del buffers

def in_a_thread(count):
    thread = threading.Thread(target=rounds, args=(count,))
    thread.start()
    thread.join()

rounds(2), in_a_thread(2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
rounds(10), in_a_thread(10)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", TAKE_AND_FREE, how], check=True, stdout=subprocess.PIPE).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the malloc of glibc has these settings")
def test_what_is_freed_is_taken_again_without_page_faults():
    assert faults("kept") < faults("given back") / 20
