"""Train, sample, evaluate and export the GANs of this project: `python main.py --model=gan_cls --dataset=cub`."""

import contextlib
import os
import sys

from absl import app, flags

import flags as command_line
from engine.command import Command, CommandError, Serve
from engine.experiment import Experiment, resolve
from engine.folder import RunError, RunFolder
from engine.memory import keep_freed_memory
from engine.processor import OneDNN, choose_onednn, processor_flags
from models.core.config import ConfigError
from pipelines.quiet import quiet_standard_error


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


def print_any_name():
    """Print what the terminal's encoding lacks (of a file's name, say) as its escape, instead of failing."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def prepare_tensorflow(devices: int):
    """Choose the backend, make logical CPUs; before anything else imports TensorFlow."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        fail(ValueError(f"Keras must run on TensorFlow. Received: KERAS_BACKEND={os.environ['KERAS_BACKEND']}"))
    # Takes precedence over ~/.keras/keras.json, which may name another backend.
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
    with quiet_standard_error():
        yield


def main(argv):
    """Resolve the command, then do what --mode asks for."""
    print_any_name()
    try:
        if len(argv) > 1:
            raise CommandError(f"only --flags are accepted. Received: {' '.join(argv[1:])}")
        command = command_line.parse(flags.FLAGS)
        if isinstance(command, Serve):
            return serve(command)
        experiment = resolve(command)
        onednn = onednn_for(experiment, command)
    except (CommandError, ConfigError, RunError) as error:
        fail(error)
    try:
        run(experiment, command, onednn)
    except KeyboardInterrupt:
        # While training, signals are taken care of there.
        print("Interrupted; the same command resumes it.", file=sys.stderr)
        sys.exit(130)


def onednn_for(experiment: Experiment, command: Command) -> OneDNN:
    """Whether TensorFlow is to compute with oneDNN; RunError if the run was begun otherwise."""
    to_train = command.mode == "train"
    record = None if to_train and command.restart else RunFolder(experiment.workdir).read_record()
    return choose_onednn(processor_flags(), os.environ, experiment.config.batch_size, record, to_train)


def serve(command: Serve):
    """Serve exported models, which need no run."""
    prepare_tensorflow(0)

    from engine.errors import errors_in_one_line, plain_log
    from engine.serve import serve as serve_models

    plain_log()
    with errors_in_one_line(fail):
        serve_models(command)


def run(experiment: Experiment, command: Command, onednn: OneDNN):
    """Carry out a resolved command."""
    onednn.set_in(os.environ)
    prepare_tensorflow(command.devices if command.mode == "train" else 0)

    from engine.errors import errors_in_one_line, plain_log
    from engine.run import Run
    from pipelines.budget import Budget, use

    plain_log()
    use(Budget(command.memory))
    with errors_in_one_line(fail):
        getattr(Run(experiment, onednn), command.mode)(command)


if __name__ == "__main__":
    command_line.define()
    # --help lists the flags of the main module only, and these are defined in another.
    flags.adopt_module_key_flags(command_line)
    app.run(main, flags_parser=parse)
