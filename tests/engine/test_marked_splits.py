"""Each image says which split it is of: what is scored, shown and explored is what was not trained on."""

import types

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Evaluate, Explore, Train
from engine.evaluate import selection_data, while_training, write_evaluation
from evaluation.evaluator import Data
from models.judges.judge import AttributeJudge
from pipelines.batches.text import encode_characters
from pipelines.embeddings.table import write_embeddings
from tests.engine.marked import COMMAND, COUNTERPART, COUNTS, TEST, TRAIN, built, look_at, marked, run_of, tones_of
from tests.evaluation.doubles import TranslationDouble

RUNS = [
    ("gan_cls", "birds"),
    ("dcgan", "digits"),
    ("acgan", "digits"),
    ("pix2pix", "birds_parts"),
    ("pixel_dt", "birds_plate"),
    ("cyclegan", "birds_parts"),
    ("cyclegan", "birds_night"),
    ("char_cnn_rnn", "birds"),
    ("class_judge", "digits"),
    ("attribute_judge", "birds"),
]
each_run = pytest.mark.parametrize(("model", "dataset"), RUNS)


@pytest.fixture(autouse=True)
def world(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", marked)


@pytest.fixture(scope="module")
def models(tmp_path_factory, encoder_folder):
    """(model, dataset) -> a new run in a folder that has a record, and its untrained model."""
    folder, found = tmp_path_factory.mktemp("runs"), {}

    def models(model, dataset):
        def opened():
            return run_of(model, dataset, folder / f"{model}-{dataset}", encoder_folder)

        if (model, dataset) not in found:
            found[model, dataset] = built(opened())
        return opened(), found[model, dataset]

    return models


@pytest.fixture
def judged(monkeypatch):
    """What judges look at, as they are asked."""
    seen, original = [], AttributeJudge.judge
    monkeypatch.setattr(
        AttributeJudge, "judge", lambda self, images: seen.append(images.numpy()) or original(self, images)
    )
    return seen


def scored(look, judged):
    """By what they are, the tones of all data that a look found among the outputs that evaluators are shown."""
    outputs, examples = look.outputs, look.data.examples
    if hasattr(outputs, "ways"):
        found = {}
        for name, way in outputs.ways.items():
            found[f"inputs {name}"] = tones_of(way.inputs)
            # Names are "<split> <tone>", of pairs that of the first side.
            offset = COUNTERPART if hasattr(examples, "names") and name == "b_to_a" else 0
            found[f"names {name}"] = [int(image.split()[1]) + offset for image in way.names]
            if way.truth is not None:
                found[f"truth {name}"] = tones_of(way.truth)
        return found
    if hasattr(outputs, "captions"):
        both = [marked("birds", split, 8).captions for split in ("train", "test")]
        captions = [caption for one in both for lines in one for caption in lines]
        rows = encode_characters(tf.constant(captions)).numpy()
        known = {row.tobytes(): int(caption.split()[-1]) for row, caption in zip(rows, captions, strict=True)}
        texts = [known[row.astype(rows.dtype).tobytes()] for row in outputs.captions]
        return {"images": tones_of(outputs.inputs), "captions": sorted(set(texts))}
    if hasattr(outputs, "seen"):
        return {"images": tones_of(np.concatenate(judged))}
    return {"real images": tones_of(outputs.real)}


def is_of_b(name):
    """Whether it is the higher of the two sides."""
    return name in ("inputs b_to_a", "names b_to_a", "truth a_to_b", "truth ")


@each_run
def test_what_is_scored_is_the_test_split(models, judged, model, dataset):
    run, trained = models(model, dataset)
    look = look_at(run)
    protocol = write_evaluation(run, COMMAND, trained)["protocol"]
    assert protocol["split"] == "test"
    every = set(range(TEST, TEST + COUNTS[TEST]))
    for name, tones in scored(look, judged).items():
        side = {tone + COUNTERPART for tone in every} if is_of_b(name) else every
        if dataset == "birds_night" and is_of_b(name):
            side = {tone for tone in side if tone >= TEST + COUNTERPART + 3}
        assert set(tones) == side, f"{name} are not the test split's"
        assert len(tones) == len(side)


@each_run
def test_while_training_what_is_scored_is_held_out_of_the_training_split(models, judged, model, dataset):
    run, trained = models(model, dataset)
    command = Train(evaluate_every=1, validation_share=0.25, evaluate_samples=50)
    run.splits = run.split(command.validation_share)
    look = look_at(run)
    data = selection_data(run, command)
    assert (data.split, data.count) == ("validation", 50)
    while_training(run, trained, data)()
    kept = run.splits.train
    names = kept.names_a + kept.names_b if hasattr(kept, "names_a") else kept.names
    trained_on = {int(name.split()[1]) for name in names}
    for name, tones in scored(look, judged).items():
        first = TRAIN + (COUNTERPART if is_of_b(name) else 0)
        assert set(tones) <= set(range(first, first + COUNTS[TRAIN])), f"{name} are not the training split's"
        offset = COUNTERPART if is_of_b(name) and not hasattr(kept, "names_a") else 0
        assert not trained_on & {tone - offset for tone in tones}, f"{name} are trained on"
        # A quarter.
        assert len(set(tones)) in (5, 6)


def columns(picture, row, side=64):
    """The first pixel of each image in a row of a captioned grid whose images are 64 pixels wide."""
    return [int(picture[row * 66, left, 0]) for left in range(260, picture.shape[1], side + 2)]


def spread(count, most=6):
    """So many of the test split's tones, evenly spaced."""
    return [TEST + int(row) for row in np.linspace(0, count - 1, most)]


@pytest.mark.parametrize(
    ("model", "dataset", "places"),
    [
        ("gan_cls", "birds", {"samples": {0: 0}}),
        ("pix2pix", "birds_parts", {"translations": {0: 0, 2: COUNTERPART}}),
        ("cyclegan", "birds_parts", {"AtoB": {0: 0, 3: COUNTERPART}, "BtoA": {0: COUNTERPART, 3: 0}}),
    ],
)
def test_the_pictures_of_a_training_show_test_images_beside_what_is_made_of_them(models, model, dataset, places):
    run, trained = models(model, dataset)
    pictures = run.parts.panels(trained)()
    for name, offsets in places.items():
        for row, tone in enumerate(spread(COUNTS[TEST])):
            shown = columns(pictures[name], row)
            assert {place: shown[place] for place in offsets} == {p: tone + offset for p, offset in offsets.items()}


def test_the_pages_of_an_evaluation_show_what_was_scored_under_its_label(models):
    run, trained = models("cyclegan", "birds_parts")
    sampler = TranslationDouble(AtoB=lambda images: images + 7, BtoA=lambda images: images - 3)
    outputs = run.parts.outputs(trained, sampler, Data(run.splits.unseen[0], "test", 5), COMMAND)
    run.parts.gallery(outputs)
    tone, counterpart = TEST + COUNTS[TEST] - 1, TEST + COUNTS[TEST] - 1 + COUNTERPART
    for direction, tones in (
        ("AtoB", {"input": tone, "output": tone + 7, "reconstruction": tone + 4, "truth": counterpart}),
        ("BtoA", {"input": counterpart, "output": counterpart - 3, "reconstruction": counterpart + 4, "truth": tone}),
    ):
        for label, wanted in tones.items():
            png = (run.folder.path / "evaluation" / direction / f"004-{label}.png").read_bytes()
            assert tones_of(tf.io.decode_png(png).numpy()[np.newaxis]) == [wanted]


def test_experiments_see_the_training_split_as_train_and_the_test_split_as_test(models):
    run, trained = models("dcgan", "digits")
    subject = run.parts.subject(trained, Explore(experiment="nearest_neighbors"))
    assert subject.has_unseen()
    for split, first in (("train", TRAIN), ("test", TEST)):
        images, labels = subject.real(split, 1000)
        tones = np.array(tones_of(images))
        assert set(tones) == set(range(first, first + COUNTS[first]))
        # An image's own label goes with it.
        np.testing.assert_array_equal(labels, (tones - first) % 3)


def test_a_pictures_embedding_is_that_of_its_image_in_the_file_of_the_command_or_else_of_the_training(tmp_path):
    examples = marked("birds", "test", 36)
    files = {}
    for file, offset in (("training", 0.0), ("command", 0.5)):
        # The row of a caption says of which image and which of its captions it is.
        rows = [np.array([[tone + offset, 1], [tone + offset, 2]], np.float32) for tone in tones_of(examples.images)]
        write_embeddings(tmp_path / f"{file}.npz", examples.names, rows)
        files[file] = str(tmp_path / f"{file}.npz")
    run = run_of("gan_cls", "birds", tmp_path / "run", files["training"])
    model = types.SimpleNamespace(config=run.experiment.config)
    sampler = types.SimpleNamespace(encoder=None)
    for command, offset in ((Evaluate(), 0.0), (Evaluate(embeddings=files["command"]), 0.5)):
        outputs = run.parts.outputs(model, sampler, Data(examples, "test", 10), command)
        assert tones_of(outputs.real) == (outputs.texts[:, 0] - offset).tolist()
        np.testing.assert_array_equal(outputs.texts[:, 1] - 1, outputs.chosen[:, 1])
