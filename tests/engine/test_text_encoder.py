"""The text encoder: training it, embedding captions with it, and not mistaking another dataset's for one's own."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks.checkpoints import checkpoint_steps
from engine.command import Evaluate, Train
from engine.folder import RunError, RunFolder
from engine.parts.text_encoder import embedding_table, flat_captions
from engine.record import run_record
from evaluation.distances import FeatureDistances
from evaluation.features import feature_network
from evaluation.matching import RPrecision
from models.registry import PRESETS
from models.text_encoder import networks
from models.text_encoder.networks import text_encoder
from pipelines.examples import DataError
from pipelines.rows import some_of
from serving.encoder import STANDARD_DEVIATION, CaptionEncoder
from serving.joint import TEXT_FILE
from tests.worlds import captioned_images, tiny, tiny_run

pytestmark = pytest.mark.usefixtures("eager_steps")


def train_gan(folder):
    tiny_run("gan_cls", folder, "char_cnn_rnn", steps=1).train(Train())


@pytest.fixture
def small_presets(monkeypatch):
    """Presets as small as the tests' own, where a GAN asks for the encoder of its dataset."""
    small = {name: dataclasses.replace(preset, per_dataset={}) for name, preset in PRESETS.items()}
    small["char_cnn_rnn"] = dataclasses.replace(small["char_cnn_rnn"], config=tiny("char_cnn_rnn", steps=2))
    monkeypatch.setattr("engine.experiment.PRESETS", small)


def test_a_gan_trains_its_encoder_first_and_prints_that(tmp_path, world, small_presets, steps_alone, capsys):
    train_gan(tmp_path / "gan")
    printed = capsys.readouterr().out
    assert "No text encoder for birds yet: training one first" in printed
    assert "image_recall_at_10" in printed
    encoder = tmp_path / "char_cnn_rnn-birds"
    assert (encoder / TEXT_FILE).exists()
    assert (tmp_path / "gan" / TEXT_FILE).read_bytes()
    # A second run of the dataset takes the encoder and its embeddings as they are.
    before = {path: path.stat().st_mtime_ns for path in encoder.iterdir()}
    train_gan(tmp_path / "second")
    assert "No text encoder" not in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in encoder.iterdir()}


def test_an_encoder_of_other_captions_is_not_taken(tmp_path, world, small_presets, steps_alone, monkeypatch):
    train_gan(tmp_path / "gan")
    other = dataclasses.replace(world, captions=tuple((f"another {index}",) for index in range(len(world))))
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: other)
    with pytest.raises(RunError, match=r"was trained on other captions.*--workdir=\S+-2/"):
        train_gan(tmp_path / "other")
    assert not (tmp_path / "other" / "run.json").exists()


def test_embeddings_lie_around_zero_at_the_scale_of_the_noise(tmp_path):
    keras.utils.set_random_seed(0)
    encoder = CaptionEncoder(text_encoder(tiny("char_cnn_rnn", initial_range=0.0), 6))
    captions = [f"a bird with {word} wings" for word in ("red", "blue", "long", "no", "a pair of")]
    before = encoder.embed_all(captions)
    encoder.standardize(captions)
    after = encoder.embed_all(captions)
    np.testing.assert_allclose(after.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.sqrt(after.var(axis=0).mean()), STANDARD_DEVIATION, rtol=1e-4)
    # Moved and scaled, and nothing else.
    centered = before - before.mean(axis=0)
    np.testing.assert_allclose(after / STANDARD_DEVIATION, centered / np.sqrt(before.var(axis=0).mean()), atol=1e-3)


def test_embeddings_are_computed_once(tmp_path, encoder_folder, monkeypatch):
    examples = captioned_images()
    encoder = CaptionEncoder.load(encoder_folder / TEXT_FILE)
    first = embedding_table(encoder, examples, tmp_path / "cache")
    np.testing.assert_allclose(first.rows, encoder.embed_all(flat_captions(examples)), rtol=1e-6)
    monkeypatch.setattr(encoder, "embed_all", None)
    np.testing.assert_array_equal(embedding_table(encoder, examples, tmp_path / "cache").rows, first.rows)


def test_a_damaged_cache_of_embeddings_is_computed_again(tmp_path, encoder_folder):
    examples = captioned_images()
    encoder = CaptionEncoder.load(encoder_folder / TEXT_FILE)
    first = embedding_table(encoder, examples, tmp_path)
    (cached,) = tmp_path.iterdir()
    cached.write_bytes(cached.read_bytes()[:100])
    np.testing.assert_array_equal(embedding_table(encoder, examples, tmp_path).rows, first.rows)


def test_some_examples_are_spread_over_all():
    examples = captioned_images()
    some = some_of(examples, 6)
    assert len(some) == 6
    assert (some.names[0], some.names[-1]) == (examples.names[0], examples.names[-1])
    assert len(some_of(examples, 1000)) == len(examples)


def write_image_network(path, size=None):
    image = keras.Input((size, size, 3))
    features = keras.layers.GlobalAveragePooling2D()(image)
    keras.Model(image, {"features": features, "other": image}).save(path)
    return str(path)


def test_features_of_a_network_by_file(tmp_path):
    features = feature_network(write_image_network(tmp_path / "network.keras"))
    images = np.random.default_rng(0).uniform(-1, 1, (70, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(features(images), images.mean(axis=(1, 2)), atol=1e-6)


def test_an_image_network_that_is_none(tmp_path):
    (tmp_path / "text.keras").write_text("no network")
    for path in (tmp_path / "text.keras", tmp_path / "missing.keras"):
        with pytest.raises(DataError, match=r"must be a \.keras file"):
            feature_network(str(path))


@pytest.mark.parametrize("kind", ["dict", "list", "map"])
def test_an_image_network_that_gives_no_vectors(tmp_path, kind):
    image = keras.Input((8, 8, 3))
    vector = keras.layers.GlobalAveragePooling2D()(image)
    keras.Model(image, {"dict": {"other": vector}, "list": [vector, image], "map": image}[kind]).save(
        tmp_path / "network.keras"
    )
    with pytest.raises(DataError, match="must give one vector an image") as raised:
        feature_network(str(tmp_path / "network.keras"))(np.zeros((2, 8, 8, 3), np.float32))
    assert "\n" not in str(raised.value)


def test_embeddings_that_cannot_be_cached_are_used_all_the_same(tmp_path, encoder_folder):
    examples = captioned_images()
    # Different only in the second suffix, which files of embeddings do not keep.
    examples = dataclasses.replace(examples, names=("heron", "heron.jpg", *examples.names[2:]))
    encoder = CaptionEncoder.load(encoder_folder / TEXT_FILE)
    table = embedding_table(encoder, examples, tmp_path)
    np.testing.assert_array_equal(table.rows, encoder.embed_all(flat_captions(examples)))
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_another_process_trains_is_waited_for_not_restarted(tmp_path, world, small_presets):
    folder = RunFolder(tmp_path / "char_cnn_rnn-birds")
    folder.make()
    with folder.locked(), pytest.raises(RunError, match="another process is training") as raised:
        train_gan(tmp_path / "gan")
    assert "restart" not in str(raised.value)


def test_an_encoder_that_cannot_be_resumed_names_the_command_that_helps(tmp_path, world, small_presets, steps_alone):
    folder = RunFolder(tmp_path / "char_cnn_rnn-birds")
    folder.make()
    # What is left of an encoder that was stopped, started with another seed.
    encoder = tiny_run("char_cnn_rnn", folder.path, steps=2, seed=7)
    prepared = encoder.parts.prepare(encoder.splits.train)
    folder.write_record(run_record(encoder.experiment, prepared.config, prepared.data, {}, 1, 0.0))
    with pytest.raises(RunError, match=r"config.seed: 7 -> 0") as raised:
        train_gan(tmp_path / "gan")
    assert "python main.py --model=char_cnn_rnn --dataset=birds" in str(raised.value)
    assert str(raised.value).endswith("--restart")
    # The command that it names.
    tiny_run("char_cnn_rnn", folder.path, steps=2).train(Train(restart=True))
    train_gan(tmp_path / "gan")
    assert (tmp_path / "gan" / "finished.json").exists()


def test_the_encoder_learns_against_a_pretrained_network(tmp_path, world, steps_alone):
    network = write_image_network(tmp_path / "network.keras")
    tiny_run("char_cnn_rnn", tmp_path / "run", steps=2, image_encoder=network).train(Train())
    assert json.loads((tmp_path / "run" / "run.json").read_text())["config"]["image_features_dim"] == 3
    assert (tmp_path / "run" / TEXT_FILE).exists()


def test_the_protocol_names_what_scores_split_and_counts(
    tmp_path, world, encoder_folder, steps_alone, monkeypatch, caplog
):
    monkeypatch.chdir(tmp_path)

    def load(dataset, split, *arguments):
        return dataclasses.replace(captioned_images(seed=int(split == "test")), truth=None)

    monkeypatch.setattr("pipelines.registry.load", load)
    tiny_run("gan_cls", tmp_path / "run", encoder_folder, steps=1).train(Train())
    network = write_image_network(tmp_path / "network.keras")
    run = tiny_run("gan_cls", tmp_path / "run", encoder_folder)
    evaluation = run.evaluate(Evaluate(feature_network=network))
    protocol = evaluation["protocol"]
    assert protocol["extractor"] == "network.keras"
    assert protocol["generated"] == protocol["real"] == len(world)
    assert (protocol["split"], protocol["seed"]) == ("test", 0)
    assert (protocol["distances"], protocol["resize"]) == ("network FD, network KD", "none")
    assert evaluation["metrics"]["network_fd"] >= 0
    run.evaluators = [FeatureDistances(), RPrecision()]
    # Of real images alone, those to test on and those of the training; the next evaluation takes them from there.
    kept = list((tmp_path / "data" / "features").iterdir())
    assert len(kept) == 2
    for file in kept:
        np.savez(file, rows=dict(np.load(file))["rows"] + 1)
    assert run.evaluate(Evaluate(feature_network=network))["metrics"]["network_fd"] > 1
    # By the encoders that the generator reads, unless others are named.
    assert evaluation["metrics"]["r_precision_by_chance"] == 1 / 31
    assert protocol["retrieval_encoder"] == f"{tmp_path / 'run'}, by which the generator was trained"
    named = run.evaluate(Evaluate(retrieval_encoder=str(encoder_folder)))
    assert named["protocol"]["retrieval_encoder"] == str(encoder_folder)
    assert named["metrics"]["r_precision"] == evaluation["metrics"]["r_precision"]
    with pytest.raises(DataError, match=r"a joint embedding is the files .*image_encoder\.keras.* Received: "):
        run.evaluate(Evaluate(retrieval_encoder=str(tmp_path)))
    # An encoder of an earlier version has none.
    (tmp_path / "run" / "image_encoder.keras").unlink()
    monkeypatch.setattr(run.parts, "required", lambda requirement: None)
    assert "r_precision" not in run.evaluate(Evaluate())["metrics"]
    assert "Without an image encoder no R-precision" in caplog.text


def test_end_to_end_the_encoder_learns_with_the_gan(tmp_path, world):
    run = tiny_run("gan_cls", tmp_path / "run", "end_to_end", steps=1)
    assert "text_dim = 1024" in run.describe(Train())
    assert "earlier runs" not in run.describe(Train())
    run.train(Train())
    served = tf.saved_model.load(str(tmp_path / "run" / "export" / "1")).signatures["pixels"]
    images = served(captions=tf.constant(["a red bird"]), seed=tf.constant([1]))["images"]
    assert images.shape == (1, 32, 32, 3)


def test_a_damaged_encoder_is_refused_in_one_line(tmp_path, world, encoder_folder):
    (tmp_path / "encoder").mkdir()
    damaged = tmp_path / "encoder" / TEXT_FILE
    damaged.write_bytes((encoder_folder / TEXT_FILE).read_bytes()[:-100])
    with pytest.raises(RunError, match="the text encoder is damaged; train it again") as raised:
        tiny_run("gan_cls", tmp_path / "run", tmp_path / "encoder", steps=1).train(Train())
    assert "\n" not in str(raised.value)


def test_a_dry_run_embeds_and_writes_nothing(tmp_path, world, encoder_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CaptionEncoder, "embed_all", lambda *arguments: pytest.fail("captions were embedded"))
    text = tiny_run("gan_cls", tmp_path / "run", encoder_folder).describe(Train())
    assert f"text_encoder: {encoder_folder}" in text
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_is_trained_first_takes_over_the_cadences(tmp_path, world, small_presets, steps_alone):
    run = tiny_run("gan_cls", tmp_path / "gan", "char_cnn_rnn", steps=1)
    run.train(Train(checkpoint_every=1, keep_checkpoints=5))
    assert checkpoint_steps(tmp_path / "char_cnn_rnn-birds" / "checkpoints") == [2, 1]


@pytest.mark.parametrize("standardize", [True, False])
def test_whether_embeddings_are_standardized_is_a_setting(tmp_path, world, steps_alone, standardize):
    run = tiny_run("char_cnn_rnn", tmp_path / "run", steps=1, standardize=standardize, initial_range=0.0)
    assert f"standardize = {standardize}" in run.describe(Train())
    run.train(Train())
    embeddings = CaptionEncoder.load(tmp_path / "run" / TEXT_FILE).embed_all(flat_captions(world))
    deviation = np.sqrt(embeddings.var(axis=0).mean())
    assert np.isclose(deviation, STANDARD_DEVIATION, rtol=1e-3) == standardize


def test_an_encoder_with_the_layers_of_another_version_is_refused_in_one_line(tmp_path, monkeypatch):
    network = text_encoder(tiny("char_cnn_rnn", recurrent_unit="rnn"), 6)
    CaptionEncoder(network).save(tmp_path / TEXT_FILE)
    build = networks.MeanOfStates.build

    def with_another_weight(layer, input_shape):
        build(layer, input_shape)
        layer.add_weight(shape=(2,), name="another")

    monkeypatch.setattr(networks.MeanOfStates, "build", with_another_weight)
    with pytest.raises(DataError, match=r"train it again.*Received: .*text_encoder.keras") as refused:
        CaptionEncoder.load(tmp_path / TEXT_FILE)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("characters", [60, 201])
def test_an_encoder_knows_how_much_of_a_caption_it_reads(characters):
    encoder = CaptionEncoder(text_encoder(tiny("char_cnn_rnn", read_characters=characters), 6))
    assert encoder.reading.most == characters
    # Pooling may leave out a few more at the end.
    read, beyond, differs = encoder.embed_all(["a" * characters, "a" * characters + "c", "a" * (characters - 10) + "c"])
    np.testing.assert_array_equal(read, beyond)
    assert not np.array_equal(read, differs)
