"""TensorFlow Serving's REST API (api_rest.md), so that a client does not change when it moves there.

GET  /v1/models/NAME[/versions/V]             the state of the model
GET  /v1/models/NAME[/versions/V]/metadata    its signatures
POST /v1/models/NAME[/versions/V]:predict     {"signature_name": ..., "instances": [...]} or {..., "inputs": ...}
GET  /healthz, /metrics                       of the server
    GET  /, /models                               a page to try the models on, and what it knows of them
"""

import asyncio
import contextlib
import dataclasses
import json
import logging
import threading
import time
import zlib
from collections.abc import Callable, Mapping

import prometheus_client
import tensorflow as tf
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from serving.server.batches import Batches
from serving.server.errors import ServingError
from serving.server.json_tensors import columns, columns_of, predictions, rows_of
from serving.server.page import FILES, described, file_response
from serving.server.served import ServedModel, Version, served_version

DEFAULT = "serving_default"
PREDICT_METHOD = "tensorflow/serving/predict"
# Hosts by which a server on this machine alone is asked. Another name in a request is that of a web page which has its
# name point here (DNS rebinding).
LOCAL = ("127.0.0.1", "localhost", "[::1]")
# What curl sends unless it is told otherwise. A browser sends it for any web page without asking, but with a header
# that says where from, which a program does not send.
PLAIN_TYPES = ("", "application/x-www-form-urlencoded")
FROM_BROWSER = ("origin", "sec-fetch-site")
CHUNK = 2**16
# Bytes or numbers that take less time than to hand them to another thread.
LARGE = 2**13
# Requests that are read or answered at a time, as a multiple of those that may wait.
IN_FLIGHT = 2


@dataclasses.dataclass(frozen=True)
class Rules:
    """Of the server.

    Attributes:
        batch_rows: of a call of a model, at most; 0: as many as its export takes.
        batch_wait: seconds that a call waits for more requests.
        waiting: requests that may wait for a model.
        body_bytes: of a request, also after it was unpacked.
        timeout: seconds after which a request is given up.
        hosts: names by which the server is asked; () for any.
    """

    batch_rows: int = 0
    batch_wait: float = 0.0
    waiting: int = 128
    body_bytes: int = 32 * 2**20
    timeout: float = 60.0
    hosts: tuple[str, ...] = LOCAL


class Rest:
    """The models of a server, by name.

    Args:
        models: that are served.
        rules: of the server.

    Attributes:
        answers: that were given to requests for models.
        in_flight: requests that are read, wait or are computed.
    """

    def __init__(self, models: Mapping[str, ServedModel], rules: Rules):
        self.models, self.rules, self.answers, self.in_flight = models, rules, 0, 0
        self.counting = threading.Lock()
        self.registry = prometheus_client.CollectorRegistry()
        self.requests = prometheus_client.Counter(
            "requests", "Requests by model and status.", ["model", "status"], registry=self.registry
        )
        self.seconds = prometheus_client.Histogram(
            "request_seconds", "From the request to its answer.", ["model"], registry=self.registry
        )
        self.rows = prometheus_client.Histogram(
            "batch_rows",
            "Rows of a call.",
            ["model"],
            buckets=[2**power for power in range(11)],
            registry=self.registry,
        )
        waiting = prometheus_client.Gauge("waiting", "Requests that wait.", ["model"], registry=self.registry)
        self.batches = {}
        for name in models:
            self.batches[name] = Batches(
                rules.batch_rows,
                rules.batch_wait,
                rules.waiting,
                name,
                self.rows.labels(name).observe,
            )
            waiting.labels(name).set_function(self.batches[name].__len__)

    def app(self) -> Starlette:
        """For uvicorn."""
        return Starlette(
            routes=[
                Route("/healthz", self.health),
                Route("/metrics", self.metrics),
                Route("/monitoring/prometheus/metrics", self.metrics),
                Route("/v1/models/{name}/versions/{version}/metadata", self.answered(self.metadata)),
                Route("/v1/models/{name}/metadata", self.answered(self.metadata)),
                Route("/v1/models/{name}/versions/{version}:predict", self.answered(self.predict), methods=["POST"]),
                Route("/v1/models/{name}:predict", self.answered(self.predict), methods=["POST"]),
                Route("/v1/models/{name}/versions/{version}", self.answered(self.status)),
                Route("/v1/models/{name}", self.answered(self.status)),
                Route("/models", self.answered(self.shown)),
                Route("/models/{name}/{version}/{example}", self.answered(self.example)),
                *(Route(f"/{name}", self.page) for name in FILES),
                Route("/{rest:path}", self.answered(self.malformed), methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
            ],
            lifespan=self.lifespan,
        )

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette):
        """While the server runs, newer versions are looked for."""
        for model in self.models.values():
            model.watch()
        yield
        for model in self.models.values():
            model.stop()

    def stop(self):
        """End the threads, once what was accepted has been computed."""
        for batches in self.batches.values():
            batches.stop()

    def answered(self, handler):
        """A handler whose errors become answers, counted and timed."""

        async def answer(request: Request) -> Response:
            start, name = time.monotonic(), request.path_params.get("name", "")
            name = name if name in self.models else ""
            try:
                self.check_host(request)
                response = await handler(request)
            except ServingError as error:
                response = refused(error)
            except ClientDisconnect:
                response = refused(ServingError(400, "the request must be sent whole. Received: a part of it"))
            except Exception:
                logging.exception("not foreseen")
                response = refused(ServingError(500, "the server failed; its log says why"))
            self.count(name, response.status_code, time.monotonic() - start)
            return response

        return answer

    def count(self, name: str, status: int, seconds: float):
        """An answer that was given, over REST or gRPC; `name` is "" of no model that is served."""
        with self.counting:
            self.answers += 1
        self.requests.labels(name, status).inc()
        self.seconds.labels(name).observe(seconds)

    def check_host(self, request: Request):
        """ServingError if a web page of another host asks."""
        host = request.headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if self.rules.hosts and name not in self.rules.hosts:
            raise ServingError(403, f"the Host must be {' or '.join(self.rules.hosts)}. Received: {host[:60]}")
        origin = request.headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            raise ServingError(403, f"the Origin must be this server. Received: {origin[:60]}")

    async def health(self, request: Request) -> Response:
        """Whether it answers: models are loaded before it does."""
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        return Response(
            prometheus_client.generate_latest(self.registry), media_type=prometheus_client.CONTENT_TYPE_LATEST
        )

    async def page(self, request: Request) -> Response:
        """A file of the page."""
        try:
            self.check_host(request)
        except ServingError as error:
            return refused(error)
        return file_response(FILES[request.url.path.rsplit("/", 1)[-1]])

    async def shown(self, request: Request) -> Response:
        """What the page knows of the models."""
        return JSONResponse({"models": [described(name, model.version) for name, model in self.models.items()]})

    async def example(self, request: Request) -> Response:
        """An example input."""
        _, version = self.version_of(request)
        return file_response(version.example(request.path_params["example"]))

    async def malformed(self, request: Request) -> Response:
        """What is no path of this server."""
        known = "GET /v1/models/NAME, GET /v1/models/NAME/metadata, POST /v1/models/NAME:predict"
        raise ServingError(
            404, f"Malformed request: accepted are {known}. Received: {request.method} {request.url.path[:60]}"
        )

    def version_of(self, request: Request) -> tuple[str, Version]:
        """The model that is asked for, and its version; ServingError where it is not served."""
        number = request.path_params.get("version")
        if number is not None:
            # -1 is no version's.
            number = int(number) if number.isascii() and number.isdecimal() and len(number) < 20 else -1
        return served_version(self.models, request.path_params["name"], number)

    async def status(self, request: Request) -> Response:
        """As GetModelStatus."""
        _, version = self.version_of(request)
        state = {
            "version": str(version.number),
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return JSONResponse({"model_version_status": [state]})

    async def metadata(self, request: Request) -> Response:
        """As GetModelMetadata."""
        name, version = self.version_of(request)
        signatures = {
            key: {
                "inputs": {input: tensor_info(spec) for input, spec in signature.inputs.items()},
                "outputs": {output: tensor_info(spec) for output, spec in signature.outputs.items()},
                "method_name": PREDICT_METHOD,
                "defaults": {},
            }
            for key, signature in version.signatures.items()
        }
        return JSONResponse(
            {
                "model_spec": {"name": name, "signature_name": "", "version": str(version.number)},
                "metadata": {"signature_def": {"signature_def": signatures}},
            }
        )

    async def predict(self, request: Request) -> Response:
        """As Predict, in the row or the column format."""
        name, version = self.version_of(request)
        # Before the body is read, of which each may be large.
        if self.in_flight >= IN_FLIGHT * self.rules.waiting:
            raise ServingError(429, f"at most {IN_FLIGHT * self.rules.waiting} requests are read. Received: one more")
        self.in_flight += 1
        try:
            return await self.predicted(request, name, version)
        finally:
            self.in_flight -= 1

    async def predicted(self, request: Request, name: str, version: Version) -> Response:
        """The answer to a request that is read now."""
        try:
            async with asyncio.timeout(self.rules.timeout):
                asked, size = await self.asked(request)
                signature = version.signature(signature_name(asked))
                by_row = "instances" in asked
                given = asked["instances" if by_row else "inputs"]
                inputs = await apart(size, rows_of if by_row else columns_of, given, signature.inputs)
                outputs = await asyncio.wrap_future(self.batches[name].submit(signature, inputs, version.rows))
                size = sum(array.size for array in outputs.values())
                answer = await apart(size, encoded, predictions if by_row else columns, outputs)
        except TimeoutError:
            raise ServingError(
                504, f"a request must be answered within {self.rules.timeout:g} s. Received: one that takes longer"
            ) from None
        return Response(answer, media_type="application/json")

    async def asked(self, request: Request) -> tuple[dict, int]:
        """The body of a request, as an object with instances or inputs, and its size in bytes."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        from_browser = any(name in request.headers for name in FROM_BROWSER)
        if kind != "application/json" and (from_browser or kind not in PLAIN_TYPES):
            raise ServingError(415, f"the content type must be application/json. Received: {kind[:60] or 'none'}")
        body = await self.body(request)
        try:
            asked = await apart(len(body), json.loads, body)
        except (ValueError, RecursionError) as error:
            raise ServingError(400, f"JSON Parse error: {str(error)[:120]}") from None
        if not isinstance(asked, dict) or ("instances" in asked) == ("inputs" in asked):
            raise ServingError(400, "Missing 'inputs' or 'instances' key: the body must be an object with one of them")
        return asked, len(body)

    async def body(self, request: Request) -> bytes:
        """What was sent, unpacked; ServingError where it is too much or packed in another way."""
        packed = request.headers.get("content-encoding", "identity").lower()
        if packed not in ("identity", "gzip"):
            raise ServingError(415, f"the content encoding must be gzip, or none. Received: {packed[:60]}")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self.rules.body_bytes:
            raise self.too_large(length)
        unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None
        found, received = bytearray(), 0
        async for part in request.stream():
            received += len(part)
            if received > self.rules.body_bytes:
                raise self.too_large("more")
            while part:
                if unpack:
                    try:
                        found += unpack.decompress(part, CHUNK)
                    except zlib.error as error:
                        raise ServingError(
                            400, f"the body must be gzip, as its header says. Received: {error}"
                        ) from None
                    if unpack.unused_data:
                        raise ServingError(400, "the body must be one gzip member. Received: more behind it")
                    part = unpack.unconsumed_tail
                else:
                    found += part
                    part = b""
                if len(found) > self.rules.body_bytes:
                    raise self.too_large("more")
        if unpack and not unpack.eof:
            raise ServingError(400, "the body must be gzip, as its header says. Received: a part of it")
        return bytes(found)

    def too_large(self, received: str) -> ServingError:
        """The refusal of a body."""
        return ServingError(413, f"a request must have at most {self.rules.body_bytes} bytes. Received: {received}")


async def apart(size: int, function: Callable, *arguments):
    """What a function gives: of much, which takes long, in a thread, so that others are answered meanwhile."""
    return await run_in_threadpool(function, *arguments) if size > LARGE else function(*arguments)


def encoded(form: Callable[[Mapping], dict], outputs: Mapping) -> bytes:
    """Outputs in a format, as JSON; NaN and Infinity as TensorFlow Serving writes them."""
    return json.dumps(form(outputs)).encode()


def signature_name(asked: Mapping[str, object]) -> str:
    """The signature that is asked for."""
    name = asked.get("signature_name") or DEFAULT
    if not isinstance(name, str):
        raise ServingError(400, "'signature_name' key must be a string value")
    return name


def tensor_info(spec: tf.TensorSpec) -> dict:
    """A tensor as TensorFlow Serving's metadata has it."""
    rank = spec.shape.rank
    sizes = [] if rank is None else spec.shape.as_list()
    return {
        "dtype": f"DT_{spec.dtype.name.replace('float32', 'float').upper()}",
        "tensor_shape": {
            "dim": [{"size": str(-1 if size is None else size), "name": ""} for size in sizes],
            "unknown_rank": rank is None,
        },
        "name": spec.name or "",
    }


def refused(error: ServingError) -> Response:
    """The answer of an error."""
    headers = {"Retry-After": "1"} if error.status == 429 else {}
    # A half of a surrogate pair, which JSON may hold, is no text that could be sent back.
    message = error.message.encode("utf-8", "replace").decode()
    return JSONResponse({"error": message}, error.status, headers)
