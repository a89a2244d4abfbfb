"""Connections of clients that may mean no good, or have gone: what precedes and follows a body is bounded, too.

The head of a request must come in time and be short, and so must its trailers; uvicorn bounds neither. Bodies are
bounded by `serving.server.rest`.
"""

import functools
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Of the head of a request with its trailers, and of what came without making up a part of a request.
HEAD_BYTES = 2**16


class TooLongError(ValueError):
    """The head of a request is too long."""


class Connection(HttpToolsProtocol):
    """A connection to a client.

    Args:
        arguments: of uvicorn's.
        seconds: in which the head of a request must come, from its first byte; and that a connection may be idle before
            its first request.
        options: of uvicorn's.

    Attributes:
        timer: runs while a head, or its first byte, is waited for; None where a request is there.
        head: bytes of the address and the headers of the request that comes.
        pending: bytes since the last whole part of a request, without those that came together with it.
    """

    def __init__(self, *arguments, seconds: float, **options):
        super().__init__(*arguments, **options)
        self.seconds, self.timer, self.head, self.pending = seconds, None, 0, 0

    # What uvicorn is told by the connection.

    def connection_made(self, transport):
        """Begin to wait."""
        super().connection_made(transport)
        self.wait()

    def connection_lost(self, exc):
        """Nothing more will come."""
        self.wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data):
        """Take a part of a request."""
        self.pending += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.pending > HEAD_BYTES:
            self.refuse("431 Request Header Fields Too Large", f"of at most {HEAD_BYTES} bytes", "more")
        elif self.timer is None and self.is_idle:
            # The rest of a request that has been answered, say, for which nothing else waits.
            self.wait()

    # What it is told by its parser.

    def on_message_begin(self):
        """Wait for the rest of the head."""
        super().on_message_begin()
        self.head = 0
        self.wait()

    def on_url(self, url):
        """A part of the address."""
        self.count(len(url))
        super().on_url(url)

    def on_header(self, name, value):
        """A header or, behind a body, a trailer."""
        self.count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self):
        """The head is there."""
        self.wait_no_more()
        super().on_headers_complete()

    def on_body(self, body):
        """A part of the body."""
        self.pending = 0
        super().on_body(body)

    def count(self, length: int):
        """A part of the head; TooLongError, at which the parser ends, where it is one too many."""
        self.head, self.pending = self.head + length, 0
        if self.head > HEAD_BYTES:
            raise TooLongError

    def send_400_response(self, msg):
        """What uvicorn answers when the parser has ended."""
        if self.head > HEAD_BYTES:
            self.refuse("431 Request Header Fields Too Large", f"of at most {HEAD_BYTES} bytes", "more")
        else:
            self.wait_no_more()
            super().send_400_response(msg)

    # Waiting.

    @property
    def is_idle(self) -> bool:
        """Whether all that was asked has been answered."""
        return self.cycle is None or self.cycle.response_complete

    def wait(self):
        """From now on, for a head."""
        self.wait_no_more()
        self.pending = 0
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
        if not self.is_idle:
            self.wait_on()
        elif self.head or self.pending:
            self.refuse("408 Request Timeout", f"sent within {self.seconds:g} s", "a part of them")
        else:
            self.transport.close()

    def timeout_keep_alive_handler(self):
        """Close a connection on which nothing came for a while after an answer; half a head has time of its own."""
        if self.timer is None:
            super().timeout_keep_alive_handler()

    def refuse(self, status: str, accepted: str, received: str):
        """Say why, and close."""
        self.wait_no_more()
        body = json.dumps({"error": f"the headers of a request must be {accepted}. Received: {received}"}).encode()
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}"]
        self.transport.write("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)
        self.transport.close()


def connections(seconds: float):
    """What uvicorn makes connections with.

    Args:
        seconds: see `Connection`.
    """
    return functools.partial(Connection, seconds=seconds)
