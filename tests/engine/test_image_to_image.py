"""Translating, scoring and exporting, as their user meets them."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from engine.command import Evaluate, Export, Sample, Train
from engine.folder import RunError
from pipelines.examples import DataError
from serving.limits import Limits
from tests.pipelines.files import write_image, write_noise, write_text
from tests.worlds import examples_of, tiny_run

# A process that knows nothing but TensorFlow. The arguments: the model's folder, images to translate, files to write.
CLIENT = """
import sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
files = [open(path, "rb").read() for path in sys.argv[2:4]]
default = model.signatures["serving_default"]
def pngs_of(*seeds):
    return default(image_bytes=tf.constant(files), seed=tf.constant(seeds))["png_bytes"].numpy()
pngs = pngs_of(3, 3)
for path, png in zip(sys.argv[4:6], pngs):
    open(path, "wb").write(png)
image = tf.io.decode_image(files[0], channels=3)[tf.newaxis]
images = model.signatures["pixels"](images=image, seed=tf.constant([3]))["images"]
assert (images[0].numpy() == tf.io.decode_png(pngs[0]).numpy()).all()
other = pngs_of(0, 3)
assert other[0] != pngs[0] and other[1] == pngs[1]
assert not {"serving", "models", "pipelines"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pix2pix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        opened(folder / "run", steps=3, batch_size=2).train(Train())
    return folder / "run"


def opened(run, **changes):
    """The run in a folder, as a new process opens it."""
    return tiny_run("pix2pix", run, **changes)


def sample(run, source, output="", **command):
    """Translate a file or folder; returns the page."""
    return opened(run).sample(Sample(input=str(source), output=str(output), **command))


def pixels(path):
    return np.asarray(Image.open(path))


def test_training_leaves_grids_and_an_export(run):
    assert (run / "pictures" / "translations-00000000.png").exists()
    grid = pixels(run / "pictures" / "translations-00000003.png")
    # Six rows of a label and three images, enlarged to 64 pixels.
    assert grid.shape == (6 * 66, 260 + 3 * 66, 3)
    assert (run / "export" / "1" / "saved_model.pb").exists()


def test_an_export_tells_a_page_what_it_may_show(run, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    version = run / "export" / "1" / "assets.extra"
    page, opened_run = json.loads((version / "model.json").read_text())["page"], opened(run)
    config = opened_run.trained_config()
    assert (page["size"], page["direction"]) == ([config.image_size] * 2, config.direction)
    shown = opened_run.splits.load("test").a if config.direction == "AtoB" else opened_run.splits.load("test").b
    files = page["examples"][config.direction]
    assert pixels(version / "examples" / files[0]).shape == (config.image_size, config.image_size, 3)
    assert len(files) == min(len(shown), 6)
    # Of a user's own data, none of its pictures goes with the model.
    hinted = opened_run.parts.hints(config)
    assert hinted.examples
    monkeypatch.setattr("engine.parts.parts.Parts.may_be_shown", False)
    assert not opened_run.parts.hints(config).examples
    assert opened_run.parts.hints(config).palettes == hinted.palettes


def test_the_flags_of_an_export_are_its_limits(run, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    written = []
    monkeypatch.setattr("engine.run.export", lambda sampler, folder, about: written.append(about.limits) or folder)
    opened(run).export(Export(max_rows=2, max_side=30, max_file_bytes=400, max_caption_bytes=5))
    opened(run).export(Export())
    assert written == [Limits(rows=2, side=30, file_bytes=400, caption_bytes=5), Limits()]


def test_a_resumed_run_has_the_weights_of_an_uninterrupted_one(run, tmp_path, monkeypatch, steps_alone):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    for steps in (1, 3):
        opened(tmp_path / "run", steps=steps, batch_size=2).train(Train())
    weights = [opened(folder).trained_model().get_weights() for folder in (run, tmp_path / "run")]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_images_of_any_size_are_translated_into_a_gallery(run, tmp_path):
    inputs = tmp_path / "in"
    sizes = {"a.png": (40, 25), "deep/b <1>#.jpg": (9, 70), "c.png": (32, 32)}
    for name, size in sizes.items():
        write_image(inputs / name, size=size)
    write_text(inputs / "broken.png", "no picture")
    page = sample(run, inputs, tmp_path / "out", seed=1)
    assert page == tmp_path / "out" / "index.html"
    for name, size in sizes.items():
        output = (tmp_path / "out" / "output" / name).with_suffix(".png")
        assert Image.open(output).size == size
        assert (tmp_path / "out" / "input" / name).read_bytes() == (inputs / name).read_bytes()
    write_image(inputs / "c.jpg", (0, 0, 0))
    sample(run, inputs, tmp_path / "two")
    outputs = {
        path.relative_to(tmp_path / "two" / "output").as_posix()
        for path in (tmp_path / "two" / "output").rglob("*.png")
    }
    assert {"a.png", "c.png.png", "c.jpg.png", "deep/b <1>#.png"} <= outputs
    text = page.read_text()
    assert "b &lt;1&gt;#.jpg" in text
    assert 'src="input/deep/b%20%3C1%3E%23.jpg"' in text
    assert "broken" not in text


def test_the_seed_decides_the_dropout(run, tmp_path):
    image = write_noise(tmp_path / "a.png", size=40)
    pictures = []
    for number, seed in enumerate((1, 1, 2)):
        sample(run, image, tmp_path / str(number), seed=seed)
        pictures.append(pixels(tmp_path / str(number) / "output" / "a.png"))
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


def test_the_export_gives_what_sampling_gives(run, tmp_path):
    images = [write_noise(tmp_path / "a.png", 1, 40), write_image(tmp_path / "b.png", size=(70, 21))]
    sample(run, tmp_path, tmp_path / "out", seed=3)
    written = [tmp_path / "1.png", tmp_path / "2.png"]
    arguments = [sys.executable, "-c", CLIENT, *map(str, (run / "export" / "1", *images, *written))]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for name, path in zip(("a", "b"), written, strict=True):
        sampled, served = pixels(tmp_path / "out" / "output" / f"{name}.png"), pixels(path)
        assert sampled.shape == served.shape
        assert np.abs(sampled.astype(int) - served).max() <= 1


def test_scores(run, monkeypatch, capsys):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    evaluation = opened(run).evaluate(Evaluate())
    protocol, metrics = evaluation["protocol"], evaluation["metrics"]
    assert protocol["generated"] == protocol["real"] == 10
    # The other side of each pair is the input inverted.
    assert 0.45 < metrics["l1_of_input"] < 0.55
    names = {"l1", "psnr", "ssim", "sharpness"}
    assert metrics.keys() == names | {f"{name}_of_input" for name in names}
    assert json.loads((run / "evaluation.json").read_text()) == evaluation
    assert (protocol["weights"], protocol["step"]) == ("last", 3)
    assert "weights last, step 3" in capsys.readouterr().out
    page = (run / "evaluation" / "translations" / "index.html").read_text()
    assert page.count("<img") == 30
    assert "pair 9" in page
    assert (
        pixels(run / "evaluation" / "translations" / "003-truth.png")
        == 255 - pixels(run / "evaluation" / "translations" / "003-input.png")
    ).all()


def test_what_cannot_be_translated(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"an image, or a folder of images. Received: no image in"):
        sample(run, tmp_path / "empty")
    broken = write_text(tmp_path / "broken.png", "no picture")
    with pytest.raises(DataError, match="none of the images could be read"):
        sample(run, broken, tmp_path / "out")
    image = write_image(tmp_path / "a.png")
    with pytest.raises(RunError, match="--output must be a folder"):
        sample(run, image, broken)


def test_domain_transfer_from_training_to_scores(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)

    def opened():
        return tiny_run("pixel_dt", tmp_path / "run", steps=2, batch_size=2)

    opened().train(Train())
    assert (tmp_path / "run" / "pictures" / "translations-00000002.png").exists()
    evaluation = opened().evaluate(Evaluate())
    assert evaluation["protocol"]["generated"] == 10
    # Each pair's target is its own.
    assert "nearest_truth_accuracy" not in evaluation["metrics"]
    labelled = dataclasses.replace(examples_of("birds_plate", "test", 32), labels=np.arange(10) // 5)
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: labelled)
    metrics = opened().evaluate(Evaluate())["metrics"]
    assert metrics["nearest_truth_accuracy_by_chance"] == 0.5
    assert 0.0 <= metrics["nearest_truth_accuracy"] <= 1.0
    # It knows one size only: other images are made to fit, and the picture is as large as the input.
    image = write_image(tmp_path / "a.png", size=(50, 20))
    opened().sample(Sample(input=str(image), output=str(tmp_path / "out")))
    assert Image.open(tmp_path / "out" / "output" / "a.png").size == (50, 20)


def test_pairs_of_two_sizes_are_refused_by_models_that_keep_the_size(tmp_path, monkeypatch):
    pairs = examples_of("birds_parts", "train", 36)
    small = dataclasses.replace(pairs, a=pairs.a[:, ::2, ::2])
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: small)
    with pytest.raises(DataError, match=r"must have the same size. Received: 18 and 36 pixels"):
        tiny_run("pix2pix", tmp_path / "run").train(Train())
    narrow = dataclasses.replace(pairs, a=pairs.a[:, :, ::2])
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: narrow)
    with pytest.raises(DataError, match=r"must have the same size. Received: 36 x 18 and 36 pixels"):
        tiny_run("pix2pix", tmp_path / "run").train(Train())
