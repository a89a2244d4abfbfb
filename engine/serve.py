"""The exports that --mode=serve names, and the server over them."""

import asyncio
import ipaddress
import math
import pathlib
import signal
import socket

import uvicorn

from engine.command import DEFAULT_MODEL, Serve, choice
from engine.folder import RunError, RunFolder
from models.registry import PRESETS
from pipelines.registry import DATASETS
from serving.server.connections import connections
from serving.server.grpc_api import grpc_server, is_there
from serving.server.rest import LOCAL, Rest, Rules
from serving.server.served import ServedModel, models_of, version_paths

# Seconds that connections have, once no more are taken, until those that have sent nothing are closed.
SETTLE = 0.3


class Server(uvicorn.Server):
    """A server that, when it ends, reads what clients have already sent."""

    async def shutdown(self, sockets=None):
        """uvicorn closes connections on which it has read no request yet."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(SETTLE)
        await super().shutdown(sockets)


def exports_of(command: Serve) -> list[pathlib.Path]:
    """The folders of versions that are to be served.

    Raises:
        CommandError: there is no such model or dataset.
        RunError: a folder holds no export.
    """
    model = choice("model", command.model or DEFAULT_MODEL, PRESETS)
    dataset = choice("dataset", command.dataset or PRESETS[model].default_dataset, DATASETS)
    named = [part.strip() for part in command.workdir.split(",") if part.strip()]
    found = []
    for folder in map(pathlib.Path, named or [f"runs/{model}-{dataset}"]):
        candidates = [path for path in (RunFolder(folder).exports, folder) if version_paths(path)]
        if not candidates:
            raise RunError(
                "--mode=serve needs the folder of a run that has been exported (training does so at its end, and "
                f"--mode=export), or of exported versions. Received: {folder}"
            )
        found.append(candidates[0])
    return found


def host_name(host: str) -> str:
    """A host as an address has it: one of IPv6 in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host


def is_local(host: str) -> bool:
    """Whether nothing but this machine reaches a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def rules_of(command: Serve) -> Rules:
    """The rules that the flags give."""
    return Rules(
        batch_rows=command.batch_rows,
        batch_wait=command.batch_wait_ms / 1000,
        waiting=command.max_waiting,
        body_bytes=command.max_body_bytes,
        timeout=command.timeout_seconds,
        hosts=(*LOCAL, host_name(command.host)) if is_local(command.host) else (),
    )


def serve(command: Serve):
    """Answer requests until SIGINT or SIGTERM, and then those that were accepted.

    Raises:
        RunError: there is nothing to serve, or the port is not free.
        DataError: an export cannot be loaded, or two have one name.
    """
    folders = exports_of(command)
    listener = listening(command.host, command.port)
    with listener:
        models = models_of(folders)
        rest = Rest(models, rules_of(command))
        grpc = started_grpc(rest, command) if command.grpc_port else None
        # Before it is said where, so that who reads it can ask at once.
        listener.listen()
        host, port = listener.getsockname()[:2]
        for line in opening_lines(models, host, port):
            print(line, flush=True)
        config = uvicorn.Config(
            rest.app(),
            log_level="warning",
            server_header=False,
            http=connections(command.timeout_seconds),
            lifespan="on",
            # Longer than any request may take; what is left then is a client that does not read its answer.
            timeout_graceful_shutdown=math.ceil(command.timeout_seconds) + 5,
        )
        # uvicorn raises the signal that ended it once more, which would end this process as if it had failed.
        server = Server(config)
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, lambda number, frame: setattr(server, "should_exit", True))
        server.run(sockets=[listener])
        if grpc:
            grpc.stop(command.timeout_seconds).wait()
        rest.stop()
    print(f"stopped: {rest.answers:,} requests came, and all have been answered", flush=True)


def started_grpc(rest: Rest, command: Serve):
    """The server of gRPC, started; RunError where it cannot be."""
    if not is_there():
        raise RunError(
            "--grpc_port needs the package tensorflow-serving-api (pip install tensorflow-serving-api==2.21.*). "
            f"Received: --grpc_port={command.grpc_port} without it"
        )
    server, port = grpc_server(rest, f"{host_name(command.host)}:{command.grpc_port}")
    if not port:
        raise RunError(f"--grpc_port must be free. Received: {command.host}:{command.grpc_port}")
    server.start()
    return server


def listening(host: str, port: int) -> socket.socket:
    """A socket of the server; RunError if there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its number asyncio knows TCP, whose delay it turns off: with it a request takes 50 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as error:
        listener.close()
        raise RunError(
            f"--host and --port must be an address of this machine that is free. Received: {host}:{port} ({error})"
        ) from None
    return listener


def opening_lines(models: dict[str, ServedModel], host: str, port: int) -> list[str]:
    """What is served, where, and who can reach it."""
    address = f"http://{host_name(host)}:{port}"
    lines = [f"serving {name} version {model.version.number} of {model.folder}" for name, model in models.items()]
    lines += [f"POST {address}/v1/models/{name}:predict" for name in models]
    lines.append(f"A page to try them on: {address}/")
    if not is_local(host):
        lines.append(
            "every machine that reaches this one can use these models: there is no password and no encryption, so put "
            "a proxy with both in front of it where that is not meant"
        )
    return [*lines, "Ctrl-C stops."]
