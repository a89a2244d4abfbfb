"""Evaluations: which figure depends on what, what their protocol states, and the keys that evaluators promise.

Only judges are trained: random weights of the others are as good for what is tested here.
"""

import dataclasses
import functools
import json
import pathlib
import re

import numpy as np
import pytest

from callbacks.checkpoints import Checkpoints
from engine.command import Evaluate, Train
from engine.evaluate import write_evaluation
from engine.experiment import Experiment
from engine.record import run_record
from engine.run import Run
from engine.scorers import evaluation_data
from evaluation.evaluator import applicable, comparable, measure
from evaluation.names import NetworkName
from models.generation.class_configs import ATTRIBUTES
from models.registry import PRESETS
from pipelines.examples import CaptionedImages, DataError, LabeledImages, PairedImages
from pipelines.readers.points import load_normal, load_ring
from pipelines.registry import DATASETS
from pipelines.rows import rows_of
from tests.evaluation.doubles import extractor
from tests.worlds import (
    SIDE,
    as_glyphs,
    captioned_images,
    ground_truth,
    labeled_images,
    paired_images,
    tiny,
    unpaired_images,
)

COMMAND = Evaluate(num_captions=60, num_samples=60, feature_network="features.keras")
POINTS = {"normal_1d": load_normal, "ring_2d": load_ring}
# Of the judges.
STEPS = 30
FEATURES = NetworkName("features.keras")
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def examples_of(dataset: str, split: str, side: int, is_other: bool):
    """Two sets of examples that differ in everything: pixels, names, number, captions, classes, attributes."""
    gives, seed, more = DATASETS[dataset].gives, int(is_other), 2 * is_other
    if "points" in gives:
        return POINTS[dataset](split, side, "", "")
    if "pairs" in gives:
        pairs = paired_images(10 + more, seed, side)
        labels = np.arange(len(pairs)) % (3 + more)
        names = tuple(f"{seed}/{name}" for name in pairs.names)
        # Where labels are equal, so are the pictures of the target.
        return dataclasses.replace(pairs, b=pairs.b[labels], labels=labels, names=names)
    if "unpaired" in gives:
        return unpaired_images(10 + more, 7 + more, seed, side)
    if "captions" not in gives:
        examples = labeled_images(3, 8 + more, seed, side, str(seed))
        # Not of equal shares, which a classifier that always names one class could not tell apart.
        labels = np.minimum(examples.labels, 2 - (examples.labels > 0) * is_other)
        examples = dataclasses.replace(examples, labels=labels)
        return as_glyphs(examples) if "styles" in gives else examples
    examples = captioned_images(10, 6 + more, 2, seed, side)
    captions = tuple(tuple(f"{'another ' * is_other}{line}" for line in lines) for lines in examples.captions)
    names = tuple(f"{seed}/{name}" for name in examples.names)
    labels = (examples.labels**2 % 7 if is_other else examples.labels).astype(np.int32)
    return dataclasses.replace(examples, names=names, captions=captions, labels=labels, truth=ground_truth(labels, 2))


def relabeled(examples):
    """The same images with other labels and attributes."""
    if not isinstance(examples, LabeledImages | PairedImages) or examples.labels is None:
        return examples
    labels = (np.asarray(examples.labels) // 2).astype(np.int32)
    changes = {"labels": labels}
    if isinstance(examples, CaptionedImages):
        changes["truth"] = ground_truth(labels, 2)
    return dataclasses.replace(examples, **changes)


# Of weights with which no metric stays by chance where it must change.
SEED = 1


class World:
    """Stands in for `pipelines.registry.load`.

    Args:
        swapped: whether the training and the test examples change places.
        relabeled: whether the test examples have other labels.
    """

    def __init__(self, swapped: bool = False, relabeled: bool = False):
        self.swapped, self.relabeled = swapped, relabeled

    def __call__(self, dataset, split, side, *arguments):
        examples = examples_of(dataset, split, side, (split == "test") != self.swapped)
        return relabeled(examples) if self.relabeled and split == "test" else examples


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The folder of this module's runs, side by side."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(autouse=True)
def features(monkeypatch):
    """A feature network, and datasets of which nothing is loaded."""
    monkeypatch.setattr("pipelines.registry.load", World())
    network = extractor(lambda images: images[:, ::9, 0, 0], of_classes, "features.keras")
    monkeypatch.setattr("engine.scorers.feature_network", lambda path: network)


def of_classes(images):
    """Made-up probabilities of three classes."""
    powers = np.exp(images[:, :3, 1, 0])
    return powers / powers.sum(axis=1, keepdims=True)


def run_of(model: str, dataset: str, root, encoder) -> Run:
    """The run of a model in its folder, as a new process sees it."""
    roles = {requirement.role for requirement in PRESETS[model].requires}
    changes = {"text_encoder": str(encoder)} if "text_encoder" in roles else {}
    if model == "ebgan":
        changes["left_out_class"] = 1
    if model == "improved_gan":
        changes["labels"] = 0
    if model == "srgan":
        changes["srresnet"] = "none"
    if "generator" in roles:
        generator = run_of("gan_cls", dataset, pathlib.Path(root) / "generators", encoder)
        if not generator.folder.record_path.exists():
            write(generator)
        changes["text_to_image"] = str(generator.folder.path)
    if "first_stage" in roles:
        first = pathlib.Path(root) / "first_stages" / f"stackgan_stage1-{dataset}"
        config = tiny("stackgan_stage1", image_size=SIDE // 2, text_encoder=str(encoder))
        first = Run(Experiment("stackgan_stage1", dataset, config, str(first)))
        if not first.folder.record_path.exists():
            write(first)
            first.folder.write_finished(0)
        changes["first_stage"] = str(first.folder.path)
    return Run(Experiment(model, dataset, tiny(model, **changes), str(root / f"{model}-{dataset}")))


def is_judge(model: str) -> bool:
    return model in ("class_judge", "attribute_judge")


def prepare(run: Run):
    """The model of a run whose record is written, as is the judge beside it."""
    prepared = run.parts.prepare(run.splits.train)
    run.folder.make()
    requires = run.ensure_required(Train())
    run.folder.write_record(run_record(run.experiment, prepared.config, prepared.data, requires, 1, 0.0))
    model = run.build(prepared)
    if is_judge(run.experiment.model):
        # An untrained one would name one class whatever it sees.
        model.fit(prepared.batches.dataset(0, STEPS), verbose=0, shuffle=False)
    else:
        # Larger weights than the initial ones, with which all samples are nearly the same gray.
        rng = np.random.default_rng(SEED)
        for variable in model.trainable_variables:
            variable.assign_add(rng.normal(0, 0.5, variable.shape))
    run.parts.begin()
    for requirement in run.preset.requires:
        beside = run.folder.path.parent / f"{requirement.model}-{run.experiment.dataset}"
        if requirement.role == "judge" and not beside.exists():
            write(run_of(requirement.model, run.experiment.dataset, beside.parent, ""))
    return model


def write(run: Run):
    """Write a run that can be evaluated."""
    model = prepare(run)
    checkpoints = Checkpoints(run.folder.checkpoints, 1, 1)
    checkpoints.set_model(model)
    checkpoints.save(model.step)


@pytest.fixture(scope="module")
def evaluate(root, encoder_folder):
    """(model, dataset, world) -> the evaluation of the model's run in that world."""
    models = {}

    def evaluate(model, dataset, world):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipelines.registry.load", World())
            if (model, dataset) not in models:
                write(run_of(model, dataset, root, encoder_folder))
                models[model, dataset] = run_of(model, dataset, root, encoder_folder).trained_model()
            patch.setattr("pipelines.registry.load", world)
            run = run_of(model, dataset, root, encoder_folder)
            evaluation = write_evaluation(run, COMMAND, models[model, dataset])
        assert json.loads((run.folder.path / "evaluation.json").read_text()) == evaluation
        return evaluation

    return evaluate


def moved(before: dict, after: dict) -> set[str]:
    """The metrics that differ."""
    before, after = before["metrics"], after["metrics"]
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


MANIFOLD = ("precision", "recall", "density", "coverage")
BY_JUDGE = {f"judge_{kind}" for kind in ("frechet_distance", "frechet_distance_of_real", "kernel_distance", *MANIFOLD)}
BY_JUDGE |= {"judge_kernel_distance_deviation"}
BY_NETWORK = {f"features_{kind}" for kind in ("fd", "fd_of_real", "kd", "kd_deviation", *MANIFOLD)}
MEMORIZATION = {"memorization_ratio", "training_distance", "training_distance_of_unseen"}
MEMORIZATION |= {"nearer_to_training_than_unseen"}
REAL = {"diversity_of_real", "class_score_of_real", "features_score_of_real"} | BY_JUDGE | BY_NETWORK | MEMORIZATION
# What may be the same by chance, as it counts images.
COUNTS = (*MANIFOLD, "nearer_to_training_than_unseen")
# Of samples alone.
SAMPLES = {"diversity", "class_score", "class_score_deviation", "rarest_class_share"}
SAMPLES |= {"features_score", "features_score_deviation"}
LOGITS, LOGITS_OF_REAL = {"mean_absolute_logit_of_generated"}, {"mean_absolute_logit_of_real"}
RETRIEVAL = {"class_accuracy", "average_precision_at_50"}
# Of text to image.
OF_CAPTIONS = {"diversity_within_caption", "ms_ssim_within_caption", "features_score", "features_score_deviation"}
OF_CAPTIONS |= {"features_score_of_real"} | BY_JUDGE | BY_NETWORK | MEMORIZATION
CLASSES = {"diversity_within_class_of_real", "ms_ssim_within_class_of_real"}
CLASSES |= {f"r_precision{suffix}" for suffix in ("", "_of_real", "_standard_error", "_by_chance")}


def named(*kinds: str) -> set[str]:
    """Named attributes, of each group and kind."""
    groups = ("attributes", "breast_or_belly_color", "wing_color", "size")
    return {f"named_{group}{kind}" for group in groups for kind in kinds}


# Model, dataset; the metrics that other examples change, those that other labels change, and those that neither does.
DEPENDENCIES = [
    ("gan_cls", "birds", OF_CAPTIONS, CLASSES | named("", "_of_real", "_of_shuffled"), set()),
    (
        "stackgan",
        "birds",
        OF_CAPTIONS
        | {"laplacian_energy", "laplacian_energy_of_real"}
        | {
            f"{key}_of_first_stage"
            for key in ("laplacian_energy", "diversity_within_caption", "judge_frechet_distance")
        },
        CLASSES | named("", "_of_real", "_of_shuffled", "_of_first_stage"),
        set(),
    ),
    ("dcgan", "digits", REAL | LOGITS_OF_REAL, set(), SAMPLES | LOGITS),
    (
        "acgan",
        "digits",
        REAL | LOGITS_OF_REAL,
        {"ms_ssim_within_class_of_real"},
        SAMPLES | LOGITS | {"class_consistency", "ms_ssim_within_class"},
    ),
    (
        "attribute_font",
        "glyphs",
        REAL | LOGITS_OF_REAL,
        {"ms_ssim_within_class_of_real"} | {f"{name}_r_squared_of_rule" for name in ATTRIBUTES},
        SAMPLES
        | LOGITS
        | {"class_consistency", "ms_ssim_within_class"}
        | {f"{name}_r_squared" for name in ("attribute", *ATTRIBUTES)},
    ),
    ("infogan", "digits", REAL | LOGITS_OF_REAL, {"category_error"}, SAMPLES | LOGITS),
    (
        "improved_gan",
        "digits",
        REAL | LOGITS_OF_REAL,
        {"test_error"},
        SAMPLES | LOGITS,
    ),
    (
        "ebgan",
        "digits",
        REAL,
        # Of the classes that were trained on.
        {"anomaly_auc", "energy_of_real", "code_cosine_of_real"},
        SAMPLES | {"energy_of_generated", "energy_of_noise", "code_cosine_of_generated"},
    ),
    (
        "lapgan",
        "digits",
        REAL
        | LOGITS_OF_REAL
        | {f"laplacian_energy_{kind}" for kind in ("of_upsampled", "from_real_coarse")}
        | {f"judge_frechet_distance_{kind}" for kind in ("of_upsampled", "from_real_coarse")}
        | {"nearest_distance"}
        | {
            f"{key}_{side}"
            for side in (16, 32)
            for key in (
                "nearest_distance",
                "upsampled_distance",
                "laplacian_energy",
                "laplacian_energy_of_real",
                "laplacian_energy_of_upsampled",
            )
        },
        set(),
        SAMPLES | LOGITS | {"laplacian_energy", "refined_share", "refined_share_16", "refined_share_32"},
    ),
    (
        "pix2pix",
        "birds_parts",
        {f"{key}{kind}" for key in ("l1", "psnr", "ssim", "sharpness") for kind in ("", "_of_input")}
        | BY_NETWORK
        | MEMORIZATION,
        set(),
        set(),
    ),
    (
        "pixel_dt",
        "birds_plate",
        {f"{key}{kind}" for key in ("l1", "psnr", "ssim", "sharpness") for kind in ("", "_of_input")}
        | BY_NETWORK
        | MEMORIZATION,
        {"nearest_truth_accuracy", "nearest_truth_accuracy_by_chance"},
        set(),
    ),
    (
        "cyclegan",
        "birds_parts",
        {
            f"{way}_{key}"
            for way in ("a_to_b", "b_to_a")
            for name in ("l1", "psnr", "ssim", "sharpness")
            for key in (name, f"{name}_of_input", f"cycle_{name}")
        }
        | {f"{way}_{key}" for way in ("a_to_b", "b_to_a") for key in BY_NETWORK | MEMORIZATION},
        set(),
        set(),
    ),
    (
        "srgan",
        "birds",
        {f"{key}{of}" for key in ("psnr_y", "ssim_y", "spectrum_distance") for of in ("", "_of_bicubic")},
        set(),
        set(),
    ),
    (
        "style_encoder",
        "birds",
        {"style_error", "same_pose_auc", "same_background_auc", "same_pose_auc_of_text", "same_background_auc_of_text"},
        {
            f"transferred_{group}{kind}"
            for group in ("attributes", "breast_or_belly_color", "wing_color", "size")
            for kind in ("", "_of_samples")
        },
        {"style_error_of_zero"},
    ),
    (
        "char_cnn_rnn",
        "birds",
        {"image_recall_at_10", "image_recall_at_10_by_chance"},
        RETRIEVAL | {f"{key}_by_chance" for key in RETRIEVAL},
        set(),
    ),
    ("class_judge", "digits", set(), {"accuracy"}, set()),
    (
        "attribute_judge",
        "birds",
        set(),
        {"accuracy", "breast_color_accuracy", "wing_color_accuracy", "size_accuracy"},
        set(),
    ),
]


@pytest.mark.parametrize(
    ("model", "dataset", "of_examples", "of_labels", "of_neither"), DEPENDENCIES, ids=[row[0] for row in DEPENDENCIES]
)
def test_a_metric_depends_on_the_test_examples_and_their_labels_or_not(
    evaluate, model, dataset, of_examples, of_labels, of_neither
):
    as_it_is = evaluate(model, dataset, World())
    assert as_it_is["metrics"].keys() == of_examples | of_labels | of_neither
    assert moved(as_it_is, evaluate(model, dataset, World())) == set()
    swapped, relabeled = (
        moved(as_it_is, evaluate(model, dataset, World(**{change: True}))) for change in ("swapped", "relabeled")
    )
    counts = {key for key in as_it_is["metrics"] if key.endswith(COUNTS) or key.startswith("r_precision")}
    assert swapped - counts == (of_examples | of_labels) - counts
    assert relabeled - counts == of_labels - counts
    assert swapped <= of_examples | of_labels
    assert relabeled <= of_labels
    assert as_it_is["protocol"]["split"] == "test"


def test_another_judge_changes_what_is_measured_by_it_and_nothing_else(evaluate, root, encoder_folder):
    before = evaluate("acgan", "digits", World())
    run = run_of("acgan", "digits", root, encoder_folder)
    judge = Run(Experiment("class_judge", "digits", tiny("class_judge", seed=2), str(root / "another_judge")))
    write(judge)
    command = dataclasses.replace(COMMAND, judge=str(root / "another_judge"))
    after = run.evaluate(command)
    judged = {key for key in before["metrics"] if key.startswith("judge") or ("class" in key and "ms_ssim" not in key)}
    judged |= MEMORIZATION
    # One class may be missing by both, as may neighbors.
    by_count = {"rarest_class_share", "nearer_to_training_than_unseen", *(f"judge_{figure}" for figure in MANIFOLD)}
    assert judged - by_count <= moved(before, after) <= judged
    assert "class_consistency" in judged
    assert before["protocol"]["judge"] == f"{root / 'class_judge-digits'}, step {STEPS}"
    assert after["protocol"]["judge"] == f"{root / 'another_judge'}, step {STEPS}"


@pytest.mark.parametrize(
    ("model", "dataset", "counts"),
    [
        ("gan_cls", "birds", {"captions": 60, "generated": 60, "real": 60}),
        ("acgan", "digits", {"generated": 60, "real": 30}),
        ("pix2pix", "birds_parts", {"generated": 12, "real": 12}),
        ("cyclegan", "birds_parts", {"a_to_b_generated": 12, "b_to_a_real": 12}),
        ("char_cnn_rnn", "birds", {"captions": 160, "real": 80}),
        ("class_judge", "digits", {"real": 30}),
    ],
)
def test_the_protocol_states_how_the_metrics_were_measured(evaluate, root, model, dataset, counts):
    protocol = evaluate(model, dataset, World())["protocol"]
    step = STEPS if is_judge(model) else 0
    stated = {"split": "test", "weights": "last", "step": step, "checkpoint": "last", "seed": 0}
    assert protocol.items() >= (stated | counts).items()
    assert protocol["extractor"] == "features.keras"


def train_for_test(dataset, split, side, *arguments):
    """A dataset whose test split holds the training examples."""
    return examples_of(dataset, split, side, False)


def without_test(dataset, split, side, *arguments):
    """A dataset without a test split."""
    if split == "test":
        raise DataError("0 test images")
    return examples_of(dataset, split, side, False)


@pytest.mark.parametrize("world", [train_for_test, without_test])
@pytest.mark.parametrize(
    ("model", "dataset"),
    [
        ("gan_cls", "birds"),
        ("pix2pix", "birds_parts"),
        ("cyclegan", "birds_parts"),
        ("cyclegan", "birds_night"),
        ("acgan", "digits"),
        ("char_cnn_rnn", "birds"),
        ("class_judge", "digits"),
        ("attribute_judge", "birds"),
    ],
)
def test_the_protocol_says_train_with_a_warning_where_there_are_no_unseen_examples(
    evaluate, caplog, capsys, model, dataset, world
):
    with caplog.at_level("WARNING", logger="absl"):
        evaluation = evaluate(model, dataset, world)
    assert evaluation["protocol"]["split"] == "train"
    assert evaluation["protocol"]["trained_on"] == 1.0
    assert "these figures are of images that were trained on" in caplog.text
    # For who reads the table alone.
    assert re.search(r"^  split +train \(these images were trained on\)\n  \w", capsys.readouterr().out, re.MULTILINE)
    caplog.clear()
    with caplog.at_level("WARNING", logger="absl"):
        assert evaluate(model, dataset, World())["protocol"]["split"] == "test"
    assert "trained on" not in caplog.text
    assert re.search(r"^  split +test \(not trained on\)\n  \w", capsys.readouterr().out, re.MULTILINE)


def half_for_test(dataset, split, side, *arguments):
    """A dataset of whose test split half are training examples."""
    whole = examples_of(dataset, "train", side, False)
    if split == "train":
        return rows_of(whole, np.arange(len(whole) - 4))
    return rows_of(whole, np.arange(len(whole) - 8, len(whole)))


@pytest.mark.parametrize(("model", "dataset"), [("pix2pix", "birds_parts"), ("class_judge", "digits")])
def test_the_table_and_the_protocol_say_which_share_of_the_test_split_was_trained_on(evaluate, capsys, model, dataset):
    protocol = evaluate(model, dataset, half_for_test)["protocol"]
    assert (protocol["split"], protocol["trained_on"]) == ("test", 0.5)
    printed = capsys.readouterr().out
    assert re.search(r"^  split +test \(50 % of it trained on\)\n  \w", printed, re.MULTILINE)
    assert "not trained on" not in printed
    assert "trained_on" not in evaluate(model, dataset, World())["protocol"]


# Whether counterparts are known depends on the dataset.
EVERY_RUN = [*((model, preset.default_dataset) for model, preset in PRESETS.items()), ("cyclegan", "birds_parts")]


def measured_alike(model: str, dataset: str):
    """What decides which metrics there are; the same of presets that differ in their losses, say."""
    preset = PRESETS[model]
    return preset.model, getattr(preset.config, "conditioning", ""), tuple(preset.evaluators), dataset


DIFFERENT_RUNS = list({measured_alike(*run): run for run in reversed(EVERY_RUN)}.values())[::-1]


@pytest.fixture(scope="module")
def promised(root, encoder_folder):
    """(model, dataset) -> the keys by which checkpoints of its run can be compared, and all metrics of one."""

    @functools.cache
    def promised(model, dataset):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipelines.registry.load", World())
            run = run_of(model, dataset, root / "every", encoder_folder)
            trained = prepare(run)
            data = evaluation_data(run, COMMAND, *run.splits.unseen, run.parts.evaluated(COMMAND))
            outputs = run.parts.outputs(trained, run.sampler(trained), data, COMMAND)
            keys = comparable(applicable(run.evaluators, data), FEATURES).keys()
            return keys, measure(run.evaluators, outputs, data)

    return promised


@pytest.mark.parametrize(("model", "dataset"), DIFFERENT_RUNS)
def test_evaluators_yield_finite_floats_under_the_keys_that_they_promise(promised, model, dataset):
    accepted, metrics = promised(model, dataset)
    assert accepted
    assert accepted <= metrics.keys()
    for key, value in metrics.items():
        assert SNAKE_CASE.fullmatch(key)
        assert type(value) is float
        assert np.isfinite(value)


def test_every_key_that_an_evaluator_declares_is_yielded_by_some_run(promised, root, encoder_folder):
    declared, yielded = set(), set()
    for model, dataset in EVERY_RUN:
        declared |= comparable(run_of(model, dataset, root, encoder_folder).evaluators, FEATURES).keys()
    for model, dataset in DIFFERENT_RUNS:
        yielded |= promised(model, dataset)[0]
    # By a judge of attributes, which has to be named (`tests.engine.test_generation`), and by a network of Keras's
    # (`tests.engine.test_super_resolution`).
    assert yielded | {"combinations_found", "features_perceptual_distance"} == declared
