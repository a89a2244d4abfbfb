"""Training steps of a model on random batches of the sizes that its configuration names, without a data set."""

import dataclasses
import resource
import statistics
import time

from engine.memory import keep_freed_memory
from models.core.config import TrainingConfig
from models.registry import PRESETS

WARM_UP = 2
# Of Reed et al.'s text encoder.
TEXT_DIM = 1024


def config_of(model: str, dataset: str = "", **changes) -> TrainingConfig:
    """A preset's configuration, with sizes in the place of those that come from the data."""
    config = PRESETS[model].resolve(dataset, changes)
    sizes = {"text_dim": TEXT_DIM, "channels": 1 if dataset == "fashion_mnist" else 3, "classes": 10}
    unknown = {name: size for name, size in sizes.items() if getattr(config, name, None) == 0}
    return dataclasses.replace(config, **unknown)


def random_batch(model: str, config: TrainingConfig) -> dict:
    """A batch of noise with the fields that the model reads."""
    import tensorflow as tf

    count = config.batch_size
    image = (count, *config.sides, getattr(config, "channels", 3))
    shapes = {
        "pix2pix": {"input": image, "target": image},
        "cyclegan": {"a": image, "b": image},
        "pixel_dt": {"input": image, "target": image, "unassociated": image},
        "gan_cls": {"image": image, "wrong_image": image, "text": (count, getattr(config, "text_dim", 0))},
        "dcgan": {"real": (count, getattr(config, "discriminator_steps", 1), *image[1:])},
    }
    return {
        field: tf.random.stateless_uniform(shape, (0, number), -1.0, 1.0)
        for number, (field, shape) in enumerate(shapes[model].items())
    }


def measure(model: str, config: TrainingConfig, steps: int) -> dict[str, float]:
    """The medians of the steps after two to warm up, in seconds and in processor seconds of all cores, which other
    processes disturb less; and peak memory in GB, of the whole process, tracing included."""
    keep_freed_memory()
    import tensorflow as tf

    from engine.run import import_name
    from engine.strategy import mirrored

    batch = random_batch(model, config)
    strategy = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))
    tf.config.optimizer.set_experimental_options({"remapping": config.remapping})
    with strategy.scope():
        network = import_name(PRESETS[model].model)(config)
        network.compile()

    @tf.function
    def step():
        logs = strategy.run(network.train_step, args=(batch,))
        return strategy.reduce("MEAN", logs[network.log_names[0]], axis=None)

    measured = []
    for _ in range(WARM_UP + steps):
        start, worked = time.perf_counter(), time.process_time()
        float(step())
        measured.append((time.perf_counter() - start, time.process_time() - worked))
    seconds, processor_seconds = (statistics.median(column) for column in zip(*measured[WARM_UP:], strict=True))
    return {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "batch_size": config.batch_size,
        "image_size": config.image_size,
    }
