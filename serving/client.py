"""A client of a served model, by the standard library alone: copy it, or take it as it is.

    python serving/client.py http://127.0.0.1:8501/v1/models/gan_cls_plus captions="a red bird" seed=1 > bird.png

It speaks TensorFlow Serving's REST API, so the same lines ask `python main.py --mode=serve`, TensorFlow Serving and all
others that speak it.
"""

import base64
import json
import pathlib
import sys
import urllib.error
import urllib.request


class RefusedError(RuntimeError):
    """What the server said of a request that it did not answer.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def predict(model: str, rows: list[dict], signature: str = "serving_default", timeout: float = 60.0) -> list:
    """The answer to each row.

    Args:
        model: its address: http://HOST:PORT/v1/models/NAME.
        rows: the inputs of the signature by name: numbers, lists of numbers, texts; files as bytes.
        signature: see SERVING.md beside the export.
        timeout: seconds.

    Returns:
        Of each row the output of the signature: files as bytes, numbers as lists; where there are several, an object.

    Raises:
        RefusedError: the server refuses the request, with its reason.
        OSError: it cannot be reached.
    """
    asked = {"signature_name": signature, "instances": [encoded(row) for row in rows]}
    request = urllib.request.Request(
        f"{model}:predict", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return [decoded(row) for row in json.load(response)["predictions"]]
    except urllib.error.HTTPError as error:
        body = error.read()
        try:
            message = json.loads(body)["error"]
        except (ValueError, KeyError, TypeError):
            message = body.decode(errors="replace")[:200]
        raise RefusedError(error.code, message) from None


def encoded(value):
    """A value as JSON has it: bytes as base64."""
    if isinstance(value, dict):
        return {name: encoded(part) for name, part in value.items()}
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def decoded(value):
    """The reverse."""
    if not isinstance(value, dict):
        return value
    if value.keys() == {"b64"}:
        return base64.b64decode(value["b64"])
    return {name: decoded(part) for name, part in value.items()}


def value_of(text: str):
    """A value from the command line: the content of a file after @, a number, or a text."""
    if text.startswith("@"):
        return pathlib.Path(text[1:]).read_bytes()
    try:
        return json.loads(text)
    except ValueError:
        return text


def main(arguments: list[str]):
    """Ask for one row, and write its answer: a file, or JSON."""
    if not arguments or any("=" not in part for part in arguments[1:]):
        sys.exit("Usage: client.py http://HOST:PORT/v1/models/NAME [INPUT=VALUE or INPUT=@FILE ...] [signature=NAME]")
    model, *inputs = arguments
    named = dict(part.split("=", 1) for part in inputs)
    signature = named.pop("signature", "serving_default")
    try:
        (answer,) = predict(model, [{name: value_of(text) for name, text in named.items()}], signature)
    except (RefusedError, OSError) as error:
        sys.exit(f"error: {error}")
    if isinstance(answer, bytes):
        sys.stdout.buffer.write(answer)
    else:
        print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
