"""A new modality (signals of one dimension, tests/engine/signals) is its own files and its lines in the registries.

It is trained, evaluated, sampled, exported and served by the project as it is.
"""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import models.registry
import pipelines.registry
from callbacks.checkpoints import checkpoint_steps
from engine.command import CommandError, Evaluate, Explore, Export, Sample, Train
from engine.experiment import resolve
from engine.run import Run
from tests.engine.signals import family, presets

NAME, STEPS = "signal_gan", 6


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Its lines in the two tables; nothing else of the project changes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, preset in presets.PRESETS.items():
            patch.setitem(models.registry.PRESETS, name, preset)
        for name, dataset in presets.DATASETS.items():
            patch.setitem(pipelines.registry.DATASETS, name, dataset)
        yield


def done(command):
    """What a process does with a command: resolve it, then call its method of the run."""
    return getattr(Run(resolve(command)), command.mode)(command)


def training(folder, steps=STEPS, **changes) -> Train:
    """Evaluated every two steps, with the best checkpoint kept."""
    cadences = {"checkpoint_every": 2, "log_every": 2, "pictures_every": 3, "evaluate_every": 2}
    small = ("generator_width=4", "discriminator_width=4")
    best = {"keep_best": "spectrum_distance", "evaluate_samples": 20, "validation_share": 0.25}
    return Train(model=NAME, workdir=str(folder), steps=steps, set=small, **(cadences | best | changes))


@pytest.fixture(scope="module")
def run(registered, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signals") / "run"
    done(training(folder))
    return folder


def test_its_lines_import_no_tensorflow():
    code = "import sys, tests.engine.signals.presets; print(*sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr


def test_training_leaves_panels_numbers_and_the_best_checkpoint(run):
    assert {path.name for path in (run / "pictures").glob("*.png")} == {
        f"signals-{step:08d}.png" for step in (0, 3, STEPS)
    }
    with open(run / "numbers.csv", newline="") as file:
        rows = {int(row["step"]): row["evaluation/spectrum_distance"] for row in csv.DictReader(file)}
    values = {step: float(value) for step, value in rows.items() if value}
    assert list(values) == [2, 4, STEPS]
    best = json.loads((run / "checkpoints" / "best.json").read_text())
    assert best["key"] == "spectrum_distance"
    assert best["step"] == min(values, key=values.get)
    assert json.loads((run / "run.json").read_text())["config"]["length"] == family.LENGTH


def test_killed_and_resumed_it_ends_the_same(run, tmp_path):
    for steps in (3, STEPS):
        done(training(tmp_path / "run", steps))
    models = [Run(resolve(Export(workdir=str(folder)))).trained_model() for folder in (run, tmp_path / "run")]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)
    assert checkpoint_steps(run / "checkpoints") == [6, 4, 2]


def test_it_is_evaluated_from_any_checkpoint(run):
    evaluation = done(Evaluate(workdir=str(run), num_samples=50))
    protocol, metrics = evaluation["protocol"], evaluation["metrics"]
    assert json.loads((run / "evaluation.json").read_text()) == evaluation
    assert protocol["split"] == "test"
    assert (protocol["generated"], protocol["real"], protocol["step"]) == (50, family.COUNT, STEPS)
    assert metrics.keys() == {"spectrum_distance", "spectrum_distance_of_silence"}
    other = done(Evaluate(workdir=str(run), num_samples=50, checkpoint="2"))
    assert other["protocol"]["step"] == 2
    assert other["metrics"]["spectrum_distance"] != metrics["spectrum_distance"]
    assert other["metrics"]["spectrum_distance_of_silence"] == metrics["spectrum_distance_of_silence"]
    assert done(Evaluate(workdir=str(run), checkpoint="best"))["protocol"]["selected_on"] == "validation"


def test_it_is_sampled(run, tmp_path):
    path = done(Sample(workdir=str(run), num_images=3, output=str(tmp_path / "a.png")))
    assert np.asarray(Image.open(path)).shape == (150, 200, 3)
    other = done(Sample(workdir=str(run), num_images=3, seed=1, output=str(tmp_path / "b.png")))
    assert path.read_bytes() != other.read_bytes()


def test_what_is_served_is_what_is_drawn(run):
    assert done(Export(workdir=str(run))) == run / "export" / "2"
    served = tf.saved_model.load(str(run / "export" / "2")).signatures["serving_default"]
    found = served(seed=tf.constant([7, 0, 3]))
    opened = Run(resolve(Export(workdir=str(run))))
    sampler = opened.sampler(opened.trained_model())
    drawn = np.concatenate([sampler.draw({"count": 1}, seed) for seed in (7, 0, 3)])
    assert drawn.shape == (3, family.LENGTH)
    assert np.ptp(drawn) > 0
    np.testing.assert_allclose(found["signals"], drawn, atol=1e-6)
    heard, rate = tf.audio.decode_wav(found["wav_bytes"][0])
    assert int(rate) == family.RATE
    np.testing.assert_allclose(heard[:, 0], drawn[0], atol=1e-4)


def test_a_dry_run_describes_it(tmp_path):
    text = Run(resolve(training(tmp_path / "run"))).describe(training(tmp_path / "run"))
    assert "length = 32" in text
    assert "real: float32 (8, 1, 32)" in text
    assert not (tmp_path / "run").exists()


def test_what_it_cannot_do_is_refused(tmp_path):
    with pytest.raises(CommandError, match="accepted for signal_gan are train, sample, evaluate, export"):
        resolve(Explore(model=NAME, experiment="latent_walk"))
    with pytest.raises(CommandError, match=r"needs signals, .* accepted are sines\. Received: --dataset=digits"):
        resolve(Train(model=NAME, dataset="digits"))
