"""The classic line, as its user meets it: grids, classes, scores, exports, and experiments on a trained model."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from tasks.base import task_for
from tasks.request import Request

from pipelines.readers.points import load_normal
from runs.folder import RunError
from tests.worlds import examples_of, labeled_images, tiny, tiny_task

# A process that knows nothing but TensorFlow. The arguments: the model's folder, a file to write.
CLIENT = """
import sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
out = model.signatures["label_and_seed"](label=tf.constant([1, 1, 1]), seed=tf.constant(3))
assert out["images"].dtype == tf.uint8
assert (out["images"][0].numpy() == tf.io.decode_png(out["png"].numpy()[0]).numpy()).all()
other = model.signatures["serving_default"](label=tf.constant([0]))["images"]
open(sys.argv[2], "wb").write(out["png"].numpy()[0])
assert set(model.signatures) == {"serving_default", "label_and_seed", "latent_and_label"}
assert not {"serving", "models", "pipelines"} & set(sys.modules)
"""


@pytest.fixture(autouse=True)
def tiny_data(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Short runs of some models, by name."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)
        for name in ("acgan", "infogan", "dcgan", "class_judge"):
            task(folder, name).train()
    return folder


def task(runs, name, **request):
    # So fast that after three steps the pictures are not all gray.
    config = tiny(name, steps=3, learning_rate=0.05)
    return task_for(Request(name, "digits", config, str(runs / f"{name}-digits"), **request))


def test_a_row_a_class_with_its_name(runs):
    # Three classes of eight images, enlarged to 64 pixels, and the gaps between them.
    grid = pixels(runs / "acgan-digits" / "pictures" / "samples-00000003.png")
    assert grid.shape == (3 * 66, 110 + 8 * 66, 3)


def test_infogan_shows_its_codes(runs):
    codes = pixels(runs / "infogan-digits" / "pictures" / "codes-00000003.png")
    # Three categories, and two rows for each of two continuous codes.
    assert codes.shape == (7 * 66, 110 + 8 * 66, 3)


def test_chosen_classes_and_a_seed_of_ones_own(runs, tmp_path):
    first = task(runs, "acgan", labels=("class 2",), num_images=5, output=str(tmp_path / "a.png")).sample()
    assert pixels(first).shape == (66, 110 + 5 * 66, 3)
    again = task(runs, "acgan", labels=("class 2",), num_images=5, output=str(tmp_path / "b.png")).sample()
    other = task(runs, "acgan", labels=("class 2",), num_images=5, output=str(tmp_path / "c.png"), sample_seed=1)
    assert first.read_bytes() == again.read_bytes() != other.sample().read_bytes()
    strip = task(runs, "infogan", interpolate="noise", num_images=6, output=str(tmp_path / "d.png")).sample()
    assert pixels(strip).shape == (66, 6 * 66, 3)


@pytest.mark.parametrize(
    ("name", "request_fields", "message"),
    [
        ("acgan", {"labels": ("class 7",)}, "--label must be one of class 0, class 1, class 2. Received: class 7"),
        ("infogan", {"labels": ("class 1",)}, "infogan is not told the class"),
        ("acgan", {"output": "x.jpg"}, "--output must be a .png file"),
    ],
)
def test_what_cannot_be_sampled_is_refused(runs, name, request_fields, message):
    with pytest.raises(RunError, match=message):
        task(runs, name, **request_fields).sample()


def test_the_export_needs_tensorflow_alone_and_draws_what_sampling_draws(runs, tmp_path):
    path = runs / "acgan-digits" / "export" / "1"
    result = subprocess.run(
        [sys.executable, "-c", CLIENT, str(path), str(tmp_path / "one.png")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    sampler = task(runs, "acgan").sampler()
    wanted = sampler.sample(sampler.latents(3, 3).numpy(), np.full(3, 1, np.int32))[0]
    assert np.abs(pixels(tmp_path / "one.png").astype(int) - wanted[..., 0]).max() <= 1


@pytest.mark.parametrize("name", ["wgan_gp", "sngan", "projection", "dcgan"])
def test_a_training_begins_without_an_error_of_tensorflows(name, tmp_path, capfd):
    # Its graph optimizer does not understand every graph, nor oneDNN transposed integers, and both say so.
    config = tiny(name, steps=1, image_size=32)
    task_for(Request(name, "digits", config, str(tmp_path / "run"))).train()
    said = capfd.readouterr().err
    assert "remapper" not in said
    assert "oneDNN supports" not in said


def test_scores_with_a_judge(runs):
    figures = task(runs, "acgan", num_samples=60).evaluate()
    assert json.loads((runs / "acgan-digits" / "evaluation.json").read_text()) == figures
    judged = figures["class judge"]
    assert 1.0 <= judged["class score"] <= 3.0
    assert 0.0 <= judged["classes asked for that are seen"] <= 1.0
    assert judged["Frechet distance on its features"] > judged["the same between halves of the real images"]
    assert figures["generated images"] == 60
    assert figures["split"] == "test"


def test_without_a_judge_it_says_how_to_train_one(tmp_path, caplog):
    made = tiny_task("infogan", tmp_path / "infogan-digits", "", {"steps": 1}, num_samples=50)
    made.train()
    figures = made.evaluate()
    assert "class judge" not in figures
    assert "--model=class_judge --dataset=digits" in caplog.text
    # Categories of an untrained network are a poor classifier, but one.
    assert 0.0 <= figures["categories as a classifier of the test split, error"] < 1.0


@pytest.mark.parametrize(
    ("experiment", "files"),
    [
        ("latent_walk", {"walk.png"}),
        ("first_filters", {"filters.png"}),
        ("feature_maps", {"features_0.png", "features_2.png"}),
        ("nearest_neighbors", {"pixels.png"}),
        ("embedding", {"points.png", "thumbnails.png"}),
        ("linear_classifier", set()),
    ],
)
def test_an_experiment_leaves_pictures_and_figures(runs, experiment, files):
    figures = task(runs, "dcgan", experiment=experiment).explore()
    folder = runs / "dcgan-digits" / "explore" / experiment
    assert json.loads((folder / "figures.json").read_text()) == figures
    pictures = {path.name for path in folder.glob("*.png")}
    assert pictures >= files
    if experiment == "embedding":
        assert (folder.parent.parent / "tensorboard" / "projector_config.pbtxt").exists()


def test_without_a_test_split_neighbors_say_nothing_of_memory(runs, monkeypatch):
    # As folders without `train` and `test` are: the same images for both.
    monkeypatch.setattr("pipelines.registry.load", lambda dataset, split, side, *rest: labeled_images(side=side))
    with pytest.raises(RunError, match="needs images that were not trained on"):
        task(runs, "infogan", experiment="nearest_neighbors").explore()


@pytest.mark.parametrize("experiment", ["vector_arithmetic", "dropping"])
def test_what_only_birds_have_is_refused_of_digits(runs, experiment):
    with pytest.raises(RunError, match=f"--experiment={experiment}.*birds.*Received: --dataset=digits"):
        task(runs, "infogan", experiment=experiment).explore()


def test_points_leave_an_animation_and_count_modes(tmp_path):
    made = tiny_task("gan_2d", tmp_path / "run", "", {"steps": 4, "batch_size": 8}, pictures_every=2)
    made.train()
    with Image.open(tmp_path / "run" / "animation.gif") as animation:
        assert animation.n_frames == 3
    figures = made.evaluate()
    assert figures["modes"] == 8
    assert 0 <= figures["modes_found"] <= 8
    assert pixels(made.sample()).shape == (500, 600, 3)


def test_one_dimension_is_compared_with_the_data(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: load_normal(*arguments[1:]))
    made = tiny_task("gan_1d", tmp_path / "run", "", {"steps": 2, "batch_size": 8, "adversarial": "hinge"})
    made.train()
    figures = made.evaluate()
    assert figures["mean of the data"] == pytest.approx(4.0, abs=0.05)
    assert figures["Wasserstein-1 distance"] > 0.5


@pytest.mark.parametrize("name", ["infogan", "wgan"])
def test_going_on_gives_the_weights_of_an_uninterrupted_run(name, tmp_path):
    config = {"discriminator_steps": 2, "instance_noise": 0.1, "augmentation": "color,translation,cutout"}
    weights = []
    for folder, stops in (("whole", (4,)), ("parts", (1, 3, 4))):
        for steps in stops:
            tiny_task(name, tmp_path / folder, "", config | {"steps": steps}).train()
        weights.append(tiny_task(name, tmp_path / folder, "", config).trained_model().get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
