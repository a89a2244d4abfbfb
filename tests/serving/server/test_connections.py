"""Connections on which the head of a request does not come, or does not end."""

import asyncio
import contextlib
import re
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
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
PART = b"X: " + b"a" * 1000 + b"\r\n"


@contextlib.contextmanager
def served(keep_alive):
    """The port of a server whose answers take longer than heads may; `keep_alive`: seconds of uvicorn's own limit."""

    async def answer(request):
        size = len(await request.body()) if request.method == "POST" else 0
        await asyncio.sleep(2 * SECONDS)
        return PlainTextResponse(f"answered {size}")

    async def unread(request):
        return PlainTextResponse("at once")

    routes = [Route("/", answer, methods=["GET", "POST"]), Route("/unread", unread, methods=["GET", "POST"])]
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=routes), log_level="critical", http=connections(SECONDS))
    config.timeout_keep_alive = keep_alive
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def port():
    with served(keep_alive=1) as found:
        yield found


def received(port, *parts, pause=0.0):
    """What comes until the server closes the connection, the seconds that takes, and how many parts were sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        start, found, sent = time.monotonic(), b"", 0
        # Of a connection that is closed while more is sent, what was answered may be lost.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for part in parts:
                client.sendall(part)
                sent += 1
                time.sleep(pause)
            while part := client.recv(4096):
                found += part
        return found.decode(), time.monotonic() - start, sent


def statuses(answer):
    return re.findall(r"HTTP/1.1 (\d+)", answer)


def test_a_head_that_does_not_end_is_refused_in_time(port):
    answer, seconds, _ = received(port, HEAD)
    assert statuses(answer) == ["408"]
    assert answer.endswith('{"error": "the headers of a request must be sent within 0.5 s. Received: a part of them"}')
    assert SECONDS / 2 < seconds < 10 * SECONDS


def test_one_that_comes_byte_by_byte_is_not_waited_for_longer(port):
    _, seconds, sent = received(port, HEAD, *[b"a"] * 80, pause=SECONDS / 8)
    # Of 10 times the time.
    assert sent < 40
    assert seconds < 5 * SECONDS


def test_a_connection_on_which_nothing_comes_is_closed(port):
    answer, seconds, _ = received(port)
    assert answer == ""
    assert seconds < 10 * SECONDS


@pytest.mark.parametrize("parts", [[PART] * 70, [PART * 70], [b"X: ", *[b"a" * HEAD_BYTES] * 9]])
def test_a_head_that_is_too_long_is_refused_at_once(port, parts):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        start = time.monotonic()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(HEAD)
            for part in parts:
                client.sendall(part)
            answer = client.recv(4096).decode()
            assert statuses(answer) == ["431"]
            assert f"of at most {HEAD_BYTES} bytes. Received: more" in answer
        assert time.monotonic() - start < SECONDS / 2


@pytest.mark.parametrize("trailers", [[PART] * 70, [b"X: ", *[b"a" * HEAD_BYTES] * 9]])
def test_trailers_are_counted_too(port, trailers):
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
    answer, seconds, _ = received(port, chunked, *trailers, pause=0.001)
    assert set(statuses(answer)) <= {"431"}
    assert seconds < SECONDS


def test_a_head_of_less_is_taken(port):
    answer, _, _ = received(port, HEAD + PART * 50 + b"Connection: close\r\n\r\n")
    assert statuses(answer) == ["200"]


def test_a_whole_request_is_answered_however_long_it_takes(port):
    answer, _, _ = received(port, HEAD + b"Connection: close\r\n\r\n")
    assert statuses(answer) == ["200"]
    assert answer.endswith("answered 0")


def test_half_a_head_behind_a_request_is_refused_once_that_is_answered(port):
    answer, _, _ = received(port, HEAD + b"\r\n" + HEAD)
    assert statuses(answer) == ["200", "408"]
    # Its own body is no part of the next one's head.
    body = b"a" * 100_000
    answer, _, _ = received(port, POST + b"Content-Length: 100000\r\n\r\n" + body + b"GET / HT")
    assert statuses(answer) == ["200", "408"]
    assert "answered 100000" in answer
    # By its own limit uvicorn would close the connection before that, without a word.
    with served(keep_alive=SECONDS / 5) as hasty:
        answer, _, _ = received(hasty, HEAD + b"\r\n" + HEAD)
    assert statuses(answer) == ["200", "408"]


@pytest.mark.parametrize(
    "request_", [b"GET /unread HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /unread HTTP/1.1\r\nContent-Length: 99\r\n\r\n"]
)
@pytest.mark.parametrize("more", [b"\r\n", b"a"])
def test_what_comes_behind_an_answer_keeps_no_connection_open(port, request_, more):
    _, seconds, _ = received(port, request_, more, pause=0.2)
    assert seconds < 10 * SECONDS
