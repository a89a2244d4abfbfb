"""Requests that came while others were computed are computed together: one call of a model for many clients."""

import dataclasses
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

import numpy as np

from serving.server.errors import ServingError

Arrays = Mapping[str, np.ndarray]
# Tells the thread to end.
END = object()


@dataclasses.dataclass(eq=False)
class Waiting:
    """A request in the queue.

    Attributes:
        call: what computes it: many of one call are put together.
        inputs: by name, (rows, ...) each.
        rows: how many.
        future: of its outputs.
    """

    call: Callable[[Arrays], dict[str, np.ndarray]]
    inputs: Arrays
    rows: int
    future: Future = dataclasses.field(default_factory=Future)

    @property
    def kind(self) -> tuple:
        """Requests of one kind can be put together: those of one call whose rows have the same shapes."""
        return self.call, *((name, array.shape[1:]) for name, array in sorted(self.inputs.items()))


class Batches:
    """A queue of requests and the thread that computes them.

    TensorFlow uses all cores for one call, so that one thread is enough.

    Args:
        rows: of a call, at most; a request is never taken apart.
        wait: seconds that a call waits for more requests, once there is one. Without any, those are put together that
            came during the call before.
        waiting: requests that may wait; more are refused.
        name: of the thread.
        observe: is told the rows of each call.
    """

    def __init__(
        self,
        rows: int,
        wait: float = 0.0,
        waiting: int = 128,
        name: str = "",
        observe: Callable[[int], None] = lambda rows: None,
    ):
        self.rows, self.wait, self.observe = rows, wait, observe
        self._queue: queue.Queue = queue.Queue(waiting)
        # Requests that were taken from the queue and did not fit into the call.
        self._kept: list[Waiting] = []
        self._thread = threading.Thread(target=self._work, name=f"requests of {name}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return self._queue.qsize() + len(self._kept)

    def submit(self, call: Callable[[Arrays], dict[str, np.ndarray]], inputs: Arrays) -> Future:
        """The outputs of a call, later.

        Raises:
            ServingError: there are too many requests.
        """
        sizes = {len(array) if array.ndim else 1 for array in inputs.values()}
        request = Waiting(call, inputs, max(sizes, default=1))
        try:
            self._queue.put_nowait(request)
        except queue.Full:
            raise ServingError(429, f"at most {self._queue.maxsize} requests wait. Received: one more") from None
        return request.future

    def stop(self):
        """End, once all requests in the queue have been computed."""
        self._queue.put(END)
        self._thread.join()

    def _work(self):
        ends = False
        while not ends or self._kept:
            first = self._kept.pop(0) if self._kept else self._queue.get()
            if first is END:
                ends = True
                continue
            together, ended = self._gather(first)
            ends = ends or ended
            asked = [request for request in together if request.future.set_running_or_notify_cancel()]
            if asked:
                self._compute(asked)

    def _gather(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """The first request with others of its kind; and whether the end was met."""
        together, rows, until, ended = [first], first.rows, time.monotonic() + self.wait, False
        # In the order in which they came, so that none waits for ever.
        for other in [request for request in self._kept if request.kind == first.kind]:
            if rows + other.rows <= self.rows:
                self._kept.remove(other)
                together.append(other)
                rows += other.rows
        while rows < self.rows and not ended:
            left = until - time.monotonic()
            try:
                other = self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if other is END:
                ended = True
            elif other.kind == first.kind and rows + other.rows <= self.rows:
                together.append(other)
                rows += other.rows
            else:
                self._kept.append(other)
                # What was kept does not grow while it waits.
                break
        return together, ended

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
