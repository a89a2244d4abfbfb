"""A style encoder, as its user sees it: trained on another run's generator, sampled, evaluated, exported, explored."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import CommandError, Evaluate, Explore, Sample, Train
from engine.experiment import Experiment, check_drawn, check_sampled
from engine.folder import RunError, RunFolder
from models.core.config import ConfigError
from models.registry import PRESETS
from serving.encoder import CaptionEncoder
from tests import quick
from tests.worlds import captioned_images, tiny_run, write_encoder, write_untrained

CAPTIONS = ("a red bird", "a small blue bird with a long bill")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A trained generator's run, and that of a style encoder of two steps which lost everything that it was made of."""
    root = tmp_path_factory.mktemp("style")
    generator, kept, style = root / "gan", root / "kept", root / "style"
    encoder = write_encoder(tmp_path_factory.mktemp("encoder"))
    with pytest.MonkeyPatch.context() as patch, quick.eager_steps():
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        with quick.steps_alone():
            tiny_run("gan_int", generator, encoder, steps=3, average_decay=0.5).train(Train())
        tiny_run("style_encoder", style, steps=2, text_to_image=str(generator)).train(Train())
    shutil.move(generator, kept)
    return kept, style


def style_run(folder, **changes):
    """The run in a folder as a new process makes it."""
    settings = RunFolder(folder).need_record()["config"]
    kept = {name: settings[name] for name in ("text_to_image", "image_size", "latent_dim", "generator")}
    return tiny_run("style_encoder", folder, **(kept | changes))


def pixels(path):
    return np.asarray(Image.open(path))


def write_images(folder, count=3):
    folder.mkdir()
    for index, image in enumerate(captioned_images(seed=7).images[:count]):
        Image.fromarray(np.pad(image, ((0, 0), (6, 6), (0, 0)))).save(folder / f"{index}.png")
    return folder


def test_it_keeps_the_generator_as_it_is_sampled_and_its_text_encoder(folders):
    kept, style = folders
    given = tiny_run("gan_int", kept, RunFolder(kept).need_record()["config"]["text_encoder"]).trained_model()
    model = style_run(style).trained_model()
    assert model.step == 2
    for one, other in zip(model.generator.get_weights(), given.averaged_generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    captions = list(CAPTIONS)
    embedded = [CaptionEncoder.load(folder / "text_encoder.keras").embed_all(captions) for folder in folders]
    np.testing.assert_array_equal(*embedded)
    assert (style / "pictures" / "style_transfer-00000002.png").exists()
    report = (style / "report.html").read_text()
    assert "pictures/style_transfer-00000002.png" in report
    assert "could not be made" not in report


def test_training_lowers_the_error_on_new_noise(tmp_path, world, encoder_folder):
    run = tiny_run("style_encoder", tmp_path / "style", encoder_folder, batch_size=32, learning_rate=0.01)
    prepared = run.parts.prepare(run.splits.train)
    model = run.build(prepared)
    run.parts.initialize(model)
    # Every step has new noise.
    losses = [
        model.fit(prepared.batches.dataset(start, start + 20), verbose=0, shuffle=False).history["style_loss"][0]
        for start in (0, 20, 40, 60, 80)
    ]
    assert losses[-1] < 0.8 * losses[0]
    # Of the noise itself; five numbers.
    assert losses[-1] < 5


def test_what_it_cannot_invert_is_refused_in_one_line(tmp_path, world, encoder_folder):
    def refused(expected, error=RunError, **changes):
        run = tiny_run("style_encoder", tmp_path / "style", encoder_folder, **changes)
        with pytest.raises(error, match=expected):
            run.train(Train(dry_run=True))

    beside = tmp_path / "gan_int_cls-birds"
    refused(
        rf"needs a generator, which is trained by: python main.py --model=gan_int_cls .*--workdir={beside}\. Received",
        text_to_image="gan_int_cls",
    )
    write_untrained(tiny_run("dcgan", tmp_path / "dcgan"))
    refused(
        "text_to_image must be a run of gan_cls.* Received: .*dcgan, of --model=dcgan",
        text_to_image=str(tmp_path / "dcgan"),
    )
    refused("image_size comes from the data, where it is 32. Received: image_size=64", ConfigError, image_size=64)
    assert not (tmp_path / "style").exists()


def test_sampling_draws_each_caption_in_the_style_of_each_image(folders, tmp_path):
    _, style = folders
    images = write_images(tmp_path / "images")
    output = tmp_path / "transfer.png"
    command = Sample(caption=CAPTIONS, input=str(images), num_images=2, output=str(output))
    style_run(style).sample(command)
    # The images and two captions; two columns of 32 pixels, enlarged to 64, beside 260 pixels of text.
    assert pixels(output).shape == (3 * 66, 260 + 2 * 66, 3)
    run = style_run(style)
    sampler = run.parts.sampler(run.trained_model())
    middle = [np.asarray(Image.open(images / f"{index}.png"))[:, 6:-6] for index in range(2)]
    styles = np.concatenate([sampler.styles_of(image[np.newaxis]) for image in middle])
    # Drawn by the generator alone, from these styles as noise.
    drawn = sampler.captions.draw({"captions": [CAPTIONS[1]] * 2, "latent": styles}, 0)
    row = np.concatenate([np.pad(image.repeat(2, 0).repeat(2, 1), ((0, 2), (0, 2), (0, 0))) for image in drawn], axis=1)
    found = pixels(output)[2 * 66 :, 260:]
    inside = np.pad(np.ones((64, 64)), ((0, 2), (0, 2)))[:, :, np.newaxis] * np.ones(3)
    inside = np.concatenate([inside, inside], axis=1) > 0
    assert np.abs(found.astype(int) - row)[inside].max() <= 1
    with pytest.raises(RunError, match="needs a --caption"):
        style_run(style).sample(dataclasses.replace(command, caption=()))


def test_it_is_sampled_from_images_and_captions():
    experiment = Experiment("style_encoder", "birds", PRESETS["style_encoder"].config, "runs/x")
    check_sampled(experiment, Sample(caption=CAPTIONS, input="x.png"))
    for command, message in (
        (Sample(caption=CAPTIONS), "needs --input"),
        (Sample(input="x.png", interpolate="captions"), "does not interpolate"),
    ):
        with pytest.raises(CommandError, match=message):
            check_sampled(experiment, command)
    with pytest.raises(CommandError, match="--label is for models that draw from noise"):
        check_drawn(experiment, Sample(input="x.png", label=("3",)))


def test_the_export_gives_the_styles_and_transfers_of_the_sampler(folders, tmp_path):
    _, style = folders
    images = write_images(tmp_path / "images", 2)
    run = style_run(style)
    sampler = run.parts.sampler(run.trained_model())
    served = tf.saved_model.load(str(style / "export" / "1")).signatures
    files = tf.constant([(images / f"{index}.png").read_bytes() for index in range(2)])
    expected = np.concatenate([sampler.styles_of(pixels(images / f"{index}.png")[np.newaxis]) for index in range(2)])
    np.testing.assert_allclose(served["serving_default"](image_bytes=files)["style"], expected, atol=1e-5)
    assert expected.std() > 0
    transferred = served["transfer_pixels"](image_bytes=files, captions=tf.constant(CAPTIONS))["images"].numpy()
    drawn = sampler.draw({"styles": expected, "captions": list(CAPTIONS)}, 0)
    assert np.abs(transferred.astype(int) - drawn).max() <= 1
    embedded = served["embed"](captions=tf.constant(CAPTIONS))["embeddings"]
    np.testing.assert_allclose(embedded, sampler.captions.embed(list(CAPTIONS)), atol=1e-6)


def test_evaluation_and_exploration_by_a_judge(folders, tmp_path, world):
    _, style = folders
    judge = tmp_path / "judge"
    with quick.eager_steps(), quick.steps_alone():
        tiny_run("attribute_judge", judge, steps=1).train(Train())
    metrics = style_run(style).evaluate(Evaluate(num_captions=12, judge=str(judge)))["metrics"]
    for name in ("pose", "background"):
        assert 0 <= metrics[f"same_{name}_auc"] <= 1
        assert f"same_{name}_auc_of_text" in metrics
    assert {"style_error", "transferred_attributes", "transferred_attributes_of_samples"} <= metrics.keys()
    figures = style_run(style).explore(Explore(experiment="style_transfer", judge=str(judge)))
    folder = style / "explore" / "style_transfer"
    assert json.loads((folder / "figures.json").read_text()) == figures
    assert figures["transferred_size"] >= 0
    # Eight images, and below them eight captions.
    assert pixels(folder / "transfers.png").shape == (9 * 66, 260 + 8 * 66, 3)
