"""CycleGAN, as its user meets it: grids both ways, either direction, scores, an export that knows both."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from engine.command import Evaluate, Sample, Train
from engine.parts.parts import weights_of
from tests.pipelines.files import write_noise
from tests.quick import eager_steps
from tests.worlds import examples_of, paired_images, tiny_run

# A process that knows nothing but TensorFlow. The arguments: the model's folder, an image, two files to write.
CLIENT = """
import sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
encoded = open(sys.argv[2], "rb").read()
for name, path in zip(("serving_default", "BtoA_image_bytes"), sys.argv[3:5]):
    open(path, "wb").write(model.signatures[name](image_bytes=tf.constant([encoded]))["png_bytes"].numpy()[0])
image = tf.io.decode_image(encoded, channels=3)[tf.newaxis]
for name, path in zip(("pixels", "BtoA_pixels"), sys.argv[3:5]):
    images = model.signatures[name](images=image)["images"]
    assert (images[0].numpy() == tf.io.decode_png(open(path, "rb").read()).numpy()).all()
assert set(model.signatures) == {"serving_default", "pixels", "BtoA_image_bytes", "BtoA_pixels"}
assert not {"serving", "models", "pipelines"} & set(sys.modules)
"""


def opened(run, **changes):
    """The run in a folder, as a new process opens it."""
    return tiny_run("cyclegan", run, **({"batch_size": 2} | changes))


@pytest.fixture(autouse=True)
def tiny_data(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cyclegan")
    with pytest.MonkeyPatch.context() as patch, eager_steps():
        patch.setattr("pipelines.registry.load", examples_of)
        opened(folder / "run", steps=5).train(Train())
    return folder / "run"


def pixels(path):
    return np.asarray(Image.open(path))


def test_grids_show_the_way_there_and_back(run):
    for direction in ("AtoB", "BtoA"):
        # Six rows of a label and three images, enlarged to 64 pixels.
        assert pixels(run / "pictures" / f"{direction}-00000005.png").shape == (6 * 66, 260 + 3 * 66, 3)


def test_where_the_true_counterpart_is_known_it_is_shown_and_scored(run, monkeypatch):
    evaluation = opened(run).evaluate(Evaluate())
    reconstruction = {"cycle_l1", "cycle_psnr", "cycle_ssim", "cycle_sharpness"}
    assert evaluation["metrics"].keys() == {f"{way}_{key}" for way in ("a_to_b", "b_to_a") for key in reconstruction}
    counts = {"a_to_b_generated": 10, "a_to_b_real": 0, "b_to_a_generated": 7, "b_to_a_real": 0}
    assert evaluation["protocol"].items() >= counts.items()
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: paired_images(count=4))
    evaluating = opened(run)
    evaluation = evaluating.evaluate(Evaluate())
    names = ("l1", "psnr", "ssim", "sharpness")
    known = reconstruction | {*names, *(f"{name}_of_input" for name in names)}
    assert evaluation["metrics"].keys() == {f"{way}_{key}" for way in ("a_to_b", "b_to_a") for key in known}
    assert evaluation["protocol"]["b_to_a_generated"] == evaluation["protocol"]["b_to_a_real"] == 4
    assert (run / "evaluation" / "BtoA" / "index.html").read_text().count("<img") == 4 * 4
    grids = evaluating.parts.panels(evaluating.trained_model())()
    assert grids["AtoB"].shape == (4 * 66, 260 + 4 * 66, 3)


@pytest.mark.usefixtures("eager_steps", "steps_alone")
def test_a_resumed_run_has_the_weights_and_the_pool_of_an_uninterrupted_one(run, tmp_path):
    # Stopped while the pools of three fill, and when they exchange.
    for steps in (1, 3, 5):
        opened(tmp_path / "run", steps=steps).train(Train())
    models = [opened(folder).trained_model() for folder in (run, tmp_path / "run")]
    assert int(models[0].pool_a.filled) == 3
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_direction_chooses_the_translator_and_the_export_knows_both(run, tmp_path):
    image = write_noise(tmp_path / "a.png", size=37)
    sampled = []
    for direction in ("", "AtoB", "BtoA"):
        folder = tmp_path / f"out{direction}"
        page = opened(run).sample(Sample(input=str(image), output=str(folder), direction=direction))
        assert (direction or "AtoB") in page.read_text()
        sampled.append(pixels(folder / "output" / "a.png"))
        assert sampled[-1].shape == (37, 37, 3)
    np.testing.assert_array_equal(sampled[0], sampled[1])
    assert (sampled[1] != sampled[2]).any()
    written = [tmp_path / "1.png", tmp_path / "2.png"]
    arguments = [sys.executable, "-c", CLIENT, *map(str, (run / "export" / "1", image, *written))]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for one, path in zip(sampled[1:], written, strict=True):
        assert np.abs(one.astype(int) - pixels(path)).max() <= 1


@pytest.mark.usefixtures("eager_steps", "steps_alone")
def test_pictures_and_scores_are_of_the_averages_where_there_are_averages(tmp_path):
    changes = {"steps": 2, "average_decay": 0.5}
    opened(tmp_path / "run", **changes).train(Train())
    run = opened(tmp_path / "run", **changes)
    model = run.trained_model()
    translators = run.sampler(model).translators
    assert translators["AtoB"].generator is model.averaged_generator
    assert translators["BtoA"].generator is model.averaged_backward_generator
    assert weights_of(model) == "averaged weights of step 2"
    assert run.evaluate(Evaluate())["protocol"]["weights"] == "averaged"


def test_a_dry_run_prints_both_sides(tmp_path):
    text = opened(tmp_path / "run").describe(Train())
    assert "backward_generator" in text
    assert "a: float32 (2, 32, 32, 3)" in text
    assert "pool_size = 3" in text
