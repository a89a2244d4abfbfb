"""What every trained model shares: networks with their optimizers, replica scaling, logs, saving.

There is no template `train_step` here: each objective spells out its own.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from models.core import spectral
from models.core.config import from_plain
from models.core.logs import Logs, copies
from models.core.optimizers import FusedAdam
from models.core.schedules import HalvingSchedule


@contextlib.contextmanager
def precision(name: str):
    """Layers created in this context have this dtype policy ("float32", "mixed_bfloat16", "mixed_float16")."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class TrainedModel(keras.Model):
    """A Keras model that trains several networks ("players"), each with its own optimizer.

    A subclass sets `config_class`, `players` (attribute names of its networks, the generator first if there is one; a
    player of several networks overrides `player_networks`) and `log_names`, builds its networks in `build_networks`,
    and overrides `train_step`.
    """

    config_class: type
    players: tuple[str, ...] = ()
    log_names: tuple[str, ...] = ()
    # Whether a step couples the examples of a batch (pairs within it, ...), so that two replicas differ from one.
    couples_examples = False
    # Each replica's share of a batch must be a multiple of this (2 where a batch is split in halves, ...).
    batch_multiple = 1

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable("gan")(cls)

    def __init__(self, config):
        super().__init__()
        self.config = config
        # Not the optimizer's own count: float16 training skips the optimizer where gradients overflow.
        self.steps_done = self.add_weight(
            name="steps_done", dtype="int64", initializer="zeros", trainable=False, aggregation="only_first_replica"
        )
        self.logs = Logs(self.log_names)
        with precision(config.precision):
            self.build_networks()
        for player in self.players:
            for network in self.player_networks(player):
                spectral.iterate(network, spectral.WARM_UP)
        # Functional networks already have their weights; Keras would otherwise call the outer model in `fit`.
        self.built = True

    def build_networks(self):
        """Make the networks, each a functional keras.Model in an attribute."""
        raise NotImplementedError

    def player_networks(self, player: str) -> list[keras.Model]:
        """The networks that a player's optimizer updates."""
        return [getattr(self, player)]

    def player_variables(self, player: str) -> list:
        """The trainable variables that a player's optimizer updates."""
        return [variable for network in self.player_networks(player) for variable in network.trainable_variables]

    @property
    def own_copies(self) -> tuple[str, ...]:
        """Attributes with copies of networks that are not taken from another run: `begun` sets them."""
        return ()

    def begun(self):
        """Set what follows from the weights, once those of another run have been taken."""

    @property
    def is_averaged(self) -> bool:
        """Whether a moving average of the weights is sampled, evaluated and exported."""
        return False

    def optimizer_of(self, player: str) -> keras.optimizers.Optimizer:
        """The optimizer of a player."""
        return getattr(self, f"{player}_optimizer")

    def learning_rate(self, player: str, steps_per_epoch: int) -> keras.optimizers.schedules.LearningRateSchedule:
        """A player's learning rate, as a function of its optimizer's step."""
        return HalvingSchedule(self.initial_rate(player), self.config.learning_rate_halving_epochs, steps_per_epoch)

    def initial_rate(self, player: str) -> float:
        """A player's initial learning rate."""
        return self.config.learning_rate

    def make_optimizer(self, player: str, steps_per_epoch: int) -> keras.optimizers.Optimizer:
        """A player's optimizer, by the configuration's name."""
        config, rate = self.config, self.learning_rate(player, steps_per_epoch)
        if config.optimizer == "adam":
            optimizer = FusedAdam(rate, beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon)
        elif config.optimizer == "rmsprop":
            # Keras adds its epsilon to the mean square, Torch to the root of it.
            optimizer = keras.optimizers.RMSprop(rate, rho=config.rho, epsilon=config.epsilon**2)
        else:
            optimizer = self.gradient_descent(player, rate, steps_per_epoch)
        if config.precision == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        return optimizer

    def gradient_descent(self, player: str, rate, steps_per_epoch: int) -> keras.optimizers.SGD:
        """The optimizer of `optimizer=sgd`."""
        return keras.optimizers.SGD(rate, momentum=self.config.beta_1)

    def compile(self, steps_per_epoch: int = 1):
        """Make and build one optimizer per player. Call it within the strategy's scope.

        Args:
            steps_per_epoch: converts the epochs of the schedules into steps.
        """
        self.steps_per_epoch = steps_per_epoch
        for player in self.players:
            optimizer = self.make_optimizer(player, steps_per_epoch)
            # Slots that do not exist yet would be dropped when a checkpoint is restored.
            optimizer.build(self.player_variables(player))
            setattr(self, f"{player}_optimizer", optimizer)
        # Callbacks read the step from `model.optimizer`; without one, Keras would make its own.
        super().compile(optimizer=self.optimizer_of(self.players[0]), jit_compile=False)

    @property
    def step(self) -> int:
        """How many training steps have been taken."""
        # A mirrored variable cannot be converted to an int; its copy on the first replica can.
        return int(copies(self.steps_done)[0])

    def minimize(self, loss: tf.Tensor, tape: tf.GradientTape, player: str):
        """One optimizer step of a player on a loss that is the mean over this replica's examples.

        The only place that knows about replicas: gradients are summed over them, so the loss is divided by their count.
        """
        optimizer, variables = self.optimizer_of(player), self.player_variables(player)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        share = optimizer.scale_loss(tf.constant(1.0 / replicas, loss.dtype))
        gradients = tape.gradient(loss, variables, output_gradients=share)
        optimizer.apply(self.with_weight_terms(gradients, share, player), variables)
        self.constrain(player)

    def with_weight_terms(self, gradients: list, share: tf.Tensor, player: str) -> list:
        """A player's gradients with those of what its loss has of the weights alone; by default nothing.

        Args:
            gradients: of each of the player's variables; None where the loss does not depend on it.
            share: of this replica, by which each gradient is multiplied.
            player: whose.
        """
        return gradients

    def constrain(self, player: str):
        """Restore what must hold of a player's networks once its weights have changed.

        One power iteration for spectral normalization, as in Miyato et al. 2018, Algorithm 1.
        """
        for network in self.player_networks(player):
            spectral.iterate(network)

    def noise_seed(self, purpose: int, turn: int = 0) -> tf.Tensor:
        """(2,) int32 seed of this step's random numbers, another one for each purpose and turn."""
        step = tf.cast(self.steps_done, tf.int32)
        # Far from the purposes of the pipelines, which are numbered from 0.
        return tf.random.experimental.stateless_fold_in([self.config.seed, 1_000 * (1 + turn) + purpose], step)

    def replica_seed(self, purpose: int, turn: int = 0) -> tf.Tensor:
        """(2,) int32 seed of this step's random numbers, another one on each replica."""
        return tf.random.experimental.stateless_fold_in(self.noise_seed(purpose, turn), replica_index())

    def sample_latent(self, count: int | tf.Tensor, purpose: int = 0) -> tf.Tensor:
        """(count, input_dim) noise from N(0, 1) for this replica at this step.

        Drawn statelessly for the whole batch and sliced: a resumed run draws the same noise, and so do several replicas
        together and a single one.
        """
        dim, seed = self.config.input_dim, self.noise_seed(purpose)
        return self.replica_rows(count, lambda total: tf.random.stateless_normal((total, dim), seed))

    def sample_uniform(
        self, count: int | tf.Tensor, purpose: int, turn: int = 0, shape: tuple[int, ...] = ()
    ) -> tf.Tensor:
        """(count, *shape) uniform numbers in [0, 1) for this replica at this step, drawn like the latents."""
        seed = self.noise_seed(purpose, turn)
        return self.replica_rows(count, lambda total: tf.random.stateless_uniform((total, *shape), seed))

    def replica_rows(self, count: int | tf.Tensor, draw: Callable[[int | tf.Tensor], tf.Tensor]) -> tf.Tensor:
        """This replica's `count` rows of what `draw` returns for the rows of all replicas."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        replica = replica_index()
        return draw(count * replicas)[replica * count : (replica + 1) * count]

    def with_static_batch(self, rows: tf.Tensor) -> tf.Tensor:
        """This replica's (B, ...) with B known when the step is traced: pipelines leave it open."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return tf.ensure_shape(rows, (self.config.batch_size // replicas, *rows.shape[1:]))

    def gather_replicas(self, rows: tf.Tensor) -> tf.Tensor:
        """The rows of all replicas: the inverse of `replica_rows`."""
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return rows
        return tf.distribute.get_replica_context().all_gather(rows, axis=0)

    def mean_of_replicas(self, value: tf.Tensor) -> tf.Tensor:
        """The mean over all replicas of a scalar that each has of its own examples."""
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return value
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)

    def track(self, **values: tf.Tensor) -> dict:
        """End a step: count it and log its values; returns their running means, as `train_step` must.

        The first step at which one of them is not finite is flagged on the device (`logs.first_non_finite`), so that
        the host need not look at every step.
        """
        self.steps_done.assign_add(1)
        return self.logs.update(values, tf.convert_to_tensor(self.steps_done))

    @property
    def metrics(self) -> list:
        """The running means of `log_names`, which Keras resets and reports."""
        return self.logs.metrics

    def save_own_variables(self, store):
        """Save the running means too, so that a resumed run logs the numbers of an uninterrupted one."""
        super().save_own_variables(store)
        store["running_means"] = self.logs.state

    def load_own_variables(self, store):
        """Load what `save_own_variables` saved; a checkpoint without running means starts new ones."""
        store = {name: store[name] for name in store.keys()}  # noqa: SIM118 - Keras's stores have no iterator.
        means = store.pop("running_means", None)
        super().load_own_variables(store)
        if means is not None:
            self.logs.state = np.asarray(means)

    def get_config(self) -> dict:
        """The configuration, as plain values."""
        return {"config": dataclasses.asdict(self.config)}

    @classmethod
    def from_config(cls, config: dict):
        """The model that the constructor makes from the configuration."""
        return cls(from_plain(cls.config_class, config["config"]))

    def get_compile_config(self) -> dict:
        """The arguments of `compile`."""
        return {"steps_per_epoch": self.steps_per_epoch}

    def compile_from_config(self, config: dict):
        """Compile as the saved model was, so that the optimizers have the slots of the saved state."""
        self.compile(**config)


def replica_index() -> int | tf.Tensor:
    """The index of the current replica, from 0."""
    context = tf.distribute.get_replica_context()
    return context.replica_id_in_sync_group if context else 0


def parameter_count(network: keras.Model) -> int:
    """The number of trainable parameters of a network."""
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)
