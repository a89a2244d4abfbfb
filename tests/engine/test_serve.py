"""--mode=serve as its user meets it: what it serves, where, and how it ends."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from engine.command import CommandError, Serve
from engine.folder import RunError
from engine.serve import exports_of, is_local, opening_lines, rules_of
from pipelines.examples import DataError
from serving.export import export
from serving.guide import About
from serving.server.rest import LOCAL, Rules
from serving.server.served import models_of
from tests.serving.server.test_rest import LIMITS, ROW, labeled_sampler
from tests.test_layout import ROOT


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs, each with an export."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("first", "second"):
        export(labeled_sampler(), folder / name / "export", About("cgan", limits=LIMITS))
    return folder


def test_a_run_or_its_export_is_served_one_or_several(runs, tmp_path, monkeypatch):
    first, second = (runs / name / "export" for name in ("first", "second"))
    assert exports_of(Serve(workdir=str(runs / "first"))) == [first]
    assert exports_of(Serve(workdir=f"{first}, {runs / 'second'}")) == [first, second]
    monkeypatch.chdir(tmp_path)
    os.symlink(runs / "first", tmp_path / "elsewhere")
    (tmp_path / "runs").mkdir()
    os.symlink(runs / "first", tmp_path / "runs" / "cgan-digits")
    assert [str(path) for path in exports_of(Serve(model="cgan", dataset="digits"))] == ["runs/cgan-digits/export"]
    with pytest.raises(
        RunError, match=r"--mode=serve needs the folder of a run that has been exported .* Received: runs"
    ):
        exports_of(Serve(model="dcgan"))
    with pytest.raises(CommandError, match="--model: "):
        exports_of(Serve(model="cgam"))


def test_models_of_one_name_are_told_apart_by_their_runs(runs):
    folders = exports_of(Serve(workdir=f"{runs / 'first'},{runs / 'second'}"))
    assert list(models_of(folders)) == ["first", "second"]
    assert list(models_of(folders[:1])) == ["cgan"]
    with pytest.raises(DataError, match="names of their own"):
        models_of([folders[0], folders[0]])


def test_the_flags_are_the_rules():
    given = Serve(batch_rows=3, batch_wait_ms=20.0, max_waiting=4, max_body_bytes=5, timeout_seconds=6.0)
    assert rules_of(given) == Rules(3, 0.02, 4, 5, 6.0, (*LOCAL, "127.0.0.1"))
    assert "127.0.0.2" in rules_of(Serve(host="127.0.0.2")).hosts
    assert "[::1]" in rules_of(Serve(host="::1")).hosts
    # Whoever asks to be reached by others is reached by any name.
    assert rules_of(Serve(host="0.0.0.0")).hosts == ()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.0.0.2", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_who_can_reach_it_is_said(runs, host, local):
    assert is_local(host) is local
    lines = opening_lines(models_of(exports_of(Serve(workdir=str(runs / "first")))), host, 8501)
    assert any("no password and no encryption" in line for line in lines) is not local


@pytest.fixture
def flags():
    """Of the server."""
    return []


@pytest.fixture
def started(runs, flags):
    """A server in a process of its own: (process, its address)."""
    command = [sys.executable, "main.py", "--mode=serve", f"--workdir={runs / 'first'}", "--port=0", *flags]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = None
    for line in process.stdout:
        found = re.match(r"POST (http://127\.0\.0\.1:\d+/v1/models/cgan:predict)", line)
        if found:
            break
    assert found, "no server"
    yield process, found[1]
    process.kill()
    process.wait()


def ask(address, row):
    request = urllib.request.Request(
        address, json.dumps({"instances": [row]}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["predictions"][0]


def test_sigterm_under_load_loses_no_request_that_was_accepted(started):
    process, address = started
    wanted = ask(address, ROW)
    answers, refused = [], []

    def client(_):
        while True:
            try:
                answers.append(ask(address, ROW))
            except (urllib.error.URLError, ConnectionError) as error:
                # The server listens no more, or this connection was in the queue of its socket then.
                refused.append(getattr(error, "reason", error))
                return

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        clients = pool.map(client, range(8))
        while len(answers) < 30:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        list(clients)
    assert set(map(str, answers)) == {str(wanted)}
    assert all(isinstance(reason, ConnectionRefusedError | ConnectionResetError) for reason in refused), refused
    assert process.wait(30) == 0
    # What came to the server was answered, the first request included.
    (line,) = (line for line in process.stdout if line.startswith("stopped: "))
    assert line == f"stopped: {len(answers) + 1:,} requests came, and all have been answered\n"


@pytest.mark.parametrize("flags", [["--timeout_seconds=1"]])
def test_half_a_head_is_given_up_after_the_time_limit(started):
    port = int(re.search(r":(\d+)/", started[1])[1])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_port_that_is_taken_is_one_line(started, runs):
    port = re.search(r":(\d+)/", started[1])[1]
    command = [sys.executable, "main.py", "--mode=serve", f"--workdir={runs / 'first'}", f"--port={port}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: --host and --port must be an address of this machine that is free. Received: ")
