"""The server as its clients meet it: over a socket, by the bytes of HTTP."""

import base64
import concurrent.futures
import contextlib
import gzip
import http.client
import io
import json
import socket
import threading
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
import uvicorn
from PIL import Image

from pipelines.readers.decode import decode_rgb
from serving.export import export
from serving.guide import About
from serving.images import TranslationSampler, Translator
from serving.latents import LatentSampler
from serving.limits import Limits
from serving.server.rest import Rest, Rules
from serving.server.served import ServedModel

LIMITS = Limits(rows=8, side=40, file_bytes=6000)
LABELED, TRANSLATING = "/v1/models/cgan", "/v1/models/pix2pix"


class Running:
    """A server in a thread of this process.

    Args:
        models: that it serves.
        rules: of it.
    """

    def __init__(self, models, rules):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.rest = Rest(models, rules)
        self.server = uvicorn.Server(uvicorn.Config(self.rest.app(), log_level="warning", lifespan="on"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def ask(self, method, path, body=None, **headers):
        """(status, what was answered: JSON, or text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            if isinstance(body, (dict, list)):
                body, names = json.dumps(body), {"Content-Type": "application/json"} | names
            connection.request(method, path, body, names)
            response = connection.getresponse()
            content = response.read()
            is_json = response.getheader("content-type", "").startswith("application/json")
            return response.status, json.loads(content) if is_json else content.decode()

    def predict(self, path, **asked):
        """The answer to a request that is right."""
        status, answer = self.ask("POST", f"{path}:predict", asked)
        assert status == 200, answer
        return answer

    def stop(self):
        """End, as SIGTERM does."""
        self.server.should_exit = True
        self.thread.join()
        self.rest.stop()


def file_of(width, height, kind="png"):
    file = io.BytesIO()
    noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


def b64(content):
    return {"b64": base64.b64encode(content).decode()}


def labeled_sampler(brightness=0.0):
    """A generator of 4 classes whose pictures are noise of the seed."""
    inputs = {"latent": keras.Input([12], name="latent"), "label": keras.Input([], dtype="int32", name="label")}
    rows = keras.layers.Embedding(4, 12)
    image = keras.layers.Reshape([2, 2, 3])(keras.layers.Add()([inputs["latent"], rows(inputs["label"])]))
    rows.set_weights([np.full((4, 12), brightness) + np.arange(4)[:, np.newaxis] / 9])
    return LatentSampler(
        keras.Model(inputs, image), lambda count, seed: tf.random.stateless_normal((count, 12), seed) / 3, 4
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folders of two exports."""
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image))
    folder = tmp_path_factory.mktemp("served")
    export(labeled_sampler(), folder / "cgan", About("cgan", limits=LIMITS))
    export(TranslationSampler({"AtoB": Translator(network, 8)}), folder / "pix2pix", About("pix2pix", limits=LIMITS))
    return {name: folder / name for name in ("cgan", "pix2pix")}


@pytest.fixture(scope="module")
def server(folders):
    running = Running(
        {name: ServedModel(folder) for name, folder in folders.items()}, Rules(body_bytes=200_000, timeout=30.0)
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def direct(folders):
    """The signatures of the labeled model, in this process."""
    return tf.saved_model.load(str(folders["cgan"] / "1")).signatures


def drawn(direct, labels, seeds):
    files = direct["serving_default"](label=tf.constant(labels), seed=tf.constant(seeds))["png_bytes"].numpy()
    return [b64(file) for file in files]


def test_every_byte_of_a_picture_comes_through_json_in_both_formats(server, direct):
    labels, seeds = [0, 3, 1], [7, 7, -2]
    wanted = drawn(direct, labels, seeds)
    rows = [{"label": label, "seed": seed} for label, seed in zip(labels, seeds, strict=True)]
    assert server.predict(LABELED, instances=rows) == {"predictions": wanted}
    assert server.predict(LABELED, inputs={"label": labels, "seed": seeds}) == {"outputs": wanted}
    assert server.predict(f"{LABELED}/versions/1", instances=rows) == {"predictions": wanted}
    pixels = server.predict(LABELED, signature_name="pixels", instances=rows)["predictions"]
    for png, image in zip(wanted, pixels, strict=True):
        np.testing.assert_array_equal(Image.open(io.BytesIO(base64.b64decode(png["b64"]))), image)


def test_a_picture_goes_in_as_base64_and_comes_out_so(server):
    files = [file_of(9, 5), file_of(30, 40), file_of(8, 8)]
    # Of one input, values will do.
    for instances in ([b64(file) for file in files], [{"image_bytes": b64(file)} for file in files]):
        answers = server.predict(TRANSLATING, instances=instances)["predictions"]
        for file, answer in zip(files, answers, strict=True):
            negative = 255 - np.asarray(Image.open(io.BytesIO(file)))
            np.testing.assert_array_equal(Image.open(io.BytesIO(base64.b64decode(answer["b64"]))), negative)


def test_floats_come_back_as_they_were(server, direct):
    latent = np.random.default_rng(0).normal(size=(2, 12)).astype(np.float32)
    asked = {"latent": latent.tolist(), "label": [1, 2]}
    found = server.predict(LABELED, signature_name="latent_and_label", inputs=asked)["outputs"]
    wanted = direct["latent_and_label"](latent=tf.constant(latent), label=tf.constant([1, 2]))["png_bytes"].numpy()
    assert found == [b64(file) for file in wanted]


def test_numbers_come_back_as_they_were(tmp_path):
    latent = keras.Input([3], name="latent")
    network = keras.Model({"latent": latent}, keras.layers.Rescaling(1.0)(latent))
    sampler = LatentSampler(network, lambda count, seed: tf.random.stateless_normal((count, 3), seed), output="points")
    export(sampler, tmp_path / "points", About("points"))
    running = Running({"points": ServedModel(tmp_path / "points")}, Rules())
    try:
        points = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
        asked = {"signature_name": "latent", "instances": points.tolist()}
        found = running.predict("/v1/models/points", **asked)["predictions"]
        np.testing.assert_array_equal(np.array(found, np.float32), points)
        # The shortest decimals of a float32, not those of the double that it becomes.
        assert max(len(str(number)) for row in found for number in row) < 16
    finally:
        running.stop()


def test_a_model_tells_its_state_and_its_signatures(server):
    state = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in (LABELED, f"{LABELED}/versions/1"):
        assert server.ask("GET", path) == (200, {"model_version_status": [state]})
    status, told = server.ask("GET", f"{LABELED}/metadata")
    assert status == 200
    assert told["model_spec"] == {"name": "cgan", "signature_name": "", "version": "1"}
    signatures = told["metadata"]["signature_def"]["signature_def"]
    names = ["serving_default", "between", "latent_and_label"]
    assert set(signatures) == {*names, "pixels", *(f"{name}_pixels" for name in names[1:])}
    latent = signatures["latent_and_label"]["inputs"]["latent"]
    assert latent["dtype"] == "DT_FLOAT"
    sizes = [{"size": "-1", "name": ""}, {"size": "12", "name": ""}]
    assert latent["tensor_shape"] == {"dim": sizes, "unknown_rank": False}
    assert signatures["serving_default"]["outputs"]["png_bytes"]["dtype"] == "DT_STRING"


ROW = {"label": 0, "seed": 1}


def nested(depth):
    """Lists within lists."""
    value = 1
    for _ in range(depth):
        value = [value]
    return value


REFUSED = [
    ({"instances": [{"label": 9, "seed": 1}]}, "label must be 0 to 3. Received: 9 in row 0"),
    ({"instances": [ROW] * 9}, "seed must have at most 8 rows. Received: 9"),
    ({"instances": [ROW, {"label": 0}]}, "row 1 of 'instances' must have the inputs label, seed. Received: label"),
    ({"instances": [3]}, "row 0 of 'instances' must be an object of label, seed. Received: 3"),
    ({"instances": []}, "'instances' must be a list with at least one row. Received: []"),
    ({"instances": [{"label": 0.5, "seed": 1}]}, "label must hold values of int32. Received: 0.5"),
    ({"instances": [{"label": "0", "seed": 1}]}, 'label must hold values of int32. Received: "0"'),
    ({"instances": [{"label": True, "seed": 1}]}, "label must hold values of int32. Received: true"),
    ({"instances": [{"label": 0, "seed": 2**31}]}, "seed must hold values of int32. Received: 2147483648"),
    ({"instances": [{"label": [0], "seed": 1}]}, "label must have the shape (B,). Received: [1 1]"),
    ({"inputs": {"label": [0, 1], "seed": [1]}}, "label must have as many rows as seed, 1. Received: 2"),
    (
        {"inputs": {"label": [[0, 1], [2]], "seed": [1, 2]}},
        "label must be lists of the same lengths. Received: 3 values",
    ),
    ({"inputs": {"label": 3, "seed": [1]}}, "label must be a list with a value for each row. Received: 3"),
    ({"instances": [{"label": nested(70), "seed": 1}]}, "lists must be at most 8 deep. Received: deeper ones"),
    ({"instances": [{"label": "\ud800", "seed": 1}]}, "label must hold values of int32"),
    ({"instances": [{"label\ud800": 1}]}, "must have the inputs label, seed"),
    ({"inputs": {"label": [0]}}, "'inputs' must have the inputs label, seed. Received: label"),
    ({"inputs": 3}, "'inputs' must be an object of label, seed. Received: 3"),
    ({"inputs": {}, "instances": []}, "Missing 'inputs' or 'instances' key"),
    ([1], "Missing 'inputs' or 'instances' key"),
    ({"signature_name": 3, "inputs": {}}, "'signature_name' key must be a string value"),
]


@pytest.mark.parametrize(("asked", "sentence"), REFUSED)
def test_a_bad_request_gets_400_and_one_sentence(server, asked, sentence):
    status, answer = server.ask("POST", f"{LABELED}:predict", asked)
    assert (status, list(answer)) == (400, ["error"])
    assert sentence in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture", "image_bytes must be image files. Received: another kind of file in row 0"),
        (b"", "image_bytes must be image files. Received: an empty file in row 0"),
        (file_of(9, 9)[:-30], "image_bytes must be whole image files. Received: "),
        (file_of(9, 9, "jpeg")[:200], "Received: "),
        (file_of(40, 40) + bytes(6000), "image_bytes must have at most 6000 bytes each. Received: "),
        (file_of(41, 3), "image_bytes must have sides of 1 to 40 pixels. Received: 41 x 3 in row 0"),
    ],
)
def test_a_bad_file_gets_400(server, content, sentence):
    status, answer = server.ask("POST", f"{TRANSLATING}:predict", {"instances": [b64(content)]})
    assert status == 400
    assert sentence in answer["error"]
    assert 0 < len(answer["error"]) < 600
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("kind", ["gif", "bmp", "webp", "tiff"])
def test_files_that_the_graph_does_not_read_are_read_as_in_sampling(server, kind, tmp_path):
    (tmp_path / "file").write_bytes(file_of(9, 5, kind))
    (answer,) = server.predict(TRANSLATING, instances=[b64(file_of(9, 5, kind))])["predictions"]
    wanted = 255 - decode_rgb(str(tmp_path / "file"))
    np.testing.assert_array_equal(Image.open(io.BytesIO(base64.b64decode(answer["b64"]))), wanted)


def test_files_of_any_sizes_and_the_bad_one_among_them(server):
    good = [b64(file_of(width, 5)) for width in (9, 7, 9)]
    status, answer = server.ask("POST", f"{TRANSLATING}:predict", {"instances": [*good, b64(b"bad")]})
    assert (status, answer["error"]) == (
        400,
        "image_bytes must be image files. Received: another kind of file in row 3",
    )
    status, answer = server.ask("POST", f"{TRANSLATING}:predict", {"instances": good * 3})
    assert (status, answer["error"]) == (400, "image_bytes must have at most 8 rows. Received: 9")


def test_what_is_not_served_gets_404(server):
    for method, path, part in (
        ("GET", "/v1/models/gan", "served are cgan version 1, pix2pix version 1. Received: gan"),
        ("GET", f"{LABELED}/versions/2", "Received: cgan version 2"),
        ("GET", f"{LABELED}/versions/{'9' * 5000}", "Received: cgan version -1"),
        ("POST", f"{LABELED}/versions/2:predict", "Received: cgan version 2"),
        ("GET", "/v2/models", "Malformed request"),
        ("DELETE", LABELED, "Malformed request"),
    ):
        status, answer = server.ask(method, path, {} if method == "POST" else None)
        assert status == 404
        assert part in answer["error"]
    status, answer = server.ask("POST", f"{LABELED}:predict", {"signature_name": "draw", "instances": [ROW]})
    assert status == 404
    assert "must be one of between, between_pixels, latent_and_label, " in answer["error"]


def test_bodies_are_limited_and_of_json(server):
    path, good = f"{LABELED}:predict", json.dumps({"instances": [ROW]})
    json_type = {"Content_Type": "application/json"}
    assert server.ask("POST", path, " " * 200_001, **json_type)[0] == 413
    # Bombs: 300 bytes that become 300 kB, and a chunked body of no stated length.
    assert server.ask("POST", path, gzip.compress(b" " * 300_000), Content_Encoding="gzip", **json_type)[0] == 413
    assert server.ask("POST", path, iter([b" " * 150_000] * 2), **json_type)[0] == 413
    assert server.ask("POST", path, gzip.compress(good.encode()), Content_Encoding="gzip", **json_type)[0] == 200
    assert server.ask("POST", path, gzip.compress(good.encode())[:-9], Content_Encoding="gzip", **json_type)[0] == 400
    assert server.ask("POST", path, b"no gzip", Content_Encoding="gzip", **json_type)[0] == 400
    # What lies behind the end is neither kept nor passed over.
    tail = gzip.compress(good.encode()) + gzip.compress(b" " * 9)
    assert server.ask("POST", path, tail, Content_Encoding="gzip", **json_type)[0] == 400
    assert server.ask("POST", path, good, Content_Encoding="br", **json_type)[0] == 415
    assert server.ask("POST", path, good, Content_Type="text/plain")[0] == 415
    for body in ("", "{", "[" * 10_000, "\xff"):
        status, answer = server.ask("POST", path, body.encode("latin-1"), **json_type)
        assert (status, answer["error"][:16]) == (400, "JSON Parse error")


def test_other_web_pages_cannot_ask(server):
    path, good = f"{LABELED}:predict", json.dumps({"instances": [ROW]})
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    # As curl does, which names no origin.
    assert server.ask("POST", path, good, **form)[0] == 200
    assert server.ask("POST", path, good, Sec_Fetch_Site="cross-site", **form)[0] == 415
    for headers in ({"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {"Host": "elsewhere.example"}):
        assert server.ask("POST", path, {"instances": [ROW]}, **headers)[0] == 403
    own = f"http://127.0.0.1:{server.port}"
    assert server.ask("POST", path, {"instances": [ROW]}, Origin=own)[0] == 200


def test_many_clients_are_answered_together_each_with_its_own(server, direct):
    seeds = list(range(40))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = pool.map(lambda seed: server.predict(LABELED, instances=[{"label": seed % 4, "seed": seed}]), seeds)
        found = [answer["predictions"][0] for answer in asked]
    assert found == drawn(direct, [seed % 4 for seed in seeds[:8]], seeds[:8]) + [
        file
        for start in range(8, 40, 8)
        for file in drawn(direct, [s % 4 for s in seeds[start : start + 8]], seeds[start : start + 8])
    ]


def test_the_server_counts(server):
    status, text = server.ask("GET", "/metrics")
    assert status == 200
    assert 'requests_total{model="cgan",status="200"}' in text
    assert 'batch_rows_count{model="cgan"}' in text
    assert server.ask("GET", "/monitoring/prometheus/metrics")[0] == 200
    assert server.ask("GET", "/healthz") == (200, "ok\n")


def test_a_newer_version_is_served_once_it_is_whole(folders, tmp_path, monkeypatch):
    monkeypatch.setattr("serving.server.served.LOOK_EVERY", 0.05)
    folder = tmp_path / "cgan"
    export(labeled_sampler(), folder, About("cgan", limits=LIMITS))
    running = Running({"cgan": ServedModel(folder)}, Rules())
    try:
        before = running.predict(LABELED, instances=[ROW])
        # One that is damaged is left alone.
        (folder / "2").mkdir()
        (folder / "2" / "saved_model.pb").write_bytes(b"damaged")
        time.sleep(0.3)
        assert running.predict(LABELED, instances=[ROW]) == before
        assert export(labeled_sampler(0.5), folder, About("cgan", limits=LIMITS)) == folder / "3"
        end = time.monotonic() + 30
        while running.ask("GET", f"{LABELED}/versions/3")[0] != 200 and time.monotonic() < end:
            time.sleep(0.05)
        assert running.predict(LABELED, instances=[ROW]) != before
        assert running.ask("GET", f"{LABELED}/versions/1")[0] == 404
    finally:
        running.stop()


class Slow(ServedModel):
    """A model whose calls wait until they may go on."""

    def __init__(self, folder):
        super().__init__(folder)
        self.may_go_on, self.calls = threading.Event(), []
        for name, signature in self.version.signatures.items():
            self.version.signatures[name] = self.waiting(signature)

    def waiting(self, signature):
        def call(inputs):
            self.calls.append(len(inputs["label"]))
            self.may_go_on.wait(30)
            return signature(inputs)

        call.inputs = signature.inputs
        return call


@pytest.fixture
def slow(folders):
    model = Slow(folders["cgan"])
    running = Running({"cgan": model}, Rules(waiting=3, timeout=20.0))
    yield model, running
    model.may_go_on.set()
    running.stop()


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_comes_meanwhile_is_put_together_and_what_is_too_much_is_refused(slow, direct):
    model, running = slow
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(running.ask, "POST", f"{LABELED}:predict", {"instances": [ROW]})]
        until(lambda: model.calls == [1])
        asked += [
            pool.submit(running.ask, "POST", f"{LABELED}:predict", {"instances": [{"label": label, "seed": 1}]})
            for label in (1, 2, 9)
        ]
        until(lambda: len(running.rest.batches["cgan"]) == 3)
        status, answer = running.ask("POST", f"{LABELED}:predict", {"instances": [ROW]})
        assert (status, answer["error"]) == (429, "at most 3 requests wait. Received: one more")
        model.may_go_on.set()
        answers = [one.result() for one in asked]
    # A bad one among them spoils no other.
    assert [status for status, _ in answers] == [200, 200, 200, 400]
    wanted = drawn(direct, [0, 1, 2], [1, 1, 1])
    assert [answer["predictions"][0] for _, answer in answers[:3]] == wanted
    assert model.calls[:2] == [1, 3]


def test_stopping_answers_what_was_accepted(slow):
    model, running = slow
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(running.ask, "POST", f"{LABELED}:predict", {"instances": [ROW]})]
        until(lambda: model.calls == [1])
        asked += [pool.submit(running.ask, "POST", f"{LABELED}:predict", {"instances": [ROW]}) for _ in range(2)]
        until(lambda: len(running.rest.batches["cgan"]) == 2)
        running.server.should_exit = True
        time.sleep(0.3)
        model.may_go_on.set()
        assert [one.result()[0] for one in asked] == [200] * 3


def test_what_takes_too_long_is_given_up(folders):
    model = Slow(folders["cgan"])
    running = Running({"cgan": model}, Rules(timeout=0.3))
    try:
        status, answer = running.ask("POST", f"{LABELED}:predict", {"instances": [ROW]})
        assert (status, answer["error"][:39]) == (504, "a request must be answered within 0.3 s")
        # A client that sends its body slowly holds nothing up.
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            head = f"POST {LABELED}:predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            client.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
            assert b" 504 " in client.recv(1000).split(b"\r\n")[0]
    finally:
        model.may_go_on.set()
        running.stop()
