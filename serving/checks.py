"""What comes to a served model is looked at inside its graph, before anything is decoded or computed.

A server shows a client what TensorFlow says, so each refusal is one sentence: the input, what is accepted, what came,
and in which row.
"""

import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from serving.files import kinds, sides
from serving.limits import Limits


def guarded(
    function: Callable[..., dict[str, tf.Tensor]],
    specs: Sequence[tf.TensorSpec],
    limits: Limits,
    counts: Mapping[str, int] | None = None,
) -> Callable[..., dict[str, tf.Tensor]]:
    """A function behind the checks of its inputs, which are told apart by the names and types of their specs.

    Args:
        function: of a signature.
        specs: its inputs, whose first dimension is that of the batch.
        limits: of a request.
        counts: by the name of an input of whole numbers, how many it may be: 0 and up.
    """

    # Its own names stay those of the exported signature.
    @functools.wraps(function)
    def checked(*given):
        tensors = [shaped(tensor, spec) for tensor, spec in zip(given, specs, strict=True)]
        tensors = after(row_checks(tensors, specs, limits), tensors)
        contents = [
            check
            for tensor, spec in zip(tensors, specs, strict=True)
            for check in content_checks(tensor, spec, limits, (counts or {}).get(spec.name, 0))
        ]
        return function(*after(contents, tensors))

    return checked


def after(checks: Sequence[tf.Operation], tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """The tensors, once all checks have passed."""
    with tf.control_dependencies(checks):
        return [tf.identity(tensor) for tensor in tensors]


def must(condition: tf.Tensor, accepted: str | tf.Tensor, came: tf.Tensor) -> tf.Operation:
    """Fails the request with "<accepted>. Received: <came>" unless the condition holds; all three are scalars."""
    came = came if came.dtype == tf.string else tf.strings.as_string(came)
    return tf.debugging.Assert(condition, [tf.strings.join([accepted, ". Received: ", came])])


def each(fine: tf.Tensor, accepted: str, came: tf.Tensor) -> tf.Operation:
    """Fails the request by its first row that is not fine.

    Args:
        fine: (B,) bool.
        accepted: what is.
        came: (B,) what came, in each row.
    """
    # One row more, so that there is a first one even of none.
    row = tf.argmin(tf.cast(tf.concat([fine, [False]], 0), tf.int32), output_type=tf.int32)
    texts = tf.concat([came if came.dtype == tf.string else tf.strings.as_string(came), [""]], 0)
    return must(tf.reduce_all(fine), accepted, tf.strings.join([texts[row], " in row ", tf.strings.as_string(row)]))


def shaped(tensor: tf.Tensor, spec: tf.TensorSpec) -> tf.Tensor:
    """The tensor, once it has been seen to have the shape of its spec.

    A server passes on any shape, so that what the spec says of it is not known before.
    """
    unknown = tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=tf.TensorShape(None))
    expected = spec.shape.as_list()
    accepted = f"{spec.name} must have the shape {shown(expected)}"
    came = tf.strings.format("{}", tf.shape(unknown))
    rank = must(tf.rank(unknown) == len(expected), accepted, came)
    (unknown,) = after([rank], [unknown])
    # Of an unknown size the comparison is with itself.
    sizes = [tf.shape(unknown)[place] if size is None else size for place, size in enumerate(expected)]
    (unknown,) = after([must(tf.reduce_all(tf.shape(unknown) == sizes), accepted, came)], [unknown])
    return tf.ensure_shape(unknown, spec.shape)


def row_checks(tensors: Sequence[tf.Tensor], specs: Sequence[tf.TensorSpec], limits: Limits) -> list[tf.Operation]:
    """All inputs have as many rows as the first, which has no more than may be."""
    (first, *others), (name, *names) = [tf.shape(tensor)[0] for tensor in tensors], [spec.name for spec in specs]
    checks = [must(first <= limits.rows, f"{name} must have at most {limits.rows} rows", first)]
    for rows, other in zip(others, names, strict=True):
        accepted = tf.strings.join([f"{other} must have as many rows as {name}, ", tf.strings.as_string(first)])
        checks.append(must(rows == first, accepted, rows))
    return checks


def content_checks(tensor: tf.Tensor, spec: tf.TensorSpec, limits: Limits, count: int) -> list[tf.Operation]:
    """What is looked at in an input, by its name and type; `count`: how many whole numbers it may be, 0 for any."""
    name = spec.name
    if name == "image_bytes":
        return file_checks(tensor, name, limits)
    if name.endswith("captions"):
        return [length_check(tensor, name, limits.caption_bytes)]
    if count:
        return [each((tensor >= 0) & (tensor < count), f"{name} must be 0 to {count - 1}", tensor)]
    if spec.dtype.is_floating:
        finite = tf.reduce_all(tf.math.is_finite(tensor), axis=range(1, spec.shape.rank))
        return [each(finite, f"{name} must be finite", tf.fill(tf.shape(finite), "NaN or infinity"))]
    if spec.shape.rank == 4:
        extent = tf.shape(tensor)[1:3]
        fits = tf.reduce_all((extent >= 1) & (extent <= limits.side))
        return [must(fits, f"{name} must have sides of 1 to {limits.side} pixels", across(extent[tf.newaxis])[0])]
    return []


def length_check(strings: tf.Tensor, name: str, most: int) -> tf.Operation:
    """Of (B,) strings."""
    lengths = tf.strings.length(strings)
    return each(lengths <= most, f"{name} must have at most {most} bytes each", lengths)


def file_checks(files: tf.Tensor, name: str, limits: Limits) -> list[tf.Operation]:
    """Of (B,) image files, by their first bytes: nothing is decoded."""
    found = kinds(files)
    known = each((found == "JPEG") | (found == "PNG"), f"{name} must be JPEG or PNG files", found)
    length = length_check(files, name, limits.file_bytes)
    (files,) = after([length, known], [files])
    extents = sides(files)
    fits = tf.reduce_all((extents >= 1) & (extents <= limits.side), axis=1)
    return [length, known, each(fits, f"{name} must have sides of 1 to {limits.side} pixels", across(extents))]


def across(extents: tf.Tensor) -> tf.Tensor:
    """(B, 2) heights and widths in words."""
    texts = tf.strings.as_string(extents)
    return tf.strings.join([texts[:, 1], texts[:, 0]], " x ")


def shown(shape: Sequence[int | None]) -> str:
    """A shape in words, B being any number of rows and ? any size."""
    sizes = ["B" if place == 0 and size is None else str(size or "?") for place, size in enumerate(shape)]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
