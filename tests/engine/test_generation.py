"""The classic line, as its user meets it: grids, classes, scores, exports, and experiments on a trained model."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from engine.command import Evaluate, Explore, Sample, Train
from engine.experiment import Experiment
from engine.folder import RunError
from engine.parts.generation import label_of, without_class
from engine.run import Run
from pipelines.examples import DataError
from pipelines.readers.points import load_normal
from tests.quick import eager_steps
from tests.worlds import captioned_images, examples_of, labeled_images, tiny, tiny_run

# A process that knows nothing but TensorFlow. The arguments: the model's folder, a file to write.
CLIENT = """
import sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
given = dict(label=tf.constant([1, 1, 1]), seed=tf.constant([3, 4, 3]))
images = model.signatures["pixels"](**given)["images"].numpy()
pngs = model.signatures["serving_default"](**given)["png_bytes"].numpy()
assert (images == [tf.io.decode_png(png).numpy() for png in pngs]).all()
assert (images[0] == images[2]).all() and (images[0] != images[1]).any()
open(sys.argv[2], "wb").write(pngs[0])
names = ["serving_default", "between", "latent_and_label"]
assert set(model.signatures) == {*names, "pixels", *(f"{name}_pixels" for name in names[1:])}
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
    with pytest.MonkeyPatch.context() as patch, eager_steps():
        patch.setattr("pipelines.registry.load", examples_of)
        for name in ("acgan", "infogan", "dcgan", "class_judge"):
            opened(folder, name).train(Train())
    return folder


def opened(runs, name, **changes):
    """The run of a model on the digits, as a new process opens it."""
    # So fast that after three steps the pictures are not all gray.
    config = tiny(name, **({"steps": 3, "learning_rate": 0.05} | changes))
    return Run(Experiment(name, "digits", config, str(runs / f"{name}-digits")))


def test_a_row_a_class_with_its_name(runs):
    # Three classes of eight images, enlarged to 64 pixels, and the gaps between them.
    grid = pixels(runs / "acgan-digits" / "pictures" / "samples-00000003.png")
    assert grid.shape == (3 * 66, 110 + 8 * 66, 3)


def test_infogan_shows_its_codes(runs):
    codes = pixels(runs / "infogan-digits" / "pictures" / "codes-00000003.png")
    # Three categories, and two rows for each of two continuous codes.
    assert codes.shape == (7 * 66, 110 + 8 * 66, 3)


def test_the_names_of_the_classes_travel_with_the_export(runs):
    exports = runs / "acgan-digits" / "export"
    names = json.loads((exports / "1" / "assets.extra" / "classes.json").read_text())
    assert names == {"0": "class 0", "1": "class 1", "2": "class 2"}
    guide = (exports / "SERVING.md").read_text()
    assert "acgan on digits, last weights of step 3" in guide
    assert "| 2 | class 2 |" in guide
    # Nor of one that draws without labels, though its data has them.
    assert not (runs / "infogan-digits" / "export" / "1" / "assets.extra" / "classes.json").exists()


def test_chosen_classes_and_a_seed_of_ones_own(runs, tmp_path):
    def sampled(name, file, **command):
        return opened(runs, name).sample(Sample(output=str(tmp_path / file), **command))

    first = sampled("acgan", "a.png", label=("class 2",), num_images=5)
    assert pixels(first).shape == (66, 110 + 5 * 66, 3)
    again = sampled("acgan", "b.png", label=("class 2",), num_images=5)
    other = sampled("acgan", "c.png", label=("class 2",), num_images=5, seed=1)
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    strip = sampled("infogan", "d.png", interpolate="noise", num_images=6)
    assert pixels(strip).shape == (66, 6 * 66, 3)


@pytest.mark.parametrize(
    ("names", "asked", "label"),
    [
        (["0", "1", "2", "10"], "2", 2),
        (["0", "1", "2", "10"], "10", 3),
        (["cat", "dog"], "dog", 1),
        (["cat", "dog"], "1", 1),
        (["cat", "caf\udce9"], "caf\udce9", 1),
        (["cat", "caf\udce9"], "caf\\xe9", 1),
    ],
)
def test_a_class_is_asked_for_by_name_or_by_its_number(names, asked, label):
    assert label_of(asked, names) == label


@pytest.mark.parametrize(
    ("names", "asked", "accepted"),
    [
        # The number 1 would be the second folder, whose name is 2.
        (["1", "2", "3"], "0", "1, 2, 3"),
        (["cat", "dog"], "2", "cat, dog, or its label, 0 to 1"),
        (["cat", "dog"], "-1", "cat, dog, or its label, 0 to 1"),
        (["cat", "dog"], "²", "cat, dog, or its label, 0 to 1"),
        (["cat", "dog"], "9" * 5000, "cat, dog, or its label, 0 to 1"),
        ([str(n) for n in range(60)], "x", "48, 49, ..."),
    ],
)
def test_another_class_is_refused_with_what_there_is(names, asked, accepted):
    with pytest.raises(RunError, match=rf"^--label must be one of .*{accepted}\. Received: {asked}$"):
        label_of(asked, names)


@pytest.mark.parametrize(
    ("name", "command", "message"),
    [
        (
            "acgan",
            {"label": ("class 7",)},
            "--label must be one of class 0, .*, or its label, 0 to 2. Received: class 7",
        ),
        ("infogan", {"label": ("class 1",)}, "infogan is not conditional. Received: --label=class 1"),
        ("acgan", {"output": "x.jpg"}, "--output must be a .png file"),
    ],
)
def test_what_cannot_be_sampled_is_refused(runs, name, command, message):
    with pytest.raises(RunError, match=message):
        opened(runs, name).sample(Sample(**command))


def test_the_export_needs_tensorflow_alone_and_draws_what_sampling_draws(runs, tmp_path):
    path = runs / "acgan-digits" / "export" / "1"
    result = subprocess.run(
        [sys.executable, "-c", CLIENT, str(path), str(tmp_path / "one.png")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    run = opened(runs, "acgan")
    wanted = run.sampler(run.trained_model()).draw({"label": [1, 1, 1]}, 3)[0]
    assert np.abs(pixels(tmp_path / "one.png").astype(int) - wanted[..., 0]).max() <= 1


@pytest.mark.parametrize("name", ["wgan_gp", "sngan", "projection", "dcgan"])
def test_a_training_begins_without_an_error_of_tensorflows(name, tmp_path, capfd, optimized_graphs):
    # Its graph optimizer does not understand every graph, nor oneDNN transposed integers, and both complain.
    opened(tmp_path, name, steps=1, image_size=32, learning_rate=2e-4).train(Train())
    printed = capfd.readouterr().err
    assert "remapper" not in printed
    assert "oneDNN supports" not in printed


def test_a_judge_of_attributes_counts_the_combinations_of_colors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for model in ("dcgan", "attribute_judge"):
        run = Run(Experiment(model, "birds_stacked", tiny(model, steps=1), str(tmp_path / model)))
        run.train(Train())
    (judge, drawn) = (
        Run(Experiment(model, "birds_stacked", tiny(model, steps=1), str(tmp_path / model)))
        for model in ("attribute_judge", "dcgan")
    )
    evaluated = drawn.evaluate(Evaluate(num_samples=50, judge=judge.folder.path))
    metrics = evaluated["metrics"]
    # Of two parts (there is no crown) as many as the six classes of the images have.
    truth = captioned_images().truth.attributes[:, :2]
    assert metrics["combinations_of_truth"] == len(np.unique(truth, axis=0)) > 1
    assert metrics["combinations_found"] >= 1
    assert "judge_frechet_distance" in metrics
    assert "class_score" not in metrics
    assert evaluated["protocol"]["judge"] == f"{tmp_path / 'attribute_judge'}, step 1"
    # Gray images are none that it could see.
    gray = Run(Experiment("dcgan", "birds_stacked", tiny("dcgan", steps=1, channels=1), str(tmp_path / "gray")))
    gray.train(Train())
    with pytest.raises(RunError, match=r"the judge must see 1 channels, as this run draws\. Received: 3 channels"):
        gray.evaluate(Evaluate(num_samples=50, judge=judge.folder.path))


def test_scores_with_a_judge(runs, monkeypatch):
    # Where features are kept.
    monkeypatch.chdir(runs)
    evaluation = opened(runs, "acgan").evaluate(Evaluate(num_samples=60))
    assert json.loads((runs / "acgan-digits" / "evaluation.json").read_text()) == evaluation
    protocol, metrics = evaluation["protocol"], evaluation["metrics"]
    assert 1.0 <= metrics["class_score"] <= 3.0
    assert 0.0 <= metrics["class_consistency"] <= 1.0
    assert metrics["judge_frechet_distance"] > metrics["judge_frechet_distance_of_real"]
    assert protocol["generated"] == 60
    assert protocol["split"] == "test"
    assert protocol["judge"] == f"{runs / 'class_judge-digits'}, step 3"
    # A judge that is named as the network gives the same under its own name.
    named = opened(runs, "acgan").evaluate(Evaluate(num_samples=60, feature_network=str(runs / "class_judge-digits")))
    assert named["metrics"]["class_judge_digits_fd"] == pytest.approx(metrics["judge_frechet_distance"], rel=1e-3)
    assert named["protocol"]["extractor"] == "class_judge-digits"
    with pytest.raises(RunError, match=r"must be a network or the run of a judge\. Received: .*, of acgan"):
        opened(runs, "acgan").evaluate(Evaluate(num_samples=60, feature_network=str(runs / "acgan-digits")))


@pytest.mark.usefixtures("eager_steps", "steps_alone")
def test_without_a_judge_it_is_explained_how_to_train_one(tmp_path, caplog):
    opened(tmp_path, "infogan", steps=1).train(Train())
    metrics = opened(tmp_path, "infogan", steps=1).evaluate(Evaluate(num_samples=50))["metrics"]
    assert {"diversity", "diversity_of_real", "category_error", "memorization_ratio"} <= metrics.keys()
    assert not any("judge" in key or "class" in key for key in metrics)
    assert f"--model=class_judge --dataset=digits --workdir={tmp_path / 'class_judge-digits'}" in caplog.text
    # Categories of an untrained network are a poor classifier, but one.
    assert 0.0 <= metrics["category_error"] < 1.0


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
    figures = opened(runs, "dcgan").explore(Explore(experiment=experiment))
    folder = runs / "dcgan-digits" / "explore" / experiment
    assert json.loads((folder / "figures.json").read_text()) == figures
    pictures = {path.name for path in folder.glob("*.png")}
    assert pictures >= files
    if experiment == "embedding":
        assert (folder.parent.parent / "tensorboard" / "projector_config.pbtxt").exists()


def test_without_a_test_split_neighbors_tell_nothing_of_memory(runs, monkeypatch):
    # As folders without `train` and `test` are: the same images for both.
    monkeypatch.setattr("pipelines.registry.load", lambda dataset, split, side, *rest: labeled_images(side=side))
    with pytest.raises(RunError, match="needs images that were not trained on"):
        opened(runs, "infogan").explore(Explore(experiment="nearest_neighbors"))


@pytest.mark.parametrize("experiment", ["vector_arithmetic", "dropping"])
def test_what_only_birds_have_is_refused_of_digits(runs, experiment):
    with pytest.raises(RunError, match=f"--experiment={experiment}.*birds.*Received: --dataset=digits"):
        opened(runs, "infogan").explore(Explore(experiment=experiment))


def test_points_leave_an_animation_and_count_modes(tmp_path):
    def opened():
        return tiny_run("gan_2d", tmp_path / "run", steps=4, batch_size=8)

    opened().train(Train(pictures_every=2))
    with Image.open(tmp_path / "run" / "animation.gif") as animation:
        assert animation.n_frames == 3
    evaluation = opened().evaluate(Evaluate())
    assert evaluation["protocol"]["generated"] == 10_000
    assert evaluation["metrics"]["modes"] == 8
    assert 0 <= evaluation["metrics"]["modes_found"] <= 8
    assert pixels(opened().sample(Sample())).shape == (500, 600, 3)


def test_one_dimension_is_compared_with_the_data(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", lambda *arguments: load_normal(*arguments[1:5]))
    changes = {"steps": 2, "batch_size": 8, "adversarial": "hinge"}
    tiny_run("gan_1d", tmp_path / "run", **changes).train(Train())
    metrics = tiny_run("gan_1d", tmp_path / "run", **changes).evaluate(Evaluate())["metrics"]
    assert metrics["mean_of_real"] == pytest.approx(4.0, abs=0.05)
    assert metrics["wasserstein_1_distance"] > 0.5


@pytest.mark.usefixtures("eager_steps", "steps_alone")
@pytest.mark.parametrize("name", ["infogan", "wgan"])
def test_a_resumed_run_has_the_weights_of_an_uninterrupted_one(name, tmp_path):
    changes = {"discriminator_steps": 2, "instance_noise": 0.1, "augmentation": "color,translation,cutout"}
    changes |= {"historical_averaging": 0.1, "generator_normalization": "virtual", "reference_batch": 3}
    weights = []
    for folder, stops in (("whole", (4,)), ("parts", (1, 3, 4))):
        for steps in stops:
            tiny_run(name, tmp_path / folder, **changes, steps=steps).train(Train())
        weights.append(tiny_run(name, tmp_path / folder, **changes).trained_model().get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_class_that_is_left_out_is_not_trained_on(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = tiny_run("ebgan", tmp_path / "run", left_out_class=1)
    prepared = run.parts.prepare(run.splits.train)
    drawn = [batch["label"].numpy() for batch in prepared.batches.dataset(0, 12)]
    assert set(np.unique(drawn)) == {0, 2}
    # The judge and the evaluation still know of all three.
    assert prepared.config.classes == 3
    examples = labeled_images()
    assert without_class(examples, -1) is examples
    with pytest.raises(DataError, match=r"must be one of the classes 0 to 2\. Received: 3"):
        without_class(examples, 3)
    with pytest.raises(DataError, match=r"needs images with classes\. Received: 24 images without"):
        without_class(dataclasses.replace(examples, labels=None, class_names=()), 0)
