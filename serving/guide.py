"""What one must know to use an exported model: `SERVING.md`, beside its versions."""

import dataclasses
import pathlib
import re
from collections.abc import Mapping, Sequence

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from pipelines.report import printable
from serving.examples import EXTRA, REQUESTS, WARMUP
from serving.hints import Hints
from serving.limits import Limits
from serving.sampler import Sampler

GUIDE = "SERVING.md"
# In a version, what it is (`serving.export.facts`), examples of its inputs, and the names of its labels.
ABOUT, EXAMPLES = "model.json", "examples"
CLASSES = f"{EXTRA}/classes.json"
# Of TensorFlow Serving: where it answers by its own defaults, and the folder of its container.
ADDRESS, CONTAINER = "http://localhost:8501", "/models"

# By name, the signatures of a SavedModel as it was written.
Written = Mapping[str, meta_graph_pb2.SignatureDef]


@dataclasses.dataclass(frozen=True)
class About:
    """What an export is, for who uses it.

    Attributes:
        model: the name under which it is served.
        weights: which model it is, and which weights, in words.
        limits: of a request.
        hints: for a page that shows it.
    """

    model: str = "model"
    weights: str = "the newest"
    limits: Limits = dataclasses.field(default_factory=Limits)
    hints: Hints = dataclasses.field(default_factory=Hints)


def guide(sampler: Sampler, version: pathlib.Path, about: About) -> str:
    """How an exported version is used, as Markdown: its weights, its signatures, and the names of its labels."""
    saved = saved_model_pb2.SavedModel.FromString((version / "saved_model.pb").read_bytes())
    inputs = {spec.name for _, specs in sampler.signatures().values() for spec in specs}
    parts = [
        "# How to use this model",
        f"Each number here is a version, a SavedModel that TensorFlow Serving serves as it is. Version {version.name}: "
        f"{about.weights}.",
        "## Signatures",
        "B is the size of the batch; another letter or `?` is any size. Every input has a row for each row of the "
        "result, so a server can put requests together.",
        signature_table(sampler, saved.meta_graphs[0].signature_def),
        "## Requests",
        f"An example of each is in `{EXTRA}/{REQUESTS}/` of a version, in the row format. Bytes come back as "
        'base64, `{"b64": "..."}`. With a server (below):',
        fenced("bash", *(curl(name, version, about) for name in sampler.signatures())),
        "## Limits",
        "Of one request; `python main.py --mode=export` sets them. What is beyond is refused with one sentence, before "
        "anything is decoded.",
        "\n".join(about.limits.lines(inputs)),
    ]
    if about_files := sampler.about_files():
        parts += ["## Files", "\n".join(about_files)]
    if sampler.class_names:
        parts += [
            "## Labels",
            f"`label` is the number of a class; the same table is in each version, in `{CLASSES}`.",
            class_table(sampler.class_names),
        ]
    return "\n\n".join([*parts, *serving(version, about)]) + "\n"


def curl(name: str, version: pathlib.Path, about: About) -> str:
    """The command that asks for the example of a signature, in the folder of the versions."""
    file = f"{version.name}/{EXTRA}/{REQUESTS}/{name}.json"
    return f"curl -d @{file} -H 'Content-Type: application/json' {ADDRESS}/v1/models/{about.model}:predict"


def serving(version: pathlib.Path, about: About) -> list[str]:
    """How a server is started, and its configuration."""
    model, rows = about.model, about.limits.rows
    if (version / EXTRA / WARMUP).exists():
        warmup = f"`{EXTRA}/{WARMUP}` warms it up."
    else:
        warmup = (
            f"There is no `{EXTRA}/{WARMUP}`, as the package tensorflow-serving-api was not installed when it was "
            "written: the first request takes longer."
        )
    return [
        "## A server",
        f"Written by TensorFlow {tf.__version__}: TensorFlow Serving must be of that minor version or newer. {warmup}",
        "In the folder that this file is in:",
        fenced(
            "bash",
            f'docker run -p 8501:8501 -p 8500:8500 -v "$PWD:{CONTAINER}/{model}" -e MODEL_NAME={model} '
            f"tensorflow/serving:{tf.__version__}",
        ),
        "Several models, or versions by name, in a `model.config` (`--model_config_file=`):",
        fenced(
            "",
            "model_config_list {",
            f'  config {{ name: "{model}" base_path: "{CONTAINER}/{model}" model_platform: "tensorflow" }}',
            "}",
        ),
        "Requests put together (`--enable_batching --batching_parameters_file=`), no more rows than the limit:",
        fenced(
            "",
            f"max_batch_size {{ value: {rows} }}",
            "batch_timeout_micros { value: 5000 }",
            "max_enqueued_batches { value: 100 }",
            "num_batch_threads { value: 2 }",
        ),
    ]


def fenced(language: str, *lines: str) -> str:
    """A block of code."""
    return "\n".join([f"```{language}", *lines, "```"])


def signature_table(sampler: Sampler, written: Written) -> str:
    """Each signature with its inputs, in their order, and its outputs as they were written."""
    rows = ["| signature | inputs | outputs |", "|---|---|---|"]
    for name, (_, specs) in sampler.signatures().items():
        inputs = ", ".join(tensor(spec.name, spec.dtype, spec.shape.as_list()) for spec in specs)
        outputs = written[name].outputs
        described = (
            tensor(key, tf.dtypes.as_dtype(outputs[key].dtype), shape_of(outputs[key])) for key in sorted(outputs)
        )
        rows.append(f"| `{name}` | {inputs} | {', '.join(described)} |")
    return "\n".join(rows)


def tensor(name: str, dtype: tf.DType, shape: Sequence[int | None] | None) -> str:
    """A tensor in words: its name, shape and type."""
    if shape is None:
        return f"`{name}` {dtype.name}"
    sizes = ["B" if place == 0 and size is None else size or "?" for place, size in enumerate(shape)]
    return f"`{name}` ({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''}) {dtype.name}"


def shape_of(info: meta_graph_pb2.TensorInfo) -> list[int | None] | None:
    """The shape of a written tensor, None being any size; None if the number of dimensions is not known."""
    return tf.TensorShape(info.tensor_shape).as_list() if not info.tensor_shape.unknown_rank else None


def class_table(names: Sequence[str]) -> str:
    """The name of each label, as a table."""
    rows = [f"| {label} | {cell(name)} |" for label, name in enumerate(names)]
    return "\n".join(["| label | class |", "|---|---|", *rows])


def cell(name: str) -> str:
    """A name in a table of Markdown, which shows it as it is."""
    return re.sub(r"([\\|`*<\[])", r"\\\1", printable(name))
