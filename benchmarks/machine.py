"""The machine that a benchmark ran on: its figures mean little without it."""

import os
import statistics
import time

import numpy as np

from engine.processor import VECTOR_INSTRUCTIONS, processor_flags, processor_name


def gigaflops(side: int = 2048, repeats: int = 5) -> float:
    """Billions of float32 operations a second of all cores, in NumPy's product of two (side, side) matrices: the median
    after one to warm up."""
    left, right = np.random.default_rng(0).random((2, side, side), np.float32)
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / statistics.median(seconds[1:]) / 1e9


def print_machine():
    """Print the processor, its vector instructions, how fast it multiplies now, and how busy it is."""
    flags = processor_flags()
    known = " ".join(flag for flag in VECTOR_INSTRUCTIONS if flag in flags) or "none known"
    print(f"processor: {processor_name()}, {os.cpu_count()} cores; vector instructions: {known}")
    print(f"float32, NumPy's matrix product: {gigaflops():.0f} GFLOP/s; load before: {os.getloadavg()[0]:.1f}")
