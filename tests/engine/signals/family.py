"""The signals themselves: data, networks and model, panel, sampler, evaluator, and the parts that tie them."""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from matplotlib.figure import Figure

from engine.parts.parts import Parts, Prepared, fingerprint, with_measured
from evaluation.evaluator import Evaluator, Outputs
from models.generation.gan import GAN
from models.generation.latent import latents
from panels.figures import rendered
from pipelines.batches.draws import Batches, in_random_order
from serving.sampler import Sampler, noise_seed
from tests.engine.signals.presets import SignalConfig

COUNT, LENGTH, FREQUENCIES = 48, 32, (2, 5)
RATE = 8000  # of the exported WAV files, Hz
SHOWN = 4


@dataclasses.dataclass(frozen=True)
class Signals:
    """A table of (n, length) float32 signals in [-1, 1]."""

    signals: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: np.ndarray) -> "Signals":
        """Some rows, as `pipelines.rows.rows_of` asks for them."""
        return Signals(self.signals[rows], tuple(self.names[row] for row in rows))


def load(split: str, load_size: int, data_dir: str, cache_dir: str) -> Signals:
    """Sine waves of one of two frequencies (periods a signal) and any phase."""
    rng = np.random.default_rng(len(split))
    frequency, phase = rng.choice(FREQUENCIES, (COUNT, 1)), rng.uniform(0, 2 * np.pi, (COUNT, 1))
    signals = np.sin(2 * np.pi * frequency * np.arange(LENGTH) / LENGTH + phase).astype(np.float32)
    return Signals(signals, tuple(f"{split}/{index}" for index in range(COUNT)))


def signal_batches(examples: Signals, config: SignalConfig) -> Batches:
    """Batches of `real` (B, k, length) float32."""
    held, turns = tf.constant(examples.signals), config.discriminator_steps
    length = examples.signals.shape[1]

    def at(step):
        rows = in_random_order(len(examples), config.batch_size * turns, config.seed, 0, step)
        return {"real": tf.reshape(tf.gather(held, rows), (config.batch_size, turns, length))}

    return Batches(at, {"length": length}, len(examples))


class SignalGAN(GAN):
    """The adversarial game of Goodfellow et al. 2014, of signals."""

    config_class = SignalConfig

    def build_networks(self):
        """Two convolutions each."""
        config = self.config
        latent = keras.Input((config.input_dim,), name="latent")
        x = layers.Dense(config.length // 4 * config.generator_width, activation="relu")(latent)
        x = layers.Reshape((config.length // 4, config.generator_width))(x)
        x = layers.Conv1DTranspose(config.generator_width, 4, 2, "same", activation="relu")(x)
        x = layers.Conv1DTranspose(1, 4, 2, "same", activation="tanh", dtype="float32")(x)
        self.generator = keras.Model({"latent": latent}, layers.Reshape((config.length,))(x), name="generator")
        signal = keras.Input((config.length,), name="image")
        x = layers.Reshape((config.length, 1))(signal)
        for _ in range(2):
            x = layers.LeakyReLU(0.2)(layers.Conv1D(config.discriminator_width, 4, 2, "same")(x))
        logits = layers.Dense(1, dtype="float32")(layers.Flatten()(x))
        self.discriminator = keras.Model({"image": signal}, logits, name="discriminator")


def signal_picture(signals: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: (n, length) signals, one below the other."""
    figure = Figure(figsize=(4, len(signals)), dpi=50, layout="constrained")
    for axes, signal in zip(figure.subplots(len(signals), squeeze=False)[:, 0], signals, strict=True):
        axes.plot(signal)
        axes.set_ylim(-1, 1)
    return rendered(figure)


class SignalSampler(Sampler):
    """Noise to signals; a server returns them as WAV files too."""

    def __init__(self, generator: keras.Model, config: SignalConfig, step: int):
        super().__init__([generator], step)
        self.generator, self.draw_latents, self.length = generator, latents(config), config.length

    def signals(self, count: tf.Tensor | int, seed: tf.Tensor | int) -> tf.Tensor:
        """(count, length) float32 in [-1, 1]."""
        return self.generator({"latent": self.draw_latents(count, noise_seed(seed))}, training=False)

    def draw(self, inputs, seed):
        """(n, length) float32 signals. `inputs` has `count`."""
        return self.signals(inputs["count"], seed).numpy()

    def signatures(self):
        """serving_default: seeds (B,) int32."""

        def of_seeds(seed):
            signals = tf.map_fn(
                lambda one: self.signals(1, one)[0], seed, fn_output_signature=tf.TensorSpec((self.length,), tf.float32)
            )
            wav = tf.map_fn(
                lambda signal: tf.audio.encode_wav(signal[:, tf.newaxis], RATE), signals, fn_output_signature=tf.string
            )
            return {"signals": signals, "wav_bytes": wav}

        return {"serving_default": (of_seeds, [tf.TensorSpec([None], tf.int32, name="seed")])}


class SignalOutputs(Outputs):
    """Generated signals, beside real ones."""

    def __init__(self, sampler: SignalSampler, data):
        self.sampler, self.data, self.real = sampler, data, data.examples.signals

    def protocol(self):
        """How many of each kind."""
        return {"generated": len(self.generated), "real": len(self.real)}

    @functools.cached_property
    def generated(self) -> np.ndarray:
        """(n, length) float32."""
        return self.sampler.draw({"count": self.data.count}, self.data.seed)


class Frequencies(Evaluator):
    """Whether generated signals have the frequencies of real ones."""

    lower = ("spectrum_distance",)

    def measure(self, outputs, data):
        """The distance of the mean spectra, beside that of silence."""
        generated, real = (np.abs(np.fft.rfft(signals)).mean(axis=0) for signals in (outputs.generated, outputs.real))
        yield "spectrum_distance", np.abs(generated - real).mean()
        yield "spectrum_distance_of_silence", real.mean()


class SignalParts(Parts):
    """Trains, draws and measures a generator of signals."""

    def prepare(self, examples, dry_run=False):
        """Signals in a random order."""
        config = self.experiment.config
        batches = signal_batches(examples, config)
        data = {"signals": fingerprint(examples.signals)}
        return Prepared(with_measured(config, batches.measured), batches, data)

    def sampler(self, model):
        """The generator, averaged if there is an average."""
        return SignalSampler(model.sampled_generator, model.config, model.step)

    def panels(self, model):
        """The same noise at every step."""
        sampler = self.sampler(model)
        return lambda: {"signals": signal_picture(sampler.draw({"count": SHOWN}, model.config.seed))}

    def sample(self, model, command):
        """Write a picture of signals."""
        signals = self.sampler(model).draw({"count": command.num_images}, command.seed)
        return self.write_png(signal_picture(signals), command, model)

    def evaluated(self, command):
        """Signals."""
        return command.num_samples

    def outputs(self, model, sampler, data, command):
        """Generated signals, beside real ones."""
        return SignalOutputs(sampler, data)
