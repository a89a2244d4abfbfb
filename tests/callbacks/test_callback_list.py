import collections

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from callbacks.callback_list import StepCallbacks
from callbacks.checkpoints import Checkpoints, TrainingError, checkpoint_steps
from callbacks.curves import NumbersTable
from callbacks.evaluations import Evaluations
from callbacks.steps import StepCallback
from callbacks.watch import Numbers, Pictures, StopOnSignal
from engine.strategy import mirrored
from tests.callbacks.toys import Line, batches, fit, line

# Numbers are looked at after steps 3, 10, 15 and 20; between these nothing is due.
EVERY, LAST = 10, 20
LOOKS = (3, 10, 15, 20)


def two_cpus():
    return mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))


@pytest.fixture(params=[1, 2], ids=["one replica", "two replicas"])
def strategy(request):
    return tf.distribute.get_strategy() if request.param == 1 else two_cpus()


def watching(folder, every=EVERY, last=LAST, checkpoint_every=EVERY):
    writer = tf.summary.create_file_writer(str(folder / "tensorboard"))
    table = NumbersTable(folder / "numbers.csv", 0)
    return [
        Numbers(last, every, writer, table),
        Checkpoints(folder, checkpoint_every, keep=9),
        Evaluations(lambda: {"score": 1.0}, EVERY, table, writer, Checkpoints(folder, 1, keep=9)),
        StopOnSignal(),
    ]


class OnDevice:
    """A logged value that counts how often the host asks for it."""

    def __init__(self, tensor, ask):
        self.tensor, self.ask = tensor, ask

    def __float__(self):
        self.ask()
        return float(self.tensor)

    def __array__(self, *arguments, **named):
        self.ask()
        return np.asarray(self.tensor, *arguments, **named)

    def __getattr__(self, name):
        self.ask()
        return getattr(self.tensor, name)


class Conversions:
    """Counts, by step, what the host reads from the device during `fit`."""

    def __init__(self, monkeypatch, model):
        self.counts, self.step = collections.Counter(), 0
        numpy_of = ops._EagerTensorBase._numpy

        def counted(tensor):
            self.ask()
            return numpy_of(tensor)

        # What .numpy(), float(), int(), bool() and f"{}" of a tensor call; NumPy itself reads its memory without it.
        monkeypatch.setattr(ops._EagerTensorBase, "_numpy", counted)
        make = model.make_train_function

        def make_train_function(force=False):
            make(force)
            train = model.train_function

            def step(iterator):
                asked = self.counts.copy()
                logs = train(iterator)
                # Keras asks whether the iterator has ended, which the host knows.
                self.counts = asked
                self.step += 1
                return {name: OnDevice(value, self.ask) for name, value in logs.items()}

            object.__setattr__(model, "train_function", step)

        object.__setattr__(model, "make_train_function", make_train_function)

    def ask(self):
        self.counts[self.step] += 1

    @property
    def between_looks(self):
        """Of the steps after which nothing is due; counts of the last step include those when training ends."""
        return {step: count for step, count in self.counts.items() if step and step not in LOOKS}


def test_the_host_asks_the_device_for_nothing_between_two_looks(tmp_path, monkeypatch, strategy):
    model = line(strategy)
    callbacks = StepCallbacks(watching(tmp_path), model, tmp_path)
    conversions = Conversions(monkeypatch, model)
    model.fit(batches(0, LAST), verbose=0, shuffle=False, callbacks=callbacks)
    assert conversions.step == LAST
    assert conversions.between_looks == {}
    # Where it looks, it is counted.
    assert all(conversions.counts[step] for step in LOOKS)


def reads_a_log(step, logs, model):
    float(logs["loss"])


def reads_the_model(step, logs, model):
    assert model.step == step


def reads_the_flag(step, logs, model):
    assert model.logs.first_non_finite() is None


@pytest.mark.parametrize("read", [reads_a_log, reads_the_model, reads_the_flag])
def test_a_callback_that_asks_at_every_step_is_seen(tmp_path, monkeypatch, read):
    class Asking(StepCallback):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            read(self.step, logs, self.model)

    model = line()
    callbacks = StepCallbacks([*watching(tmp_path), Asking()], model, tmp_path)
    conversions = Conversions(monkeypatch, model)
    model.fit(batches(0, LAST), verbose=0, shuffle=False, callbacks=callbacks)
    assert sorted(conversions.between_looks) == [step for step in range(1, LAST + 1) if step not in LOOKS]


def test_keras_own_list_asks_at_every_step(tmp_path, monkeypatch):
    """Why there is a list of our own; should Keras change this, it can go."""
    model = line()
    conversions = Conversions(monkeypatch, model)
    model.fit(batches(0, LAST), verbose=0, shuffle=False, callbacks=[StopOnSignal()])
    assert sorted(conversions.between_looks) == [step for step in range(1, LAST + 1) if step not in LOOKS]


def test_it_trains_the_same_weights_as_keras_own_list(tmp_path, strategy):
    models = [line(strategy), line(strategy)]
    fit(models[0], watching(tmp_path), tmp_path, LAST)
    history = models[1].fit(batches(0, LAST), verbose=0, shuffle=False)
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(history.history) == set(models[0].history.history) == set(Line.log_names)


@pytest.mark.parametrize("rows", [(0,), (3,)], ids=["first replica", "last replica"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_first_step_that_is_not_finite_is_named_though_the_look_comes_later(tmp_path, strategy, rows, value):
    model = line(strategy)
    with pytest.raises(TrainingError) as raised:
        fit(model, watching(tmp_path), tmp_path, LAST, spoiled=(13, 14), rows=rows, value=value)
    assert model.step == 15
    assert str(raised.value) == (
        f"loss became {value} at step 13; the last good checkpoint, of step 10, is kept in {tmp_path}. "
        "A smaller learning rate may help."
    )


def test_the_value_that_is_not_finite_is_named(tmp_path, strategy, monkeypatch):
    track = Line.track

    def spoiled(self, loss, input):
        return track(self, loss=loss, input=tf.where(self.steps_done < 5, input, -np.inf))

    monkeypatch.setattr(Line, "track", spoiled)
    with pytest.raises(TrainingError, match=r"^input became -inf at step 6; no checkpoint was saved yet\."):
        fit(line(strategy), watching(tmp_path), tmp_path, LAST)


def test_nothing_is_saved_drawn_or_evaluated_after_it(tmp_path):
    """Weights are finite still, as the logs alone are spoiled: it is the flag that must be looked at."""

    class Spoiled(Line):
        def track(self, **values):
            return super().track(
                **{name: tf.where(self.steps_done < 6, value, np.nan) for name, value in values.items()}
            )

    keras.utils.set_random_seed(0)
    model = Spoiled(line().config)
    model.compile()
    writer = tf.summary.create_file_writer(str(tmp_path / "tensorboard"))
    table, drawn, evaluated = NumbersTable(tmp_path / "numbers.csv", 0), [], []
    checkpoints = Checkpoints(tmp_path, 8, keep=9)

    def draw():
        drawn.append(model.step)
        return {}

    def evaluate():
        evaluated.append(model.step)
        return {"score": 1.0}

    for callbacks in (
        [Numbers(LAST, 50, writer, table), checkpoints],
        [checkpoints],
        [Pictures(draw, 4, tmp_path, writer), Checkpoints(tmp_path, 100, keep=9)],
        [Evaluations(evaluate, 4, table, writer, Checkpoints(tmp_path, 4, keep=9))],
    ):
        model.steps_done.assign(0)
        model.logs.non_finite_step.assign(0)
        with pytest.raises(TrainingError, match="became nan at step 7"):
            fit(model, callbacks, tmp_path, LAST)
        assert model.step == 8
    assert drawn == [0, 4]
    assert evaluated == [4]
    assert checkpoint_steps(tmp_path) == [4]


def test_it_is_looked_at_when_training_ends_between_two_looks(tmp_path):
    """A signal may end it there."""

    class Stop(StepCallback):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.model.stop_training = self.step == 7

    with pytest.raises(TrainingError, match="became nan at step 6"):
        fit(line(), [Checkpoints(tmp_path, 100, keep=9), Stop()], tmp_path, LAST, spoiled=(6,))
    assert checkpoint_steps(tmp_path) == []
