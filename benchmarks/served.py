"""What a server costs beside the model: latency and pictures a second of `--mode=serve`, by numbers of clients.

    python -m benchmarks.served --workdir=RUN [--requests=200] [--clients=1,8,64] [--ray]

An exported model of captions, noise or classes is asked for one picture a request over REST, by clients in this process
that keep their connections, on the same cores as the server; with batching (as by default) and without. Beside it the
same signature is called in process, at batches of 1, 8 and 64 rows, before and after. Figures are medians of one run.
Pictures of each server are held against those of the call, byte by byte. With --ray, for which the package ray[serve]
must be installed, two replicas of `serving.ray_app` are measured as well.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence

from benchmarks.cells import ROOT, markdown
from benchmarks.machine import print_machine
from serving.client import predict

DIRECT = (1, 8, 64)
# Of Ray's proxy; until it answers.
RAY_PORT, RAY_SECONDS = 8000, 120
# Pictures that are held against those of a call.
COMPARED = 20


def started(workdir: str, *flags: str) -> tuple[subprocess.Popen, int, str]:
    """A server in a process of its own, its port, and the path of its model."""
    command = [sys.executable, "main.py", "--mode=serve", f"--workdir={workdir}", "--port=0", *flags]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if found := re.match(r"POST http://127\.0\.0\.1:(\d+)(/v1/models/\S+)", line):
            return process, int(found[1]), found[2]
    raise SystemExit(f"error: the server did not start; try {' '.join(command)}")


def started_ray(export: pathlib.Path, model: str) -> tuple[subprocess.Popen, int, str]:
    """Two replicas behind Ray's proxy, as `started`."""
    command = ["serve", "run", "serving.ray_app:app", f"exports={export.absolute()}", "replicas=2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(RAY_SECONDS):
        time.sleep(1)
        with contextlib.suppress(OSError):
            if urllib.request.urlopen(f"http://127.0.0.1:{RAY_PORT}/healthz").status == 200:
                return process, RAY_PORT, f"/v1/models/{model}:predict"
    process.terminate()
    raise SystemExit(f"error: Ray did not start; try {' '.join(command)}")


def check_same(port: int, path: str, signature, row_of: Callable[[int], dict]):
    """End if a served picture is another than that of the call."""
    import tensorflow as tf

    model = f"http://127.0.0.1:{port}{path.removesuffix(':predict')}"
    for number in range(COMPARED):
        row = row_of(number)
        (served,) = predict(model, [row])
        (called,) = signature(**{name: tf.constant([value]) for name, value in row.items()})["png_bytes"].numpy()
        if served != called:
            raise SystemExit(f"error: another picture is served for {row}")


def asking(port: int, path: str, row_of: Callable[[int], dict], clients: int, requests: int) -> list[float]:
    """Seconds of each request, by so many clients at once."""
    numbers = itertools.count()
    # Made before, as what is measured is the server.
    bodies = [json.dumps({"instances": [row_of(number)]}) for number in range(requests)]

    def client(_: int) -> list[float]:
        connection, seconds = http.client.HTTPConnection("127.0.0.1", port), []
        while (number := next(numbers)) < requests:
            start = time.perf_counter()
            connection.request("POST", path, bodies[number], {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            seconds.append(time.perf_counter() - start)
            if response.status != 200:
                raise SystemExit(f"error: {content.decode()}")
        return seconds

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return [second for found in pool.map(client, range(clients)) for second in found]


def direct(signature, row_of: Callable[[int], dict], rows: int, repeats: int) -> float:
    """Seconds of a call of a signature in this process: the median."""
    import tensorflow as tf

    seconds = []
    for repeat in range(repeats + 1):
        given = [row_of(repeat * rows + row) for row in range(rows)]
        inputs = {name: tf.constant([row[name] for row in given]) for name in given[0]}
        start = time.perf_counter()
        for value in signature(**inputs).values():
            value.numpy()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    return sorted(seconds)[min(int(share * len(seconds)), len(seconds) - 1)]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", required=True, help="a run that has been exported")
    parser.add_argument("--requests", type=int, default=200, help="for each number of clients")
    parser.add_argument("--clients", default="1,8,64", help="how many at once, separated by commas")
    parser.add_argument("--ray", action="store_true", help="measure two replicas of Ray Serve, too")
    given = parser.parse_args()
    from serving.server.served import version_paths

    versions = version_paths(pathlib.Path(given.workdir) / "export")
    if not versions:
        parser.error(f"--workdir must be a run that has been exported. Received: {given.workdir}")
    print_machine()
    import tensorflow as tf

    newest = versions[0]
    signature = tf.saved_model.load(str(newest)).signatures["serving_default"]
    example = json.loads((newest / "assets.extra" / "requests" / "serving_default.json").read_text())["instances"][0]

    def row_of(number: int) -> dict:
        return example | {"seed": number}

    calls = {rows: [direct(signature, row_of, rows, 15)] for rows in DIRECT}
    table = [
        ["", "clients", "p50, ms", "p99, ms", "pictures a second", "p50, of the call at 1", "a second, of it at 8"]
    ]
    measured = []
    starts = {
        "batching": lambda: started(given.workdir),
        "--batch_rows=1": lambda: started(given.workdir, "--batch_rows=1"),
    }
    if given.ray:
        model = json.loads((newest / "assets.extra" / "model.json").read_text())["model"]
        starts["Ray, 2 replicas"] = lambda: started_ray(newest.parent, model)
    for name, start_server in starts.items():
        process, port, path = start_server()
        try:
            check_same(port, path, signature, row_of)
            asking(port, path, row_of, 8, 50)
            for clients in map(int, given.clients.split(",")):
                start = time.perf_counter()
                seconds = asking(port, path, row_of, clients, given.requests)
                measured.append((name, clients, seconds, given.requests / (time.perf_counter() - start)))
        finally:
            process.terminate()
            process.wait()
    for rows, seconds in calls.items():
        seconds.append(direct(signature, row_of, rows, 15))
    call = {rows: statistics.mean(seconds) for rows, seconds in calls.items()}
    for rows, seconds in call.items():
        table.append([f"called at {rows}", "", f"{1000 * seconds:.1f}", "", f"{rows / seconds:.0f}", "", ""])
    for name, clients, seconds, rate in measured:
        middle, last = percentile(seconds, 0.5), percentile(seconds, 0.99)
        ratios = [f"{middle / call[1]:.2f}", f"{rate / (8 / call[8]):.2f}"]
        table.append([name, str(clients), f"{1000 * middle:.1f}", f"{1000 * last:.1f}", f"{rate:.0f}", *ratios])
    print(markdown(table))


if __name__ == "__main__":
    main()
