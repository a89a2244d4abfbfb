"""The text encoder over words, as a user meets it: trained, beside a GAN, sampled, exported, resumed."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Sample, Train
from engine.folder import RunError
from engine.parts.text_encoder import flat_captions, read_table
from engine.record import run_record
from engine.requires import weights_fingerprint
from models.registry import PRESETS
from pipelines.examples import DataError
from pipelines.images import center_crop, to_float
from serving.alignment import Alignment
from serving.encoder import STANDARD_DEVIATION, CaptionEncoder
from serving.joint import COMPATIBILITY_FILE, IMAGE_FILE, TEXT_FILE, JointEncoders
from tests.worlds import captioned_images, tiny, tiny_run

CLIENT = """
import sys
import numpy as np, tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures["pixels"]
captions = tf.constant([line.encode() for line in sys.argv[3:]])
np.save(sys.argv[2], served(captions=captions, seed=tf.fill(captions.shape, 7))["images"].numpy())
assert not {"serving", "models", "pipelines"} & set(sys.modules)
"""


pytestmark = pytest.mark.usefixtures("eager_steps")


@pytest.fixture
def small_presets(monkeypatch):
    """Presets as small as the tests' own, where a GAN asks for the encoder of its dataset."""
    small = {name: dataclasses.replace(preset, per_dataset={}) for name, preset in PRESETS.items()}
    for name in ("char_cnn_rnn", "word_cnn"):
        small[name] = dataclasses.replace(small[name], config=tiny(name, steps=2))
    monkeypatch.setattr("engine.experiment.PRESETS", small)


@pytest.mark.parametrize(("name", "objective"), [("word_cnn", "contrastive"), ("char_cnn_rnn", "hinge")])
def test_the_files_of_a_run_score_images_and_captions_as_training_did(tmp_path, world, name, objective):
    # Within its range, the embeddings of the narrow encoder of characters hardly differ.
    own = {"initial_range": 0.0} if name == "char_cnn_rnn" else {}
    run = tiny_run(name, tmp_path / "run", steps=2, objective=objective, standardize=True, **own)
    run.train(Train())
    joint, model = JointEncoders.load(tmp_path / "run"), run.trained_model()
    images = np.asarray(to_float(center_crop(world.images, 32)))
    read = read_table(run.parts.reading(model.config), world)
    texts = model.text_encoder({model.text_key: read.rows}, training=False).numpy()
    trained = np.asarray(model.image_encoder({"image": images}, training=False)) @ texts.T
    scale = model.config.logit_scale if objective == "contrastive" else 1.0
    embeddings = joint.text.embed_all(flat_captions(world))
    np.testing.assert_allclose(joint.scores(images, embeddings), scale * trained, rtol=1e-3, atol=2e-4)
    about = np.zeros(embeddings.shape[1]) if objective == "contrastive" else embeddings.mean(axis=0)
    assert np.isclose(np.sqrt(np.mean((embeddings - about) ** 2)), STANDARD_DEVIATION, rtol=1e-3)


@pytest.mark.parametrize("name", ["char_cnn_rnn", "word_region"])
def test_a_new_process_reads_the_encoders(tmp_path, world, name):
    """Nothing of their training has been imported there."""
    tiny_run(name, tmp_path, steps=1).train(Train())
    lines = ["import pathlib, sys", "folder = pathlib.Path(sys.argv[1])"]
    lines += ["from serving.encoder import CaptionEncoder", f"CaptionEncoder.load(folder / {TEXT_FILE!r})"]
    if name == "word_region":
        lines[2:2] = ["from serving.alignment import Alignment", "Alignment.load(folder)"]
    result = subprocess.run([sys.executable, "-c", "\n".join(lines), str(tmp_path)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_run_with_an_alignment_leaves_its_encoders_of_words_and_regions(tmp_path, world):
    run = tiny_run("word_cnn", tmp_path / "run", steps=2, alignment_dim=3)
    run.train(Train())
    aligned, model = Alignment.load(tmp_path / "run"), run.trained_model()
    captions = flat_captions(world)
    read = aligned.read(aligned.reading.ids(tf.constant(captions)))
    # What a generator is given of a caption, and what its image is compared with, come from one network.
    embedded = CaptionEncoder.load(tmp_path / "run" / TEXT_FILE).embed_all(captions)
    np.testing.assert_allclose(read["embedding"], embedded, rtol=1e-4, atol=1e-5)
    expected = model.text_network({"words": aligned.reading.ids(tf.constant(captions))}, training=False)
    for name in ("words", "weights"):
        np.testing.assert_allclose(read[name], expected[name], rtol=1e-4, atol=1e-5)
    images = np.asarray(to_float(center_crop(world.images, 32)))
    expected, seen = model.image_network({"image": images}, training=False), aligned.see(images)
    for name in ("embedding", "regions"):
        np.testing.assert_allclose(seen[name], expected[name], rtol=1e-4, atol=1e-5)
    assert not aligned.words.trainable_variables + aligned.regions.trainable_variables
    # Of another size, they are resized.
    larger = tf.image.resize(images, (64, 64), method="nearest")
    assert aligned.see(larger)["regions"].shape == expected["regions"].shape
    (tmp_path / "run" / "region_encoder.keras").unlink()
    with pytest.raises(DataError, match=r"such as word_region's\. Received: .*without region_encoder\.keras"):
        Alignment.load(tmp_path / "run")


def test_the_vocabulary_is_that_of_the_training_captions(tmp_path, world):
    run = tiny_run("word_cnn", tmp_path / "run", steps=1)
    assert "vocabulary = (bird, line" in run.describe(Train())
    run.train(Train())
    config = json.loads((tmp_path / "run" / "run.json").read_text())["config"]
    # "bird 3, line 0": the numbers of birds occur twice, as each has two captions.
    assert set(config["vocabulary"]) == {"bird", "line", *map(str, range(len(world)))}
    assert config["read_words"] == 4
    report = (tmp_path / "run" / "report.html").read_text()
    assert f"(bird, line, 0, 1, ...: {len(config['vocabulary'])})" in report
    encoder = CaptionEncoder.load(tmp_path / "run" / TEXT_FILE)
    assert encoder.reading.unknown(["Bird 3 and 99"]) == ["and", "99"]


def test_captions_longer_than_what_is_read_are_counted_and_named(tmp_path, monkeypatch, caplog):
    long = ("a bird " * 40, "a short one")
    examples = captioned_images()
    examples = dataclasses.replace(examples, captions=(long, *examples.captions[1:-1], long))
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    run = tiny_run("word_cnn", tmp_path / "run", steps=1)
    prepared = run.parts.prepare(run.splits.train)
    assert prepared.config.read_words == 64
    names = f"{examples.names[0]}, {examples.names[-1]}"
    assert f"2 captions are longer than 64 words, and the text encoder does not read the rest: {names}" in caplog.text
    given = tiny_run("word_cnn", tmp_path / "given", steps=1, read_words=5)
    assert given.parts.prepare(given.splits.train).config.read_words == 5


def test_a_gan_trains_the_encoder_that_it_names_samples_and_serves_it(tmp_path, world, small_presets, capsys, caplog):
    folder = tmp_path / "gan"
    run = tiny_run("gan_cls", folder, "word_cnn", steps=1)
    run.train(Train())
    assert f"training one first, in {tmp_path}/word_cnn-birds" in capsys.readouterr().out
    assert not (tmp_path / "char_cnn_rnn-birds").exists()
    encoder = tmp_path / "word_cnn-birds"
    assert weights_fingerprint(folder / TEXT_FILE) == weights_fingerprint(encoder / TEXT_FILE)
    for name in (IMAGE_FILE, COMPATIBILITY_FILE):
        assert (folder / name).read_bytes() == (encoder / name).read_bytes()
    assert json.loads((folder / "run.json").read_text())["requires"]["text_encoder"]["model"] == "word_cnn"

    captions = ("bird 3, line 1", "A teal bird 鸟 3")
    with caplog.at_level("WARNING", logger="absl"):
        run.sample(Sample(caption=captions, num_images=2, output=str(tmp_path / "sampled.png")))
    assert "has not seen in training, or once only: a, teal, 鸟" in caplog.text
    assert "longer than 4 words" in caplog.text
    wanted = run.parts.sampler(run.trained_model()).draw({"captions": list(captions)}, 7)
    arguments = [sys.executable, "-c", CLIENT, str(folder / "export" / "1"), str(tmp_path / "found.npy"), *captions]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert np.abs(np.load(tmp_path / "found.npy").astype(int) - wanted).max() <= 1
    # The encoder of a run elsewhere, by its folder.
    named = tiny_run("gan_cls", tmp_path / "elsewhere" / "gan", encoder)
    assert named.parts.required(named.preset.requirement("text_encoder")).model == "word_cnn"
    assert named.ensure_required(Train()) == run.ensure_required(Train())


def write_run(run):
    """The record of a run that has taken no step."""
    prepared = run.parts.prepare(run.splits.train)
    run.folder.make()
    run.folder.write_record(run_record(run.experiment, prepared.config, prepared.data, {}, 1, 0.0))


def test_a_run_of_another_kind_is_no_text_encoder(tmp_path, world):
    write_run(tiny_run("attribute_judge", tmp_path / "judge", steps=1))
    with pytest.raises(RunError, match=r"must be a run of --model=char_cnn_rnn or word_cnn"):
        tiny_run("gan_cls", tmp_path / "gan", tmp_path / "judge", steps=1).train(Train())


def test_a_run_of_other_words_is_not_resumed_and_they_are_not_all_listed(tmp_path, world, monkeypatch):
    write_run(tiny_run("word_cnn", tmp_path / "run", steps=1))
    more = dataclasses.replace(world, captions=tuple((f"owl {row}", "an owl") for row in range(len(world))))
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: more)
    with pytest.raises(RunError, match=r"config.vocabulary: \(bird, line, ") as raised:
        tiny_run("word_cnn", tmp_path / "run", steps=1).train(Train())
    assert len(str(raised.value)) < 800


def test_without_classes_captions_in_common_are_no_mistakes(tmp_path, monkeypatch):
    examples = captioned_images()
    shared = tuple((("a bird",) if row % 2 else (f"bird {row}",)) for row in range(len(examples)))
    examples = dataclasses.replace(examples, captions=shared, labels=None, class_names=(), truth=None)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: examples)
    run = tiny_run("word_cnn", tmp_path / "run", steps=1, batch_size=16)
    batch = run.parts.prepare(run.splits.train).batches.at(tf.constant(0))
    assert len(np.unique(batch["label"])) == 16
    same_words = np.all(batch["words"][:, None] == batch["words"][None], axis=-1)
    np.testing.assert_array_equal(batch["caption"][:, None] == batch["caption"][None], same_words)
    assert 16 < same_words.sum() < 256
