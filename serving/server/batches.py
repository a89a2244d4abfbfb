"""Requests that came while others were computed are computed together: one call of a model for many clients."""

import dataclasses
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

import numpy as np

from serving.server.errors import ServingError

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(eq=False)
class Waiting:
    """A request that waits.

    Attributes:
        call: what computes it: many of one call are put together.
        inputs: by name, (rows, ...) each.
        most: rows of a call, at most.
        future: of its outputs.
    """

    call: Callable[[Arrays], dict[str, np.ndarray]]
    inputs: Arrays
    most: int
    future: Future = dataclasses.field(default_factory=Future)

    @functools.cached_property
    def rows(self) -> int:
        """How many it has: the most of its inputs, as these may be refused for their differences."""
        return max((len(array) for array in self.inputs.values()), default=1)

    @functools.cached_property
    def kind(self) -> tuple:
        """Requests of one kind can be put together: those of one call whose rows have the same types and shapes."""
        rows = ((name, array.dtype, array.shape[1:]) for name, array in sorted(self.inputs.items()))
        return self.call, len({len(array) for array in self.inputs.values()}), *rows


class Batches:
    """Requests, and the thread that computes them.

    TensorFlow uses all cores for one call, so that one thread is enough.

    Args:
        rows: of a call, at most; 0: as many as the model takes. A request is never taken apart.
        wait: seconds that a call waits for more requests, once there is one. Without any, those are put together that
            came during the call before.
        waiting: requests that may wait; more are refused.
        name: of the thread.
        observe: is told the rows of each call.
    """

    def __init__(
        self,
        rows: int = 0,
        wait: float = 0.0,
        waiting: int = 128,
        name: str = "",
        observe: Callable[[int], None] = lambda rows: None,
    ):
        self.rows, self.wait, self.waiting, self.observe = rows, wait, waiting, observe
        self._requests: list[Waiting] = []
        self._changed = threading.Condition()
        self._ends = False
        self._thread = threading.Thread(target=self._work, name=f"requests of {name}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._requests)

    def submit(self, call: Callable[[Arrays], dict[str, np.ndarray]], inputs: Arrays, most: int) -> Future:
        """The outputs of a call, later.

        Args:
            call: rows to as many rows.
            inputs: (rows, ...) each.
            most: rows that the call takes.

        Raises:
            ServingError: there are too many requests.
        """
        request = Waiting(call, inputs, min(most, self.rows or most))
        with self._changed:
            if len(self._requests) >= self.waiting:
                raise ServingError(429, f"at most {self.waiting} requests wait. Received: one more")
            self._requests.append(request)
            self._changed.notify()
        return request.future

    def stop(self):
        """End, once all requests have been computed."""
        with self._changed:
            self._ends = True
            self._changed.notify()
        self._thread.join()

    def _work(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._requests or self._ends)
                if not self._requests:
                    return
                together = self._together()
            asked = [request for request in together if request.future.set_running_or_notify_cancel()]
            if asked:
                self._compute(asked)

    def _together(self) -> list[Waiting]:
        """The request that came first, with others of its kind, taken from those that wait."""
        first = self._requests[0]
        if self.wait:
            # Those that come meanwhile end it once they fill the call.
            self._changed.wait_for(
                lambda: self._ends or sum(request.rows for request in self._alike(first)) >= first.most, self.wait
            )
        together, rows = [], 0
        for request in self._alike(first):
            if not together or rows + request.rows <= first.most:
                together.append(request)
                rows += request.rows
        self._requests = [request for request in self._requests if request not in together]
        return together

    def _alike(self, first: Waiting) -> list[Waiting]:
        return [request for request in self._requests if request.kind == first.kind]

    def _compute(self, together: Sequence[Waiting]):
        """Compute requests as one; if that fails, each by itself, so that a bad one spoils no other."""
        try:
            inputs = {
                name: np.concatenate([request.inputs[name] for request in together]) for name in together[0].inputs
            }
            rows = sum(request.rows for request in together)
            self.observe(rows)
            outputs = together[0].call(inputs)
            if any(len(array) != rows for array in outputs.values()):
                raise ServingError(500, "the model must give as many rows as it takes")
        except Exception as error:
            if len(together) == 1:
                together[0].future.set_exception(error)
                return
            for request in together:
                self._compute([request])
            return
        start = 0
        for request in together:
            part = slice(start, start + request.rows)
            request.future.set_result({name: array[part] for name, array in outputs.items()})
            start += request.rows
