"""How many threads scikit-learn computes with."""

import contextlib


def one_thread() -> contextlib.AbstractContextManager:
    """Within it NumPy and scikit-learn compute in one thread.

    For what takes many small steps: after each of them the threads wait for each other, busily, so that beside other
    work on the machine two took 8 (a regression on 10,000 x 3,072) to 150 times (t-SNE of 30 points) as long as one.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
