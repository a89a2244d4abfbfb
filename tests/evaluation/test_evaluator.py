"""What an evaluation asks for, and which way its numbers are better."""

import importlib

import numpy as np
import pytest

from evaluation.evaluator import Data, Evaluator, applicable, comparable, measure, split_in_words
from evaluation.names import NetworkName
from models.registry import PRESETS
from pipelines.examples import CaptionedImages, GaussianMixture, LabeledImages, PairedImages, UnpairedImages
from tests.evaluation.doubles import class_judge, extractor

TRANSLATION = {"l1": "lower", "psnr": "higher", "ssim": "higher"}
MANIFOLD = ("precision", "recall", "density", "coverage")
# By what the numbers are: shares that are right are better when high, distances and errors when low.
BETTER = {
    "named_attributes": "higher",
    "judge_frechet_distance": "lower",
    "judge_kernel_distance": "lower",
    **{f"judge_{figure}": "higher" for figure in MANIFOLD},
    "class_score": "higher",
    "r_precision": "higher",
    "rarest_class_share": "higher",
    "combinations_found": "higher",
    "class_consistency": "higher",
    "attribute_r_squared": "higher",
    **{f"{name}_r_squared": "higher" for name in ("weight", "slant", "width")},
    "category_error": "lower",
    "anomaly_auc": "higher",
    "test_error": "lower",
    "refined_share": "higher",
    "nearest_distance": "lower",
    "nearest_truth_accuracy": "higher",
    "psnr_y": "higher",
    "ssim_y": "higher",
    "spectrum_distance": "lower",
    "wasserstein_1_distance": "lower",
    "modes_found": "higher",
    "high_quality_share": "higher",
    "balance": "higher",
    "image_recall_at_10": "higher",
    "class_accuracy": "higher",
    "average_precision_at_50": "higher",
    "accuracy": "higher",
    "style_error": "lower",
    "same_pose_auc": "higher",
    "same_background_auc": "higher",
    "transferred_attributes": "higher",
    **TRANSLATION,
    **{f"{way}_{key}": better for way in ("a_to_b", "b_to_a") for key, better in TRANSLATION.items()},
    **{f"{way}_cycle_l1": "lower" for way in ("a_to_b", "b_to_a")},
}


def made(dotted):
    module, name = dotted.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)()


def test_which_way_every_metric_is_better_by_which_checkpoints_are_compared():
    names = {name for preset in PRESETS.values() for name in preset.evaluators}
    evaluators = list(map(made, names))
    assert comparable(evaluators) == BETTER
    # Those of a network that is named, under its name.
    of_network = {"fd": "lower", "kd": "lower", "score": "higher", **dict.fromkeys(MANIFOLD, "higher")}
    named = {f"some_{figure}": better for figure, better in of_network.items()}
    both_ways = {f"{way}_{key}": named[key] for way in ("a_to_b", "b_to_a") for key in named if key != "some_score"}
    named["some_perceptual_distance"] = "lower"
    assert comparable(evaluators, NetworkName("Some.keras")) == BETTER | named | both_ways


def test_only_the_inception_graph_of_2015_has_the_names_of_papers():
    figures = ("fd", "kd", "score", "precision")
    graph, keras = NetworkName("graph", is_inception_2015=True), NetworkName("InceptionV3-Keras")
    assert [graph.key(figure) for figure in figures] == ["fid", "kid", "inception_score", "inception_precision"]
    assert [graph.title(figure) for figure in figures[:3]] == ["FID", "KID", "IS"]
    assert [keras.key(figure) for figure in figures[:2]] == ["inception_v3_keras_fd", "inception_v3_keras_kd"]
    assert keras.title("fd") == "InceptionV3-Keras FD"
    assert NetworkName("mobilenet_v2.keras").title("fd") == "mobilenet_v2 FD"


IMAGES = np.zeros((2, 4, 4, 3), np.uint8)
NAMES = ("a", "b")
LABELS = np.array([0, 1])
EXAMPLES = [
    (LabeledImages(images=IMAGES, names=NAMES), set()),
    (LabeledImages(images=IMAGES, names=NAMES, labels=LABELS), {"labels"}),
    (CaptionedImages(images=IMAGES, names=NAMES, captions=(("a",),) * 2), set()),
    (CaptionedImages(images=IMAGES, names=NAMES, captions=(("a",),) * 2, truth=object()), {"attributes"}),
    (PairedImages(IMAGES, IMAGES, NAMES), {"pairs"}),
    (PairedImages(IMAGES, IMAGES, NAMES, LABELS), {"pairs", "labels"}),
    (UnpairedImages(IMAGES, IMAGES, NAMES, NAMES), set()),
    (GaussianMixture(np.zeros((1, 1)), 1.0), {"one_dimension"}),
    (GaussianMixture(np.zeros((4, 2)), 1.0), {"two_dimensions"}),
]


@pytest.mark.parametrize(("examples", "has"), EXAMPLES)
def test_what_data_has(examples, has):
    assert Data(examples, "test", 1).has == has
    scored = Data(examples, "test", 1, judge=object(), features=extractor(len), model_has=frozenset({"condition"}))
    assert scored.has == has | {"judge", "attribute_judge", "feature_network", "condition"}
    of_classes = Data(examples, "test", 1, judge=class_judge(np.ones((2, 2)) / 2))
    assert of_classes.has == has | {"judge", "class_judge"}
    by_classes = Data(examples, "test", 1, features=extractor(len, len), retrieval=object())
    assert by_classes.has == has | {"feature_network", "class_probabilities", "retrieval_encoder"}


class Counting(Evaluator):
    needs = frozenset({"labels", "judge"})

    def measure(self, outputs, data):
        yield "count", np.float32(len(outputs))


def test_an_evaluator_measures_where_all_that_it_needs_is_there_and_no_two_yield_one_key():
    labeled = LabeledImages(images=IMAGES, names=NAMES, labels=LABELS)
    assert applicable([Counting()], Data(labeled, "test", 1)) == []
    judged = Data(labeled, "test", 1, judge=object())
    assert measure([Counting()], "abc", judged) == {"count": 3.0}
    with pytest.raises(ValueError, match="two evaluators yield count"):
        measure([Counting(), Counting()], "abc", judged)


@pytest.mark.parametrize(
    ("split", "share", "words"),
    [
        ("test", 0.0, "test (not trained on)"),
        ("test", 0.5, "test (50 % of it trained on)"),
        ("test", 1 / 3, "test (33.3 % of it trained on)"),
        ("test", 0.005, "test (0.5 % of it trained on)"),
        ("test", 0.995, "test (99.5 % of it trained on)"),
        ("train", 1.0, "train (these images were trained on)"),
        ("validation", 0.0, "validation (held out of training)"),
    ],
)
def test_the_split_in_words(split, share, words):
    assert split_in_words(split, share) == words
