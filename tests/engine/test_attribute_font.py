"""Characters with attributes from the command to the export: trained on, drawn, generated, served."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import Generate, Sample, Train
from engine.experiment import Experiment
from engine.parts.asked import BATCH
from engine.parts.attributes import attributes_of, in_words
from engine.run import Run
from models.generation.class_configs import ATTRIBUTES
from tests.quick import eager_steps
from tests.worlds import as_glyphs, examples_of, labeled_images, tiny


@pytest.fixture(autouse=True)
def world(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)


def opened(folder):
    # So fast that after three steps the pictures are not all gray.
    config = tiny("attribute_font", steps=3, learning_rate=0.05)
    return Run(Experiment("attribute_font", "glyphs", config, str(folder)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "attribute_font-glyphs"
    with pytest.MonkeyPatch.context() as patch, eager_steps():
        patch.setattr("pipelines.registry.load", examples_of)
        opened(folder).train(Train())
    return folder


@pytest.fixture(scope="module")
def sampler(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        run = opened(folder)
        return run.parts.sampler(run.trained_model())


def pixels(path):
    return np.asarray(Image.open(path))


def test_batches_have_the_attributes_of_their_images(folder):
    run = opened(folder)
    prepared = run.parts.prepare(run.splits.train)
    batch = {name: values.numpy() for name, values in prepared.batches.at(0).items()}
    attributes, images = attributes_of(as_glyphs(labeled_images())), as_glyphs(labeled_images()).images / 127.5 - 1
    assert batch["attributes"].shape == (4, 2, 3)
    for real, label, own in zip(*(batch[name].reshape(8, *batch[name].shape[2:]) for name in BATCHED), strict=True):
        (row,) = np.flatnonzero(np.abs(images - real).max(axis=(1, 2, 3)) < 1e-5)
        np.testing.assert_allclose(own, attributes[row], rtol=1e-6)
        assert label == row % 3
    # And the sheet says them.
    texts = [text for text, _ in run.parts.trained_on(batch, {}, run.splits.train)]
    assert texts[0] == f"class {batch['label'][0, 0]}: {in_words(batch['attributes'][0, 0])}"
    assert in_words(np.array([0.5, -1.0, 0.04])) == "weight 0.5, slant -1.0, width 0.0"


BATCHED = ("real", "label", "attributes")


def test_pictures_are_rows_of_classes_and_of_attributes(folder):
    # Three classes of eight images, enlarged to 64 pixels, and the gaps between them; of each three attributes.
    assert pixels(folder / "pictures" / "samples-00000003.png").shape == (3 * 66, 110 + 8 * 66, 3)
    assert pixels(folder / "pictures" / "attributes-00000003.png").shape == (9 * 66, 110 + 8 * 66, 3)


def cell(picture, row, column):
    """The top left pixels of an image in a picture of rows."""
    return picture[66 * row : 66 * row + 64, 110 + 66 * column : 110 + 66 * column + 64, 0][::2, ::2]


def test_sampling_draws_each_attribute_from_the_lowest_to_the_highest(folder, sampler, tmp_path):
    path = opened(folder).sample(Sample(output=str(tmp_path / "a.png"), label=("class 1",), num_images=5, seed=2))
    picture = pixels(path)
    assert picture.shape == (3 * 66, 110 + 5 * 66, 3)
    noise = sampler.latents(1, 2).numpy()
    noise[:, 5:] = 0
    for place in range(3):
        for column, value in enumerate((-1.0, -0.5, 0.0, 0.5, 1.0)):
            latent = noise.copy()
            latent[0, 5 + place] = value
            wanted = sampler.draw({"latent": latent, "label": [1]}, 0)[0, ..., 0]
            assert np.abs(cell(picture, place, column).astype(int) - wanted).max() <= 1


def test_attributes_that_are_asked_for_are_those_of_all_images(folder, sampler, tmp_path):
    command = Sample(output=str(tmp_path / "b.png"), attribute=("slant=-0.5", "weight=1"), num_images=4, seed=2)
    picture = pixels(opened(folder).sample(command))
    assert picture.shape == (3 * 66, 110 + 4 * 66, 3)
    latent = sampler.latents(4, 2).numpy()
    latent[:, 5:7] = 1.0, -0.5
    for label in range(3):
        wanted = sampler.draw({"latent": latent, "label": [label] * 4}, 0)[..., 0]
        for column in range(4):
            assert np.abs(cell(picture, label, column).astype(int) - wanted[column]).max() <= 1
    strip = Sample(output=str(tmp_path / "c.png"), interpolate="noise", num_images=6, label=("class 0",))
    assert pixels(opened(folder).sample(strip)).shape == (66, 110 + 6 * 66, 3)


def test_a_strip_keeps_the_attributes_that_are_asked_for(folder, sampler):
    parts, command = opened(folder).parts, Sample(attribute=("slant=-0.5", "weight=1"), interpolate="noise")
    asked = parts.with_asked(sampler, command)
    asked.is_normal = True
    strip = parts.interpolation(asked)(*asked.latents(2, 3).numpy(), 5)
    np.testing.assert_allclose(strip[:, 5:7], [[1.0, -0.5]] * 5, atol=1e-6)
    assert np.ptp(strip[:, 0]) > 0


def test_the_table_of_generated_files_has_the_attributes(folder, sampler, tmp_path):
    command = Generate(output=str(tmp_path / "out"), num_images=BATCH + 3, attribute=("width=0.25",), seed=4)
    opened(folder).generate(command)
    with open(tmp_path / "out" / "labels.csv", newline="", encoding="utf-8") as file:
        header, *table = csv.reader(file)
    assert header == ["file", "label", "name", *ATTRIBUTES]
    latent = sampler.latents(BATCH, 4, 1).numpy()[:3]
    latent[:, 7] = 0.25
    labels = [int(row[1]) for row in table[BATCH:]]
    np.testing.assert_allclose(np.array([row[3:] for row in table[BATCH:]], float), latent[:, 5:], atol=6e-4)
    wanted = sampler.draw({"latent": latent, "label": labels}, 0)[..., 0]
    drawn = np.stack([pixels(tmp_path / "out" / row[0]) for row in table[BATCH:]])
    assert np.abs(drawn.astype(int) - wanted).max() <= 1
    # Other attributes are another command.
    with pytest.raises(Exception, match=r"differs in attributes.width: 0\.25 -> None"):
        opened(folder).generate(dataclasses.replace(command, attribute=()))


def test_the_export_takes_a_class_attributes_and_a_seed(folder, sampler):
    version = folder / "export" / "1"
    signatures = tf.saved_model.load(str(version)).signatures
    asked = {"seed": [7, 7], "attributes": [[0.5, -1.0, 0.0], [0.5, 1.0, 0.0]], "label": [2, 2]}
    given = {
        name: tf.constant(values, tf.float32 if name == "attributes" else tf.int32) for name, values in asked.items()
    }
    served = signatures["attributes_pixels"](**given)["images"].numpy()
    latent = np.repeat(sampler.latents(1, 7).numpy(), 2, axis=0)
    latent[:, 5:] = asked["attributes"]
    wanted = sampler.draw({"latent": latent, "label": [2, 2]}, 0)
    assert np.abs(served.astype(int) - wanted).max() <= 1
    assert (served[0] != served[1]).any()
    about = json.loads((version / "assets.extra" / "model.json").read_text())
    assert about["page"]["attributes"] == list(ATTRIBUTES)
