"""Experiments by name on a tiny model: what each needs, what each gives."""

import dataclasses
import importlib
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.explore import REQUIREMENTS, explore
from experiments.registry import EXPERIMENTS
from experiments.result import NotApplicableError, NothingFoundError
from experiments.subject import Subject
from experiments.vector_arithmetic import vector_arithmetic
from models.registry import PRESETS
from panels.interpolation import lerp
from tests.worlds import SIDE, captioned_images, labeled_images, tiny

COLORS = ("red", "green", "blue")


def dotted(name):
    module, attribute = name.rsplit(".", 1)
    return getattr(importlib.import_module(module), attribute)


def load(split, side):
    return labeled_images(side=side, seed=int(split == "test"), split=split)


def unlabeled(split, side):
    return dataclasses.replace(load(split, side), labels=None, class_names=())


def other_classes(split, side):
    return dataclasses.replace(load(split, side), class_names=("class 0", "class 1", f"class of {split}"))


def refused(*arguments):
    raise AssertionError(f"nothing expensive may be asked for. Received: {arguments}")


def subject_of(name="dcgan", dataset="digits", channels=1, **changes):
    measured = {"channels": channels, "classes": 3}
    fields = {field.name for field in dataclasses.fields(PRESETS[name].config)}
    config = tiny(name, **{key: value for key, value in measured.items() if key in fields})
    keras.utils.set_random_seed(0)
    model = dotted(PRESETS[name].model)(config)
    size = model.sampled_generator.input["latent"].shape[1]
    sampler = SimpleNamespace(
        latents=lambda count, seed: tf.random.stateless_uniform((count, size), (seed, 0), -1.0, 1.0),
        classes=3 if "label" in model.sampled_generator.input else 0,
    )
    return dataclasses.replace(
        Subject(model, sampler, name, dataset, 0, lerp, load, has_unseen=lambda: True, judge=refused), **changes
    )


@pytest.fixture(scope="module")
def dcgan():
    return subject_of()


@pytest.mark.parametrize("experiment", EXPERIMENTS.values())
def test_every_entry_names_a_function_and_known_needs(experiment):
    assert callable(dotted(experiment.function))
    assert set(experiment.needs) <= set(REQUIREMENTS)


def test_every_requirement_is_needed_by_an_experiment():
    assert {need for experiment in EXPERIMENTS.values() for need in experiment.needs} == set(REQUIREMENTS)


@pytest.mark.parametrize(
    ("experiment", "pictures", "figures"),
    [
        ("latent_walk", {"walk"}, {"largest_step", "mean_step", "largest_step_ratio"}),
        ("first_filters", {"filters"}, {"trained", "untrained"}),
        ("feature_maps", {"features_0", "features_1"}, {"features_0", "features_1"}),
        ("nearest_neighbors", {"pixels"}, {"training_images", "pixels"}),
        ("embedding", {"points", "thumbnails"}, {"same_label", "generated_near_generated"}),
        ("linear_classifier", set(), {"trained", "untrained", "pixels", "chance"}),
    ],
)
def test_an_experiment_gives_pictures_and_figures(dcgan, experiment, pictures, figures):
    finding = explore(experiment, dcgan)
    assert pictures <= set(finding.pictures)
    assert figures <= set(finding.figures)
    assert ("projector_config.pbtxt" in finding.files) == (experiment == "embedding")


def test_a_class_conditional_generator_walks_in_each_class():
    assert explore("latent_walk", subject_of("acgan")).pictures["walk"].shape == (6 * 66, 32 * 66, 3)


@pytest.mark.parametrize(
    ("experiment", "model", "changes", "message"),
    [
        (
            "first_filters",
            "cgan",
            {"load": refused},
            "needs networks with convolutions.*cgan with network=mlp",
        ),
        ("dropping", "dcgan", {"load": refused}, "needs rendered birds.* Received: --dataset=digits"),
        ("vector_arithmetic", "dcgan", {"load": refused}, "needs rendered birds.* Received: --dataset=digits"),
        ("vector_arithmetic", "acgan", {"load": refused, "dataset": "birds"}, "generator without labels.*acgan"),
        ("embedding", "projection", {"load": refused}, "discriminator without labels.*Received: projection"),
        ("embedding", "dcgan", {"load": unlabeled}, "needs a dataset with classes. Received: digits without classes"),
        ("linear_classifier", "dcgan", {"load": unlabeled}, "needs a dataset with classes"),
        ("linear_classifier", "dcgan", {"load": other_classes}, "needs a test split of the classes.*digits"),
        ("linear_classifier", "dcgan", {"has_unseen": lambda: False}, "needs images that were not trained on"),
        ("nearest_neighbors", "dcgan", {"has_unseen": lambda: False}, "needs images that were not trained on.*digits"),
    ],
)
def test_an_unmet_need_is_refused_by_name(experiment, model, changes, message):
    with pytest.raises(NotApplicableError, match=f"^{experiment} .*{message}"):
        explore(experiment, subject_of(model, **changes))


def test_an_untrained_discriminator_has_the_statistics_of_the_data_and_other_weights(dcgan):
    untrained = dcgan.untrained_discriminator()
    again = dcgan.untrained_discriminator()
    for one, other in zip(untrained.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    moving = [layer.moving_mean for layer in untrained.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert moving
    assert all(np.abs(mean.numpy()).max() > 0 for mean in moving)


def test_dropping_reports_how_good_its_segmenter_is(monkeypatch):
    def segmenter(image_size, data_dir, cache_dir):
        assert (image_size, data_dir, cache_dir) == (SIDE, "data", "cache")
        return lambda images: images[..., 0] > np.median(images[..., 0]), 0.75

    monkeypatch.setattr("experiments.dropping.branch_segmenter", segmenter)
    finding = explore("dropping", subject_of(dataset="birds", channels=3, data_dir="data", cache_dir="cache"))
    assert finding.figures["segmenter_intersection_over_union"] == 0.75
    assert {"maps", "dropped", "auc", "before", "after", "after_random"} <= set(finding.figures)
    assert set(finding.pictures) == {"dropping"}


def birds():
    truth = SimpleNamespace(attribute_names=("breast color", "wing color"), attribute_values=(COLORS, COLORS))
    return SimpleNamespace(truth=truth, images=captioned_images().images)


def test_arithmetic_finds_its_exemplars_by_the_judge(monkeypatch):
    bounds, given = [], []

    def judge(images):
        """A color for the brightness of each half of an image: each for a third of the first images."""
        halves = [images[:, :, :16].mean(axis=(1, 2, 3)), images[:, :, 16:].mean(axis=(1, 2, 3))]
        bounds.append([np.quantile(half, [1 / 3, 2 / 3]) for half in halves])
        return np.stack([np.digitize(half, bound) for half, bound in zip(halves, bounds[0], strict=True)], axis=1)

    def spied(generator, judge, samples, combinations, *rest, **options):
        given.extend(combinations)
        return vector_arithmetic(generator, judge, samples, combinations, *rest, **options)

    monkeypatch.setattr("experiments.vector_arithmetic.vector_arithmetic", spied)
    finding = explore("vector_arithmetic", subject_of(dataset="birds", channels=3, judge=lambda: (judge, birds())))
    figures = dict(finding.figures)
    assert figures.pop("combinations") == len(given) > 0
    assert set(figures) == {"exemplars_1", "exemplars_3", "exemplars_10", "control", "in_pixels", "random_samples"}
    for shares in figures.values():
        assert set(shares) == {"all", "breast_color", "wing_color"}
        assert all(0.0 <= share <= 1.0 for share in shares.values())
    assert set(finding.pictures) <= {"arithmetic_1", "arithmetic_2", "arithmetic_3"}
    # The wing, attribute 1, is what a and b differ in; the breast is c's.
    assert all(one.a[0] == one.b[0] and one.a[1] != one.b[1] for one in given)
    assert all(one.result == {0: one.c[0], 1: one.a[1]} for one in given)


def test_arithmetic_where_every_bird_looks_alike_finds_nothing():
    def judge(images):
        return np.zeros((len(images), 2), int)

    with pytest.raises(NothingFoundError, match=r"no combination of wing and breast colors.*Received: 6,000 samples"):
        explore("vector_arithmetic", subject_of(dataset="birds", channels=3, judge=lambda: (judge, birds())))
