"""What a client is told: a status of HTTP and one sentence."""

import re

import tensorflow as tf

# TensorFlow's errors of what a client sent, by status; all others are the server's own.
STATUS = {
    tf.errors.InvalidArgumentError: 400,
    tf.errors.NotFoundError: 404,
    tf.errors.ResourceExhaustedError: 503,
}
# What a check in the graph says (`serving.checks`), within what TensorFlow says of it.
CHECK = re.compile(r"assertion failed: \[(.*?)\]$", re.MULTILINE)
# The lines of a trace, of no use to a client.
LONGEST = 500


class ServingError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        message: one sentence.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status, self.message = status, message


def of_tensorflow(error: tf.errors.OpError) -> ServingError:
    """TensorFlow's error without its trace: the sentence of a check, or the line that says what went wrong."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    text = str(error)
    if found := CHECK.search(text):
        return ServingError(status, found[1])
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if line and not line.startswith(("Graph execution error", "Detected at node", "[["))]
    return ServingError(status, re.sub(r"\s*\[Op:\w+\].*|\s*name:.*", "", told[0] if told else text)[:LONGEST])
