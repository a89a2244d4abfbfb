"""Connections on which the head of a request does not come, or does not end."""

import contextlib
import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from serving.server.connections import HEAD_BYTES, connections

SECONDS = 0.5
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port():
    """Of a server whose answers take longer than heads may."""

    def answer(request):
        time.sleep(2 * SECONDS)
        return PlainTextResponse("answered")

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=[Route("/", answer)]), log_level="critical", http=connections(SECONDS))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


def received(port, *parts, pause=0.0):
    """What comes until the server closes the connection, and the seconds since the last part was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        start, found = time.monotonic(), b""
        # Of a connection that is closed while more is sent, what was answered may be lost.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
            start = time.monotonic()
            while part := client.recv(4096):
                found += part
        return found.decode(), time.monotonic() - start


def test_a_head_that_does_not_end_is_refused_in_time(port):
    answer, seconds = received(port, HEAD)
    assert answer.startswith("HTTP/1.1 408 ")
    assert answer.endswith('{"error": "the headers of a request must be sent within 0.5 s. Received: more, or a part"}')
    assert SECONDS / 2 < seconds < 10 * SECONDS


def test_one_that_comes_byte_by_byte_is_not_waited_for_longer(port):
    answer, _ = received(port, HEAD, *[b"a"] * 8, pause=SECONDS / 8)
    assert answer.startswith("HTTP/1.1 408 ")


def test_a_connection_on_which_nothing_comes_is_closed(port):
    answer, seconds = received(port)
    assert answer == ""
    assert seconds < 10 * SECONDS


def test_a_head_that_is_too_long_is_refused_at_once(port):
    answer, seconds = received(port, HEAD + b"X-Long: ", *[b"a" * 2**14] * (HEAD_BYTES // 2**14 + 1))
    assert answer.startswith("HTTP/1.1 431 ") or not answer
    assert seconds < SECONDS / 2


def test_a_whole_request_is_answered_however_long_it_takes(port):
    answer, _ = received(port, HEAD + b"Connection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 ")
    assert answer.endswith("answered")
    # Also one behind which a half one comes, which is refused once the first is answered.
    answer, _ = received(port, HEAD + b"\r\n" + HEAD)
    assert answer.startswith("HTTP/1.1 200 ")
    assert "answered" in answer
    assert "HTTP/1.1 408 " in answer
