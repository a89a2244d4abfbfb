"""How many threads scikit-learn computes with."""

import contextlib


def one_thread() -> contextlib.AbstractContextManager:
    """Within it NumPy and scikit-learn compute in one thread.

    For algorithms of many small steps: after each of them the threads busy-wait for each other, so that beside other
    load on the machine two took 8 (a regression on 10,000 x 3,072) to 150 times (t-SNE of 30 points) as long as one.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
