"""Train, sample, score and export the GANs of this project: `python main.py --model=gan_cls --dataset=birds`."""

import contextlib
import os
import sys

from absl import app, flags, logging

import flags as choices
from models.core.config import ConfigError
from runs.folder import RunError
from runs.memory import keep_freed_memory


def parse(argv):
    """The command line as absl flags; a wrong one is one line and exit code 2."""
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        fail(error)


def fail(error: Exception):
    """Print what is wrong in one line and exit."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(2)


def prepare_tensorflow(devices: int):
    """Choose the backend, make logical CPUs; before anything else imports TensorFlow."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        fail(ValueError(f"Keras must run on TensorFlow. Received: KERAS_BACKEND={os.environ['KERAS_BACKEND']}"))
    # Goes before ~/.keras/keras.json, which may name another backend.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    keep_freed_memory()
    with quiet_start():
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    tf.get_logger().setLevel("WARNING")
    if devices > 1 and not gpus:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)


@contextlib.contextmanager
def quiet_start():
    """Hide what TensorFlow's C++ side writes to standard error before its log level can be set.

    Python's own errors are raised after it, so none of them is lost.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def only_ours(record) -> bool:
    """Whether a log record is worth a user's while: TensorFlow's own notes are not, its warnings are."""
    return record.levelno > logging.converter.STANDARD_INFO or f"{os.sep}tensorflow{os.sep}" not in record.pathname


@contextlib.contextmanager
def errors_in_one_line():
    """End with one line for what a user can do something about; any other error is a bug, and passes as it is."""
    from tensorflow import errors

    from callbacks.checkpoints import TrainingError
    from pipelines.examples import DataError

    try:
        yield
    except (ConfigError, DataError, RunError, TrainingError) as error:
        fail(error)
    except errors.ResourceExhaustedError as error:
        # TensorFlow's name for both. A graph's error says much before the line that tells which.
        reason = next((line for line in str(error).splitlines() if "OOM" in line), error)
        fail(ValueError(f"not enough memory (use a smaller --batch_size or --image_size), or a full disk: {reason}"))
    except (
        OSError,
        errors.AlreadyExistsError,
        errors.DataLossError,
        errors.NotFoundError,
        errors.PermissionDeniedError,
        errors.UnavailableError,
    ) as error:
        # A full disk, a folder without permission, a damaged file.
        fail(ValueError(f"could not read or write: {error}"))


@contextlib.contextmanager
def interruptible():
    """End with one line after Ctrl-C, from the imports on; while training it is taken care of there."""
    try:
        yield
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on.", file=sys.stderr)
        sys.exit(130)


def main(argv):
    """Resolve the command, then do what --mode says."""
    values = flags.FLAGS
    try:
        if len(argv) > 1:
            raise choices.CommandError(f"only --flags are accepted. Received: {' '.join(argv[1:])}")
        fields = choices.resolve(values)
    except (choices.CommandError, ConfigError, RunError) as error:
        fail(error)
    with interruptible():
        run(fields, values)


def run(fields: dict, values):
    """Carry out a resolved command: the request's fields, and the flags."""
    prepare_tensorflow(values.devices)

    from tasks.base import task_for
    from tasks.request import Request

    # Plain lines, without absl's prefix of time, process and file.
    logging.get_absl_handler().setFormatter(None)
    logging.get_absl_handler().addFilter(only_ours)
    logging.set_verbosity(logging.INFO)
    with errors_in_one_line():
        task = task_for(Request(**fields))
        if values.dry_run:
            print(task.describe())
        else:
            getattr(task, values.mode)()


if __name__ == "__main__":
    choices.define()
    # --help lists the flags of the main module only, and these are defined in another.
    flags.adopt_module_key_flags(choices)
    app.run(main, flags_parser=parse)
