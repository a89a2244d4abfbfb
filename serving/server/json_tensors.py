"""Tensors in JSON as TensorFlow Serving's REST API writes them: row and column format, bytes as base64."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from serving.server.errors import ServingError

# Names of outputs that are bytes end so (api_rest.md, "Encoding binary values").
BYTES = "_bytes"
SHOWN = 60
# Lists within lists: a batch of images has four.
DEEPEST = 8


def rows_of(instances: object, specs: Mapping[str, tf.TensorSpec]) -> dict[str, np.ndarray]:
    """The inputs of the row format.

    Args:
        instances: a list with an object of inputs for each row; where there is one input, its values will do.
        specs: of the inputs.
    """
    if not isinstance(instances, list) or not instances:
        raise ServingError(400, f"'instances' must be a list with at least one row. Received: {shown(instances)}")
    (only, *others) = specs
    columns = {name: [] for name in specs}
    for place, row in enumerate(instances):
        if not is_object(row):
            if others:
                raise ServingError(
                    400, f"row {place} of 'instances' must be an object of {', '.join(specs)}. Received: {shown(row)}"
                )
            row = {only: row}
        check_names(row, specs, f"row {place} of 'instances'")
        for name, value in row.items():
            columns[name].append(value)
    return {name: array_of(name, column, specs[name]) for name, column in columns.items()}


def columns_of(inputs: object, specs: Mapping[str, tf.TensorSpec]) -> dict[str, np.ndarray]:
    """The inputs of the column format: an object of arrays or, where there is one input, its array."""
    if not is_object(inputs):
        (only, *others) = specs
        if others:
            raise ServingError(400, f"'inputs' must be an object of {', '.join(specs)}. Received: {shown(inputs)}")
        inputs = {only: inputs}
    check_names(inputs, specs, "'inputs'")
    for name, value in inputs.items():
        if not isinstance(value, list):
            raise ServingError(400, f"{name} must be a list with a value for each row. Received: {shown(value)}")
    return {name: array_of(name, value, specs[name]) for name, value in inputs.items()}


def is_object(value: object) -> bool:
    """Whether it is an object of inputs, not bytes in base64."""
    return isinstance(value, dict) and value.keys() != {"b64"}


def check_names(given: Mapping[str, object], specs: Mapping[str, tf.TensorSpec], where: str):
    """ServingError unless these are the inputs."""
    if given.keys() != specs.keys():
        received = ", ".join(map(str, given)) or "nothing"
        raise ServingError(400, f"{where} must have the inputs {', '.join(specs)}. Received: {received[:SHOWN]}")


def array_of(name: str, value: object, spec: tf.TensorSpec) -> np.ndarray:
    """An input as an array of its type: of strings as an array of bytes objects."""
    if spec.dtype == tf.string:
        shape = shape_of(value)
        flat = list(flattened(value, len(shape)))
        found = np.empty(len(flat), object)
        found[:] = [bytes_of(name, one) for one in flat]
        return checked_shape(name, found, shape)
    shape = shape_of(value)
    flat = list(flattened(value, len(shape)))
    kind = spec.dtype.as_numpy_dtype
    for one in flat:
        check_number(name, one, spec.dtype)
    try:
        return checked_shape(name, np.array(flat, kind), shape)
    except OverflowError:
        raise ServingError(400, f"{name} must hold values of {spec.dtype.name}. Received: one out of range") from None


def check_number(name: str, value: object, dtype: tf.DType):
    """ServingError unless it is a number of the type; booleans are none."""
    right = isinstance(value, int) or (dtype.is_floating and isinstance(value, float))
    if isinstance(value, bool) or not right:
        raise ServingError(400, f"{name} must hold values of {dtype.name}. Received: {shown(value)}")
    if dtype.is_integer and not dtype.min <= value <= dtype.max:
        raise ServingError(400, f"{name} must hold values of {dtype.name}. Received: {shown(value)}")


def shape_of(value: object) -> list[int]:
    """The shape of nested lists, by the first of each."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > DEEPEST:
            raise ServingError(400, f"lists must be at most {DEEPEST} deep. Received: deeper ones")
        if not value:
            break
        value = value[0]
    return shape


def flattened(value: object, depth: int):
    """The values of nested lists."""
    if depth == 0 or not isinstance(value, list):
        yield value
        return
    for one in value:
        yield from flattened(one, depth - 1)


def checked_shape(name: str, flat: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The values in their shape; ServingError where the lists are of different lengths."""
    if flat.size != np.prod(shape, dtype=np.int64):
        raise ServingError(400, f"{name} must be lists of the same lengths. Received: {flat.size} values, not {shape}")
    return flat.reshape(shape)


def bytes_of(name: str, value: object) -> bytes:
    """A string: text in UTF-8, or bytes in base64."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and isinstance(value.get("b64"), str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ServingError(
                400, f"{name} must be base64 in b64. Received: {shown(value['b64'])} ({error})"
            ) from None
    raise ServingError(400, f'{name} must be a text or {{"b64": "..."}}. Received: {shown(value)}')


def predictions(outputs: Mapping[str, np.ndarray]) -> dict:
    """The answer to the row format: a list with an object for each row or, of one output, its values."""
    columns = {name: plain(name, array) for name, array in outputs.items()}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]}


def columns(outputs: Mapping[str, np.ndarray]) -> dict:
    """The answer to the column format: an object of arrays or, of one output, its array."""
    found = {name: plain(name, array) for name, array in outputs.items()}
    return {"outputs": next(iter(found.values())) if len(found) == 1 else found}


def plain(name: str, array: np.ndarray) -> list:
    """An array as JSON has it."""
    if array.dtype != object:
        # The decimals of a float32, not those of the double that it becomes.
        return np.char.mod("%s", array).astype(float).tolist() if array.dtype == np.float32 else array.tolist()
    encode = (lambda value: {"b64": base64.b64encode(value).decode()}) if name.endswith(BYTES) else bytes.decode
    flat = [encode(value) for value in array.ravel()]
    return np.array(flat, object).reshape(array.shape).tolist()


def shown(value: object) -> str:
    """A value of JSON, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "lists within lists"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
