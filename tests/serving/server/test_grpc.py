"""A client that knows TensorFlow Serving's protocol alone, by its official stubs."""

import pytest
import tensorflow as tf

from serving.server.rest import Rest, Rules
from serving.server.served import ServedModel
from tests.serving.server.test_rest import direct, file_of, folders  # noqa: F401 - fixtures

grpc = pytest.importorskip("grpc")
predict_pb2 = pytest.importorskip("tensorflow_serving.apis.predict_pb2")
get_model_metadata_pb2 = pytest.importorskip("tensorflow_serving.apis.get_model_metadata_pb2")
prediction_service_pb2_grpc = pytest.importorskip("tensorflow_serving.apis.prediction_service_pb2_grpc")


@pytest.fixture(scope="module")
def stub(folders):  # noqa: F811
    from serving.server.grpc_api import grpc_server

    rest = Rest({name: ServedModel(folder) for name, folder in folders.items()}, Rules())
    server, port = grpc_server(rest, "127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)
    server.stop(5).wait()
    rest.stop()


def asked(model, inputs, signature="", version=None, outputs=()):
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = model, signature
    if version is not None:
        request.model_spec.version.value = version
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_it_gets_the_same_pixels(stub, direct):  # noqa: F811
    inputs = {"label": [0, 3, 1], "seed": [7, 7, -2]}
    given = {name: tf.constant(value) for name, value in inputs.items()}
    for signature, output in (("", "png_bytes"), ("pixels", "images")):
        answer = stub.Predict(asked("cgan", inputs, signature))
        assert (answer.model_spec.name, answer.model_spec.version.value) == ("cgan", 1)
        wanted = direct[signature or "serving_default"](**given)[output].numpy()
        assert (tf.make_ndarray(answer.outputs[output]) == wanted).all()
    files = [file_of(9, 5), file_of(8, 8)]
    pngs = tf.make_ndarray(stub.Predict(asked("pix2pix", {"image_bytes": files})).outputs["png_bytes"])
    for file, png in zip(files, pngs, strict=True):
        assert (tf.io.decode_png(png) == 255 - tf.io.decode_png(file)).numpy().all()


@pytest.mark.parametrize(
    ("request_of", "code", "sentence"),
    [
        (lambda: asked("cgan", {"label": [9], "seed": [1]}), "INVALID_ARGUMENT", "label must be 0 to 3. Received: 9"),
        (lambda: asked("cgan", {"seed": [1]}), "INVALID_ARGUMENT", "the inputs must be label, seed. Received: seed"),
        (lambda: asked("gan", {"seed": [1]}), "NOT_FOUND", "Servable not found: served are cgan version 1"),
        (lambda: asked("cgan", {"label": [1], "seed": [1]}, version=2), "NOT_FOUND", "Received: cgan version 2"),
        (lambda: asked("cgan", {"label": [1], "seed": [1]}, "draw"), "NOT_FOUND", "must be one of between, "),
        (
            lambda: asked("cgan", {"label": [1], "seed": [1]}, outputs=["png"]),
            "INVALID_ARGUMENT",
            "output_filter must name png_bytes. Received: png",
        ),
    ],
)
def test_a_refusal_has_a_code_and_the_sentence(stub, request_of, code, sentence):
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(request_of())
    assert error.value.code() == grpc.StatusCode[code]
    assert sentence in error.value.details()


def tensor(dtype, sizes, **values):
    """A tensor as no stub of TensorFlow would write it."""
    made = tf.make_tensor_proto(0)
    made.Clear()
    made.dtype = dtype
    for size in sizes:
        made.tensor_shape.dim.add().size = size
    for name, some in values.items():
        getattr(made, name).extend(some)
    return made


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        # A value that stands for billions of the same ones.
        (tensor(3, [2**31], int_val=[1]), "label must have rows, and hold a value for each place"),
        (tensor(3, [-1], int_val=[1]), "label must have rows"),
        (tf.make_tensor_proto(1), "label must have rows, and hold a value for each place. Received: the shape []"),
        (tf.make_tensor_proto([2**32 + 1], tf.int64), "label must be of int32. Received: int64"),
        (tf.make_tensor_proto([1.7]), "label must be of int32. Received: float32"),
        (tf.make_tensor_proto(["1"]), "label must be of int32. Received: string"),
        (tensor(0, [1]), "label must be of int32. Received: no type"),
    ],
)
def test_a_tensor_is_what_it_says_it_is(stub, label, sentence):
    request = asked("cgan", {"seed": [1]})
    request.inputs["label"].CopyFrom(label)
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(request)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert sentence in error.value.details()


def test_it_asks_for_the_signatures(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "cgan"
    answer = stub.GetModelMetadata(request)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(found)
    assert set(found.signature_def["serving_default"].inputs) == {"label", "seed"}
