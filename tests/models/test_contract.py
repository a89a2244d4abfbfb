"""What every model of `models.registry` promises. A new preset is tested by being in the table."""

import dataclasses
import itertools
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from models.core import spectral
from models.core.adversarial_config import PAIRED_LOSSES
from models.core.layers import NORMALIZATIONS
from models.core.preset import import_name
from models.registry import PRESETS
from tests.quick import optimized_graphs
from tests.worlds import SIDE, examples_of, frozen_encoders, of_earlier_run, tiny, tiny_run

CLASSES = {name: import_name(preset.model) for name, preset in PRESETS.items()}
GENERATORS = [name for name, preset in PRESETS.items() if "sample" in preset.modes]
CLASSIC = [name for name, preset in PRESETS.items() if preset.samples_from == "noise"]
CLASSES_OF_BATCH, POINT, WORDS, WORD_DIM = 3, 2, 7, 3
# Captions and images that are compared are those of the replica.
COMPARED = [name for name, preset in PRESETS.items() if getattr(preset.config, "reads_words", False)]
COUPLED = [name for name, model_class in CLASSES.items() if model_class.couples_examples or name in COMPARED]
RUNAWAYS = ("lsgan", "biggan")
# One preset for each class, whose steps are compiled, as a user's are; those of the others run eagerly, in less time.
COMPILED = tuple({CLASSES[name]: name for name in reversed(PRESETS)}.values())


def existing(name, **changes):
    """Those of the changes whose fields the preset's configuration has."""
    fields = {field.name for field in dataclasses.fields(PRESETS[name].config)}
    return {field: value for field, value in changes.items() if field in fields}


class OneStep:
    """A tiny model and its batches, with its weights before and after one step of `fit`."""

    def __init__(self, name, folder, encoder, compiled, **changes):
        # Of four units of the 2014 networks, all may be 0 for a whole batch.
        wide = {"generator_width": 24} if getattr(PRESETS[name].config, "network", "") == "mlp" else {}
        changes = existing(name, average_decay=0.9, inner_product_dim=3) | wide | changes
        run = tiny_run(name, folder, encoder, **changes)
        self.name, self.prepared = name, run.parts.prepare(run.splits.train)
        self.model = run.build(self.prepared)
        run.parts.initialize(self.model)
        self.model.run_eagerly = not compiled
        self.before = moving(self.model)
        self.history = self.fit(self.model, 0, 1)
        self.after = moving(self.model)

    def fit(self, model, start, stop):
        return model.fit(self.prepared.batches.dataset(start, stop), verbose=0, shuffle=False).history


def moving(model) -> dict[str, np.ndarray]:
    """What each player moves, by player, place and kind."""
    return {
        f"{player} {index} {variable.name}": keras.ops.convert_to_numpy(variable)
        for player in model.players
        for index, variable in enumerate(model.player_variables(player))
    }


def everything(model) -> list[np.ndarray]:
    """Weights, batch statistics, the average, optimizer slots and steps."""
    slots = [variable for player in model.players for variable in model.optimizer_of(player).variables]
    return [keras.ops.convert_to_numpy(variable) for variable in model.weights + slots]


def make_one_step(name, tmp_path_factory, encoder_folder, compiled, **changes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        return OneStep(name, tmp_path_factory.mktemp("run"), encoder_folder, compiled, **changes)


@pytest.fixture(scope="module", params=PRESETS)
def trained(request, tmp_path_factory, encoder_folder):
    # Of each class, the first step is compiled and its graph optimized, as a user's is.
    with optimized_graphs():
        return make_one_step(request.param, tmp_path_factory, encoder_folder, request.param in COMPILED)


def test_networks_are_functional_models_of_named_inputs(trained):
    for player in trained.model.players:
        for network in trained.model.player_networks(player):
            assert isinstance(network, keras.Model)
            assert {name: tensor.name for name, tensor in network.input.items()} == {
                name: name for name in network.input
            }


def test_one_step_gives_the_declared_logs(trained):
    assert set(trained.history) == set(trained.model.log_names)
    assert np.isfinite(list(trained.history.values())).all()


def test_every_trainable_variable_belongs_to_one_player_and_is_updated(trained):
    model = trained.model
    owned = [id(variable) for player in model.players for variable in model.player_variables(player)]
    assert sorted(owned) == sorted({id(variable) for variable in model.trainable_variables})
    # Even a bias that batch normalization subtracts again is updated: Adam amplifies its rounding errors.
    assert idle(trained, trained.after) == []
    assert model.is_averaged == hasattr(model.config, "average_decay")


def idle(trained, after):
    """What has not been updated, except a logit's bias where the loss depends on differences of logits only."""
    differences = getattr(trained.model.config, "adversarial", "") in ("wasserstein", "hinge", *PAIRED_LOSSES)
    return [
        name
        for name, value in trained.before.items()
        if np.array_equal(value, after[name]) and not (differences and value.shape == (1,))
    ]


def test_saved_and_loaded_it_is_the_same_and_continues_the_same(trained, tmp_path):
    assert trained.model.step == 1
    trained.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(trained.model)
    assert loaded.config == trained.model.config
    assert loaded.step == 1
    assert_same(everything(loaded), everything(trained.model))
    if trained.name in COMPARED:
        loaded.attach(trained.model.alignment)
    slots = [variable for player in loaded.players for variable in loaded.optimizer_of(player).variables]
    # Adam has two slots for each weight, the others one.
    kept = 2 if loaded.config.optimizer == "adam" else 1
    assert len(slots) > kept * len(loaded.trainable_variables)
    for model in (loaded, trained.model):
        # Neither is traced (again); Keras would take the function that it has traced.
        model.run_eagerly, model.train_function = True, None
        trained.fit(model, 1, 2)
        assert model.step == 2
    assert_same(everything(loaded), everything(trained.model))


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples(trained):
    if "sample" not in PRESETS[trained.name].modes:
        pytest.skip("no generator")
    check_samples(trained.model)


def check_samples(model):
    rng = np.random.default_rng(0)
    inputs = {
        name: rng.normal(size=(3, *(SIDE if length is None else length for length in tensor.shape[1:])))
        for name, tensor in model.sampled_generator.input.items()
    }
    if "label" in inputs:
        inputs["label"] = np.arange(3)
    images = model.sampled_generator(inputs, training=False)
    assert images.dtype == tf.float32
    if hasattr(model.config, "dimensions"):
        assert images.shape == (3, POINT)
    elif factor := getattr(model.config, "factor", 0):
        # With no activation at the end; what is beyond the range is cut off.
        assert images.shape == (3, factor * SIDE, factor * SIDE, 3)
    else:
        assert images.shape == (3, SIDE, SIDE, getattr(model.config, "channels", 3))
        assert np.abs(images).max() <= 1
    if hasattr(model.config, "draws"):
        # In one bit they hardly differ, of hardly trained weights.
        network = model.averaged_generator if model.is_averaged else model.generator
        images = network(inputs, training=False)
    # Different inputs give different images; in few bits, of hardly trained weights, not always.
    different = 3 if model.config.precision == "float32" else 2
    assert len({image.numpy().tobytes() for image in images}) >= different


MIXED = (
    "gan_int_cls",
    "gan_cls_plus",
    "char_cnn_rnn",
    "pix2pix",
    "cyclegan",
    "pixel_dt",
    "srgan",
    "dcgan",
    "projection",
    "infogan",
)


@pytest.mark.parametrize(
    ("name", "precision"),
    # A penalty is refused under float16.
    [("wgan_gp", "mixed_bfloat16"), *itertools.product(MIXED, ("mixed_bfloat16", "mixed_float16"))],
)
def test_mixed_precision(name, precision, tmp_path_factory, encoder_folder):
    # The loss scale of float16 decides in the graph whether to update; bfloat16 has none.
    scaled = precision == "mixed_float16"
    trained = make_one_step(
        name, tmp_path_factory, encoder_folder, compiled=scaled and name in COMPILED, precision=precision
    )
    assert np.isfinite(list(trained.history.values())).all()
    assert all(value.dtype == np.float32 for value in trained.after.values())
    # float16 starts with a loss scale that may overflow for some steps; they count, and update nothing.
    steps = 8 if scaled else 2
    trained.fit(trained.model, 1, steps)
    assert trained.model.step == steps
    after = moving(trained.model)
    assert all(np.isfinite(value).all() for value in after.values())
    assert idle(trained, after) == []
    if name in GENERATORS:
        check_samples(trained.model)
    assert keras.config.dtype_policy().name == "float32"


# Two replicas. Plain gradient descent, so that the scale of gradients matters (it does not to Adam), and no
# normalization, because batch statistics are computed per replica.


class Unnormalized(types.SimpleNamespace):
    """keras.layers without what makes an example depend on others or on a replica's random state."""

    def __getattr__(self, name):
        if name == "BatchNormalization":
            return lambda **options: keras.layers.Identity()
        return getattr(keras.layers, name)


@pytest.fixture
def no_normalization(monkeypatch):
    monkeypatch.setattr("models.text_to_image.networks.batch_normalization", lambda x: x)
    monkeypatch.setattr("models.text_to_image.stackgan_networks.batch_normalization", lambda x: x)
    monkeypatch.setattr("models.image_to_image.pix2pix_networks.batch_statistics", lambda x: x)
    monkeypatch.setattr("models.image_to_image.pixel_dt_networks.batch_normalization", lambda x: x)
    monkeypatch.setitem(NORMALIZATIONS, "batch", lambda x: x)
    monkeypatch.setattr("models.generation.conditions.batch_normalization", lambda x: x)
    monkeypatch.setattr("models.generation.conditions.FusedBatchNormalization", lambda **options: lambda x: x)
    monkeypatch.setattr("models.generation.biggan.batch_normalization", lambda x: x)
    monkeypatch.setattr("models.generation.biggan.FusedBatchNormalization", lambda **options: lambda x: x)
    monkeypatch.setattr("models.judges.judge.layers", Unnormalized())


def plain(name, **changes):
    fields = existing(
        name,
        average_decay=0.5,
        text_dim=3,
        value_counts=(CLASSES_OF_BATCH, 2, 2),
        dropout=0.0,
        generator_dropout=0.0,
        noise=0.0,
        augmentation="",
        recurrent_unit="rnn",
        channels=3,
        classes=CLASSES_OF_BATCH,
        dimensions=POINT,
        discriminator_learning_rate=0.0,
        learning_rate_decay=1.0,
        weight_clip=0.0,
        vocabulary=("red", "bird"),
        read_words=WORDS,
        word_dim=WORD_DIM,
    )
    for field in dataclasses.fields(PRESETS[name].config):
        if field.name == "discriminator_normalization" and "none" in field.metadata["choices"]:
            fields[field.name] = "none"
    fields |= of_earlier_run(name, text_dim=3)
    return tiny(name, optimizer="sgd", **(fields | {"beta_1": 0.0, "learning_rate": 0.05} | changes))


def strong_weights(model):
    """Weights that preserve a signal's scale: with N(0, 0.02) and no normalization, updates would be too small."""
    rng = np.random.default_rng(3)
    # A style encoder's generator is not trained, nor is a first stage.
    frozen = model.generator.weights if hasattr(model, "style_encoder") else []
    if hasattr(model, "take_first_stage"):
        frozen = [weight for weight in model.generator.get_layer("first_stage").weights if len(weight.shape) > 1]
    for variable in [*model.trainable_variables, *frozen]:
        shape = tuple(variable.shape)
        size = np.prod(shape[:-1]) if len(shape) > 1 else 100
        variable.assign(rng.normal(size=shape) * np.sqrt(2 / size))


def build(name, config, strategy=None):
    strategy = strategy or tf.distribute.get_strategy()
    # Two models approach their singular vectors from the same random ones: from others they come near, and no nearer.
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = CLASSES[name](config)
        strong_weights(model)
        for player in model.players:
            for network in model.player_networks(player):
                spectral.iterate(network, spectral.WARM_UP)
        for average in getattr(model, "averages", ()):
            # It started with the random weights of its own model.
            average.average.set_weights(average.network.get_weights())
        for history in itertools.chain(*getattr(model, "histories", {}).values()):
            history.average.set_weights([0.5 * weight for weight in history.network.get_weights()])
        if name in COMPARED:
            model.attach(frozen_encoders(config.text_dim, SIDE, WORDS))
        model.compile()
    return model


def make_batch(name, config, rows=slice(None)):
    """A batch with every key that any model reads."""
    rng = np.random.default_rng(4)
    count = config.batch_size
    batch = {
        "image": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "wrong_image": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "input": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "target": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "unassociated": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "low": rng.uniform(-1, 1, (count, SIDE // 4, SIDE // 4, 3)).astype(np.float32),
        "high": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "a": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "b": rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32),
        "text": rng.normal(size=(count, 3)).astype(np.float32),
        "characters": rng.integers(0, 71, (count, 201)).astype(np.uint8),
        "words": rng.integers(0, 6, (count, WORDS)).astype(np.int32),
        "edited": rng.integers(0, 6, (count, 2, WORDS)).astype(np.int32),
        "caption": np.arange(count),
        "label": np.arange(count),
        "attributes": rng.integers(0, 2, (count, 3)).astype(np.int32),
    }
    if name in CLASSIC:
        turns = config.discriminator_steps
        shape = (POINT,) if hasattr(config, "dimensions") else (SIDE, SIDE, 3)
        batch["real"] = rng.uniform(-1, 1, (count, turns, *shape)).astype(np.float32)
        batch["label"] = rng.integers(0, CLASSES_OF_BATCH, (count, turns)).astype(np.int32)
        batch["attributes"] = rng.uniform(-1, 1, (count, turns, 3)).astype(np.float32)
        batch["labeled"] = rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32)
        batch["known_label"] = rng.integers(0, CLASSES_OF_BATCH, count).astype(np.int32)
    return {key: tf.constant(value[rows]) for key, value in batch.items()}


def two_cpus():
    return mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))


def as_dataset(batch):
    """One batch, as the pipelines make them: not by tf.data's own batching."""
    return tf.data.Dataset.range(1).map(lambda step: batch)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        # The squares of strong weights' logits run away at a larger rate, and roundings with them; as do the hinge's
        # through the scales of every block.
        *((name, {"learning_rate": 1e-3} if name in RUNAWAYS else {}) for name in PRESETS if name not in COUPLED),
        ("gan_2d", {"historical_averaging": 0.3}),
    ],
)
def test_two_replicas_give_the_weights_of_one(name, changes, no_normalization):
    config = plain(name, **changes)
    one = build(name, config)
    start = moving(one)
    batch = make_batch(name, config)
    one.train_step(batch)
    two = build(name, config, two_cpus())
    two.run_eagerly = name not in COMPILED
    two.fit(as_dataset(batch), verbose=0)
    assert two.step == 1
    assert_close(moving(two), moving(one), start)
    for kept, other in zip(getattr(one, "averages", ()), getattr(two, "averages", ()), strict=True):
        expected, found, last = (network.get_weights() for network in (kept.average, other.average, kept.network))
        for index in range(len(expected)):
            largest = max(np.abs(last[index]).max(), 1.0)
            np.testing.assert_allclose(found[index], expected[index], atol=5e-6 * largest, rtol=0)
        # Otherwise this would only repeat that the weights are the same.
        assert any((expected[index] != last[index]).any() for index in range(len(expected)))


def assert_close(found, expected, start):
    for key in start:
        # Compiled and eager steps round differently, by the more the longer they are.
        longest = np.abs(expected[key] - start[key]).max()
        np.testing.assert_allclose(found[key], expected[key], atol=5e-6 * max(longest, 1.0), rtol=0, err_msg=key)
    # Otherwise the comparison would be empty. (A bias may be fixed: the hinge depends on differences only.)
    moved = [key for key in start if np.abs(expected[key] - start[key]).max() > 1e-4]
    assert len(moved) > 0.5 * len(start)


@pytest.mark.parametrize("name", COUPLED)
def test_two_replicas_take_the_mean_of_their_separate_steps(name, no_normalization):
    """Where examples of a batch are coupled, two replicas of B / 2 differ from one of B.

    What holds then: a player's update is the mean of the updates that each replica alone would make. Players updated
    before it in the same step would differ between the replicas alone, so all but one are frozen.
    """
    # A second turn would begin where the mean of the first has led. The gradients of mean features are small.
    rates = {"learning_rate": 0.5, "discriminator_learning_rate": 0.05} if name == "improved_gan" else {}
    config = plain(name, **existing(name, discriminator_steps=1), **rates)
    half = config.batch_size // 2
    for player in build(name, config).players:
        two = build(name, config, two_cpus())
        two.run_eagerly = name not in COMPILED
        with two.distribute_strategy.scope():
            freeze_all_but(two, player)
        start = {path: value for path, value in moving(two).items() if path.startswith(player)}
        two.fit(as_dataset(make_batch(name, config)), verbose=0)
        alone = []
        for rows, replica in ((slice(0, half), 0), (slice(half, None), 1)):
            one = build(name, config)
            freeze_all_but(one, player)
            take_latents_of(one, replica)
            one.train_step(make_batch(name, config, rows))
            alone.append(moving(one))
        expected = {path: (alone[0][path] + alone[1][path]) / 2 for path in start}
        found = moving(two)
        assert_close({path: found[path] for path in start}, expected, start)
        assert any(np.abs(alone[0][path] - alone[1][path]).max() > 1e-4 for path in start)


def freeze_all_but(model, player):
    for other in model.players:
        if other != player:
            optimizer = keras.optimizers.SGD(0.0)
            optimizer.build(model.player_variables(other))
            setattr(model, f"{other}_optimizer", optimizer)


def take_latents_of(model, replica):
    """Sample on one device what one of two replicas would sample."""
    draw = model.sample_latent

    def own_rows(count, *arguments):
        return draw(2 * count, *arguments)[replica * count : (replica + 1) * count]

    object.__setattr__(model, "sample_latent", own_rows)


# One preset for each class that samples latents.
SAMPLING = tuple({CLASSES[name]: name for name in GENERATORS if hasattr(PRESETS[name].config, "latent_dim")}.values())


@pytest.mark.parametrize("name", SAMPLING)
def test_replicas_sample_different_latents_which_together_are_those_of_one_device(name):
    config = plain(name)
    one = CLASSES[name](config).sample_latent(4)
    strategy = two_cpus()
    with strategy.scope():
        two = CLASSES[name](config)
    drawn = strategy.run(lambda: two.sample_latent(2))
    np.testing.assert_array_equal(tf.concat(drawn.values, axis=0), one)
    # Codes may repeat, noise does not.
    noise = one[:, : config.latent_dim].numpy()
    assert len(np.unique(noise)) == noise.size


def test_latents_are_standard_normal_and_differ_from_step_to_step_and_seed_to_seed():
    config = dataclasses.replace(plain("gan_cls"), latent_dim=100)
    model = build("gan_cls", config)
    first = model.sample_latent(500).numpy()
    assert abs(first.mean()) < 0.02
    assert abs(first.std() - 1) < 0.02
    np.testing.assert_array_equal(model.sample_latent(500), first)
    model.train_step(make_batch("gan_cls", dataclasses.replace(config, batch_size=2)))
    assert np.mean(np.isin(model.sample_latent(500), first)) < 0.01
    other = build("gan_cls", dataclasses.replace(config, seed=1))
    assert np.mean(np.isin(other.sample_latent(500), first)) < 0.01


# One preset for each class of models with a generator and a discriminator.
ADVERSARIAL = tuple(
    {CLASSES[name]: name for name in reversed(PRESETS) if hasattr(PRESETS[name].config, "penalty")}.values()
)
STABILIZERS = {
    "penalty": {"penalty": "r1"},
    "smoothing": {"label_smoothing": 0.2},
    "noise": {"instance_noise": 0.5, "instance_noise_steps": 10},
    "augmentation": {"augmentation": "color,translation,cutout"},
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_each_stabilizer_changes_the_discriminators_loss(name, no_normalization):
    has_energy = getattr(PRESETS[name].config, "has_energy", False)
    common = existing(name, adversarial="energy" if has_energy else "non_saturating", domain_weight=1.0)

    def losses_with(**changes):
        config = plain(name, **(common | changes))
        logs = build(name, config).train_step(make_batch(name, config))
        return {key: float(value) for key, value in logs.items() if key in ("discriminator_loss", "domain_loss")}

    without = losses_with()
    assert without
    for stabilizer, changes in STABILIZERS.items():
        if stabilizer == "augmentation" and hasattr(PRESETS[name].config, "dimensions"):
            continue  # Points have no pixels.
        if stabilizer == "smoothing" and has_energy:
            continue  # Energies have no target.
        found = losses_with(**changes)
        assert np.isfinite(list(found.values())).all()
        for key, value in without.items():
            assert abs(found[key] - value) > 1e-6 * max(abs(value), 1.0), (stabilizer, key)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_discriminators_may_have_their_own_learning_rate(name):
    model = CLASSES[name](plain(name, discriminator_learning_rate=4e-4))
    model.compile()
    for player in model.players:
        rate = float(model.optimizer_of(player).learning_rate)
        assert (rate == pytest.approx(4e-4)) == ("discriminator" in player)
