"""TensorFlow Serving's gRPC Predict, by the package tensorflow-serving-api: the same models, queues and limits."""

import concurrent.futures
import math
import time

import numpy as np
import tensorflow as tf

from serving.server.errors import ServingError
from serving.server.rest import DEFAULT, Rest
from serving.server.served import served_version

# Requests that are looked at at once; what computes them is one thread a model.
THREADS = 16
# Of HTTP, as gRPC says it.
CODES = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    413: "RESOURCE_EXHAUSTED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def is_there() -> bool:
    """Whether the packages are installed."""
    try:
        import tensorflow_serving.apis.prediction_service_pb2_grpc  # noqa: F401
    except ImportError:
        return False
    return True


def grpc_server(rest: Rest, address: str):
    """A server of Predict and GetModelMetadata, which `start` begins; and its port, 0 if the address is not free.

    Args:
        rest: whose models it serves.
        address: host:port; of port 0, any that is free.
    """
    import grpc
    from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        """See prediction_service.proto."""

        def Predict(self, request, context):  # noqa: N802 - named by the protocol
            """The outputs of a signature, those that `output_filter` names."""
            start, status, name = time.monotonic(), 200, request.model_spec.name
            try:
                return self.answer(request, context)
            except ServingError as error:
                status = error.status
                context.abort(getattr(grpc.StatusCode, CODES.get(status, "INTERNAL")), error.message)
            finally:
                rest.count(name if name in rest.models else "", status, time.monotonic() - start)

        def answer(self, request, context):
            """The same; ServingError where it is refused."""
            name, version = served_version(rest.models, *asked_of(request.model_spec))
            signature = version.signature(request.model_spec.signature_name or DEFAULT)
            if set(request.inputs) != signature.inputs.keys():
                received = ", ".join(sorted(request.inputs)) or "nothing"
                raise ServingError(400, f"the inputs must be {', '.join(signature.inputs)}. Received: {received[:200]}")
            inputs = {key: array_of(key, value, signature.inputs[key]) for key, value in request.inputs.items()}
            wanted = list(request.output_filter) or list(signature.outputs)
            if unknown := [key for key in wanted if key not in signature.outputs]:
                accepted = f"output_filter must name {', '.join(signature.outputs)}"
                raise ServingError(400, f"{accepted}. Received: {unknown[0][:60]}")
            future = rest.batches[name].submit(signature, inputs, version.rows)
            # A request that its client has given up is not computed.
            context.add_callback(future.cancel)
            try:
                outputs = future.result(rest.rules.timeout)
            except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
                future.cancel()
                raise ServingError(504, f"no answer within {rest.rules.timeout:g} s") from None
            found = predict_pb2.PredictResponse()
            found.model_spec.name, found.model_spec.signature_name = name, signature.name
            found.model_spec.version.value = version.number
            for key in wanted:
                found.outputs[key].CopyFrom(tf.make_tensor_proto(outputs[key]))
            return found

        def GetModelMetadata(self, request, context):  # noqa: N802
            """The signatures."""
            try:
                name, version = served_version(rest.models, *asked_of(request.model_spec))
            except ServingError as error:
                context.abort(grpc.StatusCode.NOT_FOUND, error.message)
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.model_spec.name = name
            answer.model_spec.version.value = version.number
            found = get_model_metadata_pb2.SignatureDefMap()
            for key, definition in version.definitions().items():
                found.signature_def[key].CopyFrom(definition)
            answer.metadata["signature_def"].Pack(found)
            return answer

    # By default two servers could share a port, and each would get some of the requests.
    options = [("grpc.max_receive_message_length", rest.rules.body_bytes), ("grpc.so_reuseport", 0)]
    threads = concurrent.futures.ThreadPoolExecutor(THREADS)
    server = grpc.server(threads, options=options, maximum_concurrent_rpcs=rest.rules.waiting)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    try:
        return server, server.add_insecure_port(address)
    except RuntimeError:
        return server, 0


def array_of(name: str, tensor, spec: tf.TensorSpec) -> np.ndarray:
    """An input as an array; ServingError where it is of another type, or says that it has more values than it holds."""
    if tensor.dtype != spec.dtype.as_datatype_enum:
        received = tf.dtypes.as_dtype(tensor.dtype).name if tensor.dtype else "no type"
        raise ServingError(400, f"{name} must be of {spec.dtype.name}. Received: {received}")
    sizes = [dimension.size for dimension in tensor.tensor_shape.dim]
    # One value may stand for any number of the same ones; each has a byte at least here.
    if not sizes or min(sizes) < 0 or math.prod(sizes) > tensor.ByteSize():
        raise ServingError(400, f"{name} must have rows, and hold a value for each place. Received: the shape {sizes}")
    try:
        return tf.make_ndarray(tensor)
    except (TypeError, ValueError) as error:
        raise ServingError(400, f"{name} must be a whole tensor. Received: {str(error)[:200]}") from None


def asked_of(spec) -> tuple[str, int | None]:
    """The name and the version that a `ModelSpec` asks for."""
    return spec.name, spec.version.value if spec.HasField("version") else None
