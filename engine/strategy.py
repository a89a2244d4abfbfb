"""The distribution strategy of a training: MirroredStrategy over the GPUs present, or over logical CPUs."""

import functools

import tensorflow as tf

from engine.folder import RunError
from models.core.config import TrainingConfig


@functools.cache
def mirrored(devices: tuple[str, ...]) -> tf.distribute.MirroredStrategy:
    """The strategy over some devices.

    One a process: a second would number its reductions as the first did, and the runtime takes them for the same (a
    text encoder and then a GAN crashed on two devices).
    """
    return tf.distribute.MirroredStrategy(devices)


def strategy_for(model_class: type, config: TrainingConfig, devices: int) -> tf.distribute.Strategy:
    """The strategy for a model.

    Args:
        model_class: a `models.core.trained.TrainedModel`.
        config: its configuration.
        devices: how many; 0 for every GPU, or one CPU.

    Raises:
        RunError: there are not so many devices, or the configuration does not go with so many.
    """
    gpus = tf.config.list_logical_devices("GPU")
    present = gpus or tf.config.list_logical_devices("CPU")
    count = devices or (len(gpus) or 1)
    if count > len(present):
        raise RunError(f"--devices must be at most {len(present)}, the devices of this machine. Received: {count}")
    multiple = count * model_class.batch_multiple
    if config.batch_size % multiple:
        raise RunError(
            f"batch_size of {model_class.__name__} must be a multiple of {multiple} on {count} devices. "
            f"Received: {config.batch_size}"
        )
    if count > 1 and config.precision == "mixed_float16":
        # Keras 3's LossScaleOptimizer looks for overflow on the first replica only.
        raise RunError("mixed_float16 works on one device only; use mixed_bfloat16. Received: --devices above 1")
    return mirrored(tuple(device.name for device in present[:count]))
