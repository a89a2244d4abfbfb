"""Connections of clients that may mean no good, or have gone: the head of a request must come in time, and be short.

uvicorn bounds neither; what follows the head is bounded by `serving.server.rest`.
"""

import functools
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Of the head of a request.
HEAD_BYTES = 2**16


class Connection(HttpToolsProtocol):
    """A connection to a client.

    Args:
        arguments: of uvicorn's.
        seconds: in which the head of a request must come, from its first byte; and the first byte of a connection.
        options: of uvicorn's.
    """

    def __init__(self, *arguments, seconds: float, **options):
        super().__init__(*arguments, **options)
        self.seconds, self.timer, self.received = seconds, None, 0

    def connection_made(self, transport):
        """Begin to wait."""
        super().connection_made(transport)
        self.wait()

    def on_message_begin(self):
        """Wait for the rest of the head."""
        super().on_message_begin()
        self.wait()

    def on_headers_complete(self):
        """The head is there."""
        self.wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc):
        """Nothing more will come."""
        self.wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data):
        """Take a part of a request."""
        super().data_received(data)
        if self.timer is not None:
            self.received += len(data)
            if self.received > HEAD_BYTES:
                self.refuse("431 Request Header Fields Too Large", f"at most {HEAD_BYTES} bytes")

    def wait(self):
        """From now on, for a head."""
        self.wait_no_more()
        self.received = 0
        self.wait_on()

    def wait_on(self):
        """As long again."""
        self.timer = self.loop.call_later(self.seconds, self.give_up)

    def wait_no_more(self):
        """Until the next head begins."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def give_up(self):
        """On a head that has not come in time; what was asked before it is answered first."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.wait_on()
        elif self.received:
            self.refuse("408 Request Timeout", f"sent within {self.seconds:g} s")
        else:
            self.transport.close()

    def refuse(self, status: str, accepted: str):
        """Say why, and close."""
        self.wait_no_more()
        body = json.dumps({"error": f"the headers of a request must be {accepted}. Received: more, or a part"}).encode()
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}"]
        self.transport.write("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)
        self.transport.close()


def connections(seconds: float):
    """What uvicorn makes connections with.

    Args:
        seconds: see `Connection`.
    """
    return functools.partial(Connection, seconds=seconds)
