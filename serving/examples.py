"""One request of each signature: to warm up a server, and to show how the model is asked."""

import base64
import json
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from serving.limits import Limits
from serving.sampler import Sampler

CAPTION = "a small yellow bird with a black crown"
# Of a picture that is translated, where any size is.
SIDE = 64
# Servers leave this folder of a SavedModel alone: it is for files of its users. TensorFlow Serving alone reads one of
# them, the first of these, and runs what is in it before it takes requests.
EXTRA = "assets.extra"
WARMUP, REQUESTS = "tf_serving_warmup_requests", "requests"

Request = Mapping[str, np.ndarray]


def examples(sampler: Sampler, limits: Limits) -> dict[str, Request]:
    """By signature, a request of one row: input name to (1, ...) array, of strings (1,) bytes objects."""
    return {
        name: {spec.name: value_of(spec, limits)[np.newaxis] for spec in specs}
        for name, (_, specs) in sampler.signatures().items()
    }


def value_of(spec: tf.TensorSpec, limits: Limits) -> np.ndarray:
    """One row of an input."""
    shape = [size or min(SIDE, limits.side) for size in spec.shape.as_list()[1:]]
    if spec.name.endswith("captions"):
        return np.array(CAPTION[: limits.caption_bytes].encode(), object)
    if spec.name == "image_bytes":
        side = min(SIDE, limits.side)
        return np.array(tf.io.encode_png(gradient(side, side, 3)).numpy(), object)
    if spec.dtype == tf.uint8:
        return gradient(*shape)
    if spec.dtype == tf.int32:
        return np.array(0, np.int32)
    return np.asarray(np.random.default_rng(0).normal(size=shape), np.float32).round(3)


def gradient(height: int, width: int, channels: int) -> np.ndarray:
    """(height, width, channels) uint8: from black to white, downwards."""
    tones = np.linspace(0, 255, height).astype(np.uint8)
    return np.broadcast_to(tones[:, np.newaxis, np.newaxis], (height, width, channels)).copy()


def body(name: str, request: Request) -> str:
    """A request as JSON in the row format of TensorFlow Serving's REST API."""
    rows = [{key: plain(value[0]) for key, value in request.items()}]
    return json.dumps({"signature_name": name, "instances": rows})


def plain(value) -> object:
    """One value as JSON has it; bytes that may be no text as base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"b64": base64.b64encode(value).decode()}
    # As text first: the decimals of a float32, not those of the double that it becomes.
    return np.char.mod("%s", value).astype(float).tolist() if value.dtype == np.float32 else value.tolist()


def warmup_records(requests: Mapping[str, Request], model: str) -> list[bytes] | None:
    """The requests as TensorFlow Serving's warm-up file has them; None without the package tensorflow-serving-api."""
    try:
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError:
        return None
    records = []
    for name, request in requests.items():
        log = prediction_log_pb2.PredictionLog()
        asked = log.predict_log.request
        asked.model_spec.name, asked.model_spec.signature_name = model, name
        for key, value in request.items():
            asked.inputs[key].CopyFrom(tf.make_tensor_proto(value))
        records.append(log.SerializeToString())
    return records
