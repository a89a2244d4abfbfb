"""report.html, as its reader meets it."""

import dataclasses
import json
import os

import numpy as np
import pytest

from engine import report
from engine.command import Evaluate, Report, Train
from engine.experiment import Experiment
from engine.parts import neighbors
from engine.parts.neighbors import Drawn, neighbors_of
from engine.run import Run
from engine.scorecard import score_rows
from pipelines.real_images import RealImages
from pipelines.report import Report as DataReport
from tests import pages
from tests.worlds import examples_of, labeled_images, tiny, tiny_run, write_untrained

HOSTILE = "<script>alert('\udce9')</script>"
SHOWN = "<script>alert('\\xe9')</script>"


def load(dataset, split, side, *arguments):
    """Images whose names, classes and files are called what nobody expects."""
    examples = labeled_images(side=side, seed=int(split == "test"))
    found = DataReport("digits", f"pictures in {SHOWN}", {"train": len(examples)}).with_skipped("no picture", [HOSTILE])
    return dataclasses.replace(
        examples,
        names=tuple(f"{HOSTILE}/{index}" for index in range(len(examples))),
        class_names=(HOSTILE, *examples.class_names[1:]),
        report=found.with_assumed(f"{SHOWN} is a folder"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory, curves):
    """A folder with a short run, a name of its own, and pictures of nine steps."""
    folder = tmp_path_factory.mktemp("a 'run' & <b>#1") / "acgan?"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", load)
        opened(folder).train(Train(pictures_every=1, log_every=1))
    return folder


@pytest.fixture(autouse=True)
def data(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", load)


def opened(folder, **changes) -> Run:
    config = tiny("acgan", **({"steps": 8, "discriminator_steps": 1, "learning_rate": 0.05} | changes))
    return Run(Experiment("acgan", "digits", config, str(folder)))


def test_after_training_it_shows_the_run_whatever_its_names_are(folder, capsys):
    page = pages.read(folder / "report.html")
    assert "script" not in page.tags
    for part in (
        "acgan on digits, step 8",
        "Odena et al., ICML 2017",
        str(folder),
        "last weights of step 8",
        "--model=acgan --dataset=digits",
        "Training images 24",
        f"Found pictures in {SHOWN}",
        f"assumed: {SHOWN} is a folder",
        f"1 skipped: no picture: {SHOWN}",
        "Not evaluated yet",
    ):
        assert part in page.text, part
    assert {"data.png", "curves.png", "report/neighbors.png", "run.json", "numbers.csv"} <= set(page.links)
    # The names of classes and of training images, in the table of neighbors.
    assert f"{SHOWN}/" in page.text
    assert f"0 {SHOWN}" in page.text


def test_settings_that_are_not_the_presets_stand_beside_its_own(folder):
    source = (folder / "report.html").read_text(encoding="utf-8")
    differing = source.split("preset on this dataset")[1].split("</table>")[0]
    row = [f"<td>{cell}</td>" for cell in ("learning_rate", "0.05", "0.0002")]
    assert "".join(row) in differing
    assert "<td>seed</td>" not in differing
    assert "<td>seed</td>" in source
    assert "learning_rate: published" not in differing


def test_of_many_pictures_the_first_the_last_and_some_between_are_shown(folder):
    links = pages.read(folder / "report.html").links
    shown = sorted({int(link[-12:-4]) for link in links if link.startswith("pictures/samples-")})
    assert shown == [0, 1, 3, 4, 6, 8]


def test_an_evaluation_writes_its_scores_into_it(folder):
    evaluation = opened(folder).evaluate(Evaluate(num_samples=50))
    page = pages.read(folder / "report.html")
    assert "Not evaluated yet" not in page.text
    for key, value in evaluation["metrics"].items():
        if "_of_" not in key:
            assert f"{key} {value:.4g}" in page.text
    assert f"of real: {evaluation['metrics']['diversity_of_real']:.4g}" in page.text
    assert "split test (not trained on)" in page.text
    assert "generated 50" in page.text
    # Scores of another step are said to be such; those by a network are known by its name.
    evaluation["protocol"] |= {"step": 4, "extractor": "Net.keras"}
    evaluation["metrics"]["net_fd"] = 2.5
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    assert opened(folder).report(Report()) == folder / "report.html"
    page = pages.read(folder / "report.html")
    assert "These scores are of step 4, not of step 8." in page.text
    assert "net_fd 2.5 lower" in page.text


def test_a_part_that_fails_is_named_and_the_others_are_there(folder, monkeypatch, caplog):
    def fail(*arguments):
        raise ValueError(f"no {HOSTILE}")

    monkeypatch.setattr(report, "neighbors_of", fail)
    opened(folder).report(Report())
    page = pages.read(folder / "report.html")
    assert f"This part could not be made: no {SHOWN}" in page.text
    assert "curves.png" in page.links
    assert "without nearest training images" in caplog.text


def test_no_training_fails_for_it(folder, monkeypatch, caplog):
    def fail(*arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr(report, "sections", fail)
    monkeypatch.setattr("engine.run.export", lambda sampler, exports, about: exports)
    before, run = (folder / "report.html").read_bytes(), opened(folder)
    (folder / "finished.json").unlink()
    run.finish(run.trained_model())
    assert "There is no new report.html: the disk is full" in caplog.text
    assert (folder / "finished.json").exists()
    # One that is asked for by name is an error, and the one before stays.
    with pytest.raises(OSError, match="the disk is full"):
        run.report(Report())
    assert (folder / "report.html").read_bytes() == before


def test_uncertainty_and_references_stand_beside_a_metric():
    metrics = {
        "kid": 0.5,
        "kid_deviation": 0.125,
        "r_precision": 0.75,
        "r_precision_standard_error": 0.01,
        "r_precision_by_chance": 0.01,
        "named": 0.8,
        "named_of_real": 0.99,
        "named_of_shuffled": 0.2,
        "deviation_of_real": 3.0,
    }
    rows = score_rows(metrics, {"named": (0.7, 0.9)}, {"kid": "lower", "named": "higher"})
    assert rows == [
        ("kid", 0.5, "± 0.125 (standard deviation)", "lower", ""),
        ("r_precision", 0.75, "0.7304 to 0.7696 (95 %)", "", "by chance: 0.01"),
        ("named", 0.8, "0.7 to 0.9 (95 %)", "higher", "of real: 0.99, of shuffled: 0.2"),
        ("deviation_of_real", 3.0, "", "", ""),
    ]


def real(images, size) -> RealImages:
    return RealImages(images, [f"image {index}" for index in range(len(images))], size, images.shape[-1])


def test_a_copy_is_found_and_shown_first():
    rng = np.random.default_rng(0)
    training = rng.integers(0, 256, (20, 12, 12, 3), np.uint8)
    pictures = rng.integers(0, 256, (9, 8, 8, 3), np.uint8)
    # The middle of a training image, which is kept with a margin for crops.
    pictures[7] = training[13, 2:10, 2:10]
    labels = [f"asked {index}" for index in range(9)]
    found = neighbors_of(Drawn(pictures, labels, real(training, 8), real(training[:5], 8)))
    label, near, distance = found.rows[0]
    assert (label, near[0], distance) == ("asked 7", "image 13", 0.0)
    assert len(found.rows) == 8
    assert len({label for label, _, _ in found.rows}) == 8
    assert found.distance_of_unseen == 0.0
    assert found.distance > 0.3
    assert found.searched == 20
    # 8 rows of a picture, a gap and 4 neighbors, enlarged to 64 pixels.
    assert found.picture.shape == (8 * 66, 260 + 6 * 66, 3)
    np.testing.assert_array_equal(found.picture[:64:8, 260:324:8], pictures[7])
    np.testing.assert_array_equal(found.picture[:64:8, 260 + 2 * 66 : 324 + 2 * 66 : 8], pictures[7])


def test_of_very_many_bytes_some_images_are_searched_and_called_by_their_own_names(monkeypatch):
    monkeypatch.setattr(neighbors, "SEARCHED_BYTES", 5 * 8 * 8)
    training = np.zeros((40, 8, 8, 1), np.uint8)
    training[39] = 255
    found = neighbors_of(Drawn(training[-1:], ["white"], real(training, 8)))
    assert (found.searched, found.rows[0][1][0], found.distance_of_unseen) == (5, "image 39", None)


@pytest.mark.parametrize("direction", ["BtoA", "AtoB"])
def test_translations_are_compared_with_the_side_that_they_are_to_look_like(tmp_path, monkeypatch, direction):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    run = tiny_run("pix2pix", tmp_path, direction=direction)
    examples = run.splits.train
    (targets,) = run.parts.real_images(examples, run.experiment.config).values()
    side = direction[-1].lower()
    np.testing.assert_array_equal(targets[:], getattr(examples, side)[:, 2:-2, 2:-2])
    assert targets.names == examples.names


@pytest.mark.parametrize(
    ("model", "changes", "directions"),
    [("pix2pix", {"direction": "BtoA"}, {"BtoA"}), ("cyclegan", {}, {"AtoB", "BtoA"})],
)
def test_each_way_in_which_a_model_translates_is_shown(tmp_path, monkeypatch, model, changes, directions):
    monkeypatch.setattr("pipelines.registry.load", examples_of)
    write_untrained(tiny_run(model, tmp_path / "run", **changes)).report(Report())
    page = pages.read(tmp_path / "run" / "report.html")
    shown = {f"report/neighbors-{direction}.png" for direction in directions}
    assert {link for link in page.links if link.startswith("report/")} == shown
    assert f"{model} on " in page.text


def test_a_name_that_is_not_utf_8_may_be_that_of_the_folder(tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9")
    run = opened(folder)
    run.folder.make()
    run.record = {"data": {"images": 3}, "config": dataclasses.asdict(run.experiment.config)}

    class Model:
        step, is_averaged = 5, True

    report.write_report(run, Model(), None)
    page = pages.read(run.folder.path / "report.html")
    assert "caf\\xe9" in page.text
    assert "averaged weights of step 5" in page.text
