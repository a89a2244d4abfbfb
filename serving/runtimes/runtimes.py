"""The file formats for other programs than TensorFlow, each with the program that runs it."""

import contextlib
import importlib.util
import logging
import pathlib
import warnings
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from pipelines.examples import DataError
from pipelines.quiet import quiet_standard_error
from serving.runtimes.portable import Portable

# Names of sizes that are free, by the axis of an image; the first is that of any input.
FREE = ("batch", "height", "width")
# Of the operators of an ONNX file: what onnxruntime, its build for browsers and OpenVINO all know.
OPSET = 18


class Runtime:
    """A format.

    Attributes:
        name: of the format, as `--format` has it.
        suffix: of its files.
        program: what runs them.
        packages: what must be installed, by the names under which it is imported.
        fixed: whether all sizes are fixed.
    """

    name: str
    suffix: str
    program: str
    packages: tuple[str, ...]
    fixed: bool

    def check(self):
        """DataError if a package is missing."""
        if missing := [key for key in self.packages if importlib.util.find_spec(key) is None]:
            named = [key.replace("_", "-") for key in self.packages]
            raise DataError(
                f"--format={self.name} needs packages beyond requirements.txt (pip install {' '.join(named)}). "
                f"Received: an installation without {', '.join(missing)}"
            )

    def write(self, portable: Portable, path: pathlib.Path, about: Mapping[str, str]):
        """Convert a network.

        Args:
            portable: the network.
            path: of the file.
            about: what the file says of itself, where its format can.
        """
        raise NotImplementedError

    def computed(self, path: pathlib.Path, output: str) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
        """What computes the output of a file of its inputs."""
        raise NotImplementedError


class Onnx(Runtime):
    """ONNX, by tf2onnx."""

    name, suffix, program, fixed = "onnx", ".onnx", "onnxruntime", False
    packages = ("tf2onnx", "onnx", "onnxruntime")

    def write(self, portable, path, about):
        """The batch of latents is free, and so are the sides of images."""
        import onnx
        import tf2onnx

        network = portable.network
        names = list(network.input)
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype, name=name) for name, tensor in network.input.items()]

        @tf.function(input_signature=specs)
        def compute(*tensors):
            return network(dict(zip(names, tensors, strict=True)), training=False)

        # It reports rewriters that do not apply as errors, and NumPy's np.object as a warning; TensorFlow, that tables
        # of words are not serialized, which are not of this network.
        with quiet("tf2onnx"), quiet("tensorflow"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            model, _ = tf2onnx.convert.from_function(compute, specs, opset=OPSET)
        for value in (*model.graph.input, *model.graph.output):
            name_free(value.type.tensor_type.shape.dim)
        onnx.helper.set_model_props(model, dict(about))
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)

    def computed(self, path, output):
        """By onnxruntime, on the processor."""
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return lambda inputs: session.run([output], dict(inputs))[0]


class LiteRT(Runtime):
    """LiteRT, formerly TensorFlow Lite, by Keras's own converter (those of functions write files that give NaN)."""

    name, suffix, program, fixed = "litert", ".tflite", "LiteRT", True
    packages = ("ai_edge_litert",)

    def write(self, portable, path, about):
        """With LiteRT's own operations alone: those of TensorFlow are in no interpreter that telephones have."""
        with quiet_standard_error():
            portable.network.export(
                str(path),
                format="litert",
                verbose=False,
                target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
            )

    def computed(self, path, output):
        """By LiteRT's interpreter, with its fast kernels of the processor (XNNPACK)."""
        from ai_edge_litert.interpreter import Interpreter

        with quiet_standard_error():
            interpreter = Interpreter(str(path))
            interpreter.allocate_tensors()
        runner = interpreter.get_signature_runner()
        return lambda inputs: runner(**inputs)[output]


RUNTIMES = {runtime.name: runtime for runtime in (Onnx(), LiteRT())}


def name_free(sizes):
    """Give the free sizes of an ONNX tensor their names."""
    for axis, size in enumerate(sizes):
        if not size.HasField("dim_value"):
            size.dim_param = FREE[axis]


@contextlib.contextmanager
def quiet(name: str):
    """Without a package's own log."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
