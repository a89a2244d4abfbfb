"""Requests that nobody should send, at a running server: does it stay up, small and right?

    python -m benchmarks.malformed_requests [--requests=2000] [--seed=0]

A server of a small model of image to image is sent requests of random faults (sizes, types, truncated and huge images
of few bytes, gzip bombs, half a request, slow clients), and good ones among them. Each bad one must get a status of 4xx
with a sentence, each good one its picture, bit for bit, and the process must stay below one and a half times the memory
that it took under good requests alone. Ends with 1 where that is not so.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import gzip
import http.client
import io
import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import numpy as np
from PIL import Image

from benchmarks.cells import ROOT
from benchmarks.machine import print_machine

# How much larger than under good requests the process may become.
MOST_MEMORY = 1.5
GOOD_SHARE = 0.2
CLIENTS = 8
JSON = {"Content-Type": "application/json"}


def good_file(rng: random.Random) -> bytes:
    """A picture of any size within the limits."""
    pixels = np.random.default_rng(rng.randrange(2**31)).integers(0, 256, (rng.randint(1, 64), rng.randint(1, 64), 3))
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, rng.choice(["png", "jpeg"]))
    return file.getvalue()


def huge_png(side: int) -> bytes:
    """A PNG file of few bytes that would be a picture of side x side."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(side * (side // 8 + 1), 2**24)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def body_of(*files: bytes) -> bytes:
    """A request for the translation of files."""
    return json.dumps({"instances": [{"b64": base64.b64encode(file).decode()} for file in files]}).encode()


def bad_request(rng: random.Random) -> tuple[bytes, dict]:
    """A body and its headers, wrong in one way."""
    good, no_rows = good_file(rng), [None, 3, "x", {}, [[]], [{"b64": 3}], [{"b64": "!"}]]
    kinds = [
        lambda: (body_of(good[: rng.randrange(len(good) - 20)]), JSON),
        lambda: (body_of(b""), JSON),
        lambda: (body_of(rng.randbytes(rng.randint(1, 2000))), JSON),
        lambda: (body_of(good[:8] + rng.randbytes(200)), JSON),
        lambda: (body_of(huge_png(rng.choice([2000, 20_000, 200_000, 2**31 - 1]))), JSON),
        lambda: (body_of(*[good] * 200), JSON),
        lambda: (rng.randbytes(rng.randint(0, 500)), JSON),
        lambda: (b"[" * rng.randint(1, 100_000), JSON),
        lambda: (body_of(good)[: rng.randrange(20, 60)], JSON),
        lambda: (
            json.dumps({"instances": rng.choice(no_rows)}).encode(),
            JSON,
        ),
        lambda: (json.dumps({"inputs": [1, 2.5, True, None]}).encode(), JSON),
        lambda: (json.dumps({"signature_name": rng.choice(["x", 3, [], {}]), "instances": [1]}).encode(), JSON),
        lambda: (json.dumps({"signature_name": "pixels", "instances": [[[[300, -1, 0.5]]]]}).encode(), JSON),
        lambda: (json.dumps({"signature_name": "pixels", "inputs": [[[[1]]], [[1]]]}).encode(), JSON),
        lambda: (gzip.compress(b" " * rng.choice([10**6, 10**8])), JSON | {"Content-Encoding": "gzip"}),
        lambda: (rng.randbytes(100), JSON | {"Content-Encoding": "gzip"}),
        lambda: (body_of(good), {"Content-Type": rng.choice(["text/plain", "image/png", "multipart/form-data"])}),
        lambda: (body_of(good), JSON | {"Host": "elsewhere.example"}),
        lambda: (body_of(good), JSON | {"Origin": "http://elsewhere.example"}),
        lambda: (b" " * (33 * 2**20), JSON),
    ]
    return rng.choice(kinds)()


def exported(folder: pathlib.Path) -> pathlib.Path:
    """An export of a network that makes pictures negative."""
    import keras

    from serving.export import export
    from serving.guide import About
    from serving.images import TranslationSampler, Translator

    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image))
    export(TranslationSampler({"AtoB": Translator(network, 8)}), folder, About("negative"))
    return folder


def memory(process: int) -> float:
    """GB that a process has in memory now."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024 / 1e9


class Faults:
    """What was not as it must be; written by many threads."""

    def __init__(self):
        self.found, self.lock = [], threading.Lock()

    def add(self, text: str):
        """Keep one."""
        with self.lock:
            self.found.append(text)


def ask(port: int, body: bytes, headers: dict) -> tuple[int, dict]:
    """The status and the answer of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest("POST", "/v1/models/negative:predict", skip_host="Host" in headers)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        # What is refused before it was sent whole has its answer all the same.
        with contextlib.suppress(ConnectionError):
            connection.send(body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def check_good(port: int, rng: random.Random, faults: Faults):
    """A good request must get its own picture."""
    file = good_file(rng)
    status, answer = ask(port, body_of(file), JSON)
    if status != 200:
        faults.add(f"a good request got {status}: {answer}")
        return
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["predictions"][0]["b64"]))))
    if not np.array_equal(found, 255 - np.asarray(Image.open(io.BytesIO(file)))):
        faults.add("a good request got another picture")


def check_bad(port: int, rng: random.Random, faults: Faults):
    """A bad request must get a 4xx and a sentence."""
    body, headers = bad_request(rng)
    try:
        status, answer = ask(port, body, headers)
    except (ConnectionError, http.client.HTTPException) as error:
        # What is refused by its length alone is not read, which a client may see as this.
        if len(body) < 2**20:
            faults.add(f"no answer to {body[:60]!r}: {error!r}")
        return
    if not (400 <= status < 500 and answer.get("error") and "\n" not in answer["error"]):
        faults.add(f"{status} {str(answer)[:200]} for {body[:80]!r} {headers}")


def dawdle(port: int, until: threading.Event):
    """Connections that send a byte now and then, and never a whole request."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for client in clients:
        client.sendall(b"POST /v1/models/negative:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n")
    while not until.wait(0.5):
        for client in clients:
            try:
                client.sendall(b" ")
            except OSError:
                # Given up by the server, as it should be.
                continue
    for client in clients:
        client.close()


def attacked(port: int, process: int, requests: int, seed: int) -> tuple[Faults, float, float]:
    """Good requests alone, then bad ones among good ones; what went wrong, and the memory of both (the largest)."""
    faults, peak, ends = Faults(), [0.0], threading.Event()

    def watch():
        while not ends.wait(0.05):
            peak[0] = max(peak[0], memory(process))

    watching = threading.Thread(target=watch)
    watching.start()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda number: check_good(port, random.Random(f"{seed} good {number}"), faults), range(200)))
        good, peak[0] = max(peak[0], memory(process)), 0.0
        slow = threading.Thread(target=dawdle, args=(port, ends))
        slow.start()

        def one(number: int):
            rng = random.Random(f"{seed} {number}")
            (check_good if rng.random() < GOOD_SHARE else check_bad)(port, rng, faults)

        list(pool.map(one, range(requests)))
    ends.set()
    slow.join()
    watching.join()
    return faults, good, max(peak[0], memory(process))


def main():
    """Print what was found; exit with 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "main.py", "--mode=serve", f"--workdir={exported(pathlib.Path(folder))}", "--port=0"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        port = next(int(found[1]) for line in process.stdout if (found := re.match(r"POST http://\S+?:(\d+)/", line)))
        start = time.monotonic()
        try:
            faults, good, all_of_them = attacked(port, process.pid, given.requests, given.seed)
            seconds = time.monotonic() - start
            if process.poll() is not None:
                faults.add(f"the server ended with {process.returncode}")
        finally:
            process.terminate()
            process.wait()
    if all_of_them > MOST_MEMORY * good:
        faults.add(f"memory grew to {all_of_them:.2f} GB from {good:.2f} GB under good requests")
    print(
        f"{given.requests:,} requests in {seconds:.0f} s: {len(faults.found)} faults; memory {all_of_them:.2f} GB, "
        f"{all_of_them / good:.2f} times that of good requests alone"
    )
    for fault in faults.found[:20]:
        print(f"- {fault}")
    raise SystemExit(bool(faults.found))


if __name__ == "__main__":
    main()
