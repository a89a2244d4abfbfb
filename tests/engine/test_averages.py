"""Where a moving average of the weights is kept, it is what is drawn, scored, sampled and exported.

The averages here are weights of zero, which make pictures of one gray; the last weights do not.
"""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import Sample
from engine.evaluate import write_evaluation
from tests.engine.marked import COMMAND, built, look_at, marked, run_of, solid
from tests.pipelines.files import write_noise

# to_uint8(0).
GRAY = 128
RUNS = [("gan_cls", "birds"), ("dcgan", "digits"), ("pix2pix", "birds_parts"), ("cyclegan", "birds_parts")]


@pytest.fixture(autouse=True)
def world(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", marked)


@pytest.fixture(scope="module", params=RUNS, ids=[model for model, _ in RUNS])
def trained(request, tmp_path_factory, encoder_folder):
    """A run of a model whose averages are zero, and that model."""
    model, dataset = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", marked)
        run = run_of(model, dataset, tmp_path_factory.mktemp(model), encoder_folder, average_decay=0.9)
        trained = built(run)
    for kept in trained.averages:
        kept.average.set_weights([0 * weight for weight in kept.average.get_weights()])
    return run, trained


def drawn(outputs):
    """What the model made, of all outputs that evaluators are shown: in [-1, 1] or uint8."""
    if not hasattr(outputs, "ways"):
        return [outputs.generated]
    return [made for way in outputs.ways.values() for made in (way.translated, *([way.returned] if way.back else []))]


def test_the_averages_are_scored(trained):
    run, model = trained
    look = look_at(run)
    assert write_evaluation(run, COMMAND, model)["protocol"]["weights"] == "averaged"
    for images in drawn(look.outputs):
        pixels = images if images.dtype == np.uint8 else np.rint((np.asarray(images) + 1) * 127.5)
        assert (pixels == GRAY).all(), "what is scored was not drawn by the averages"


def test_the_averages_are_sampled(trained, tmp_path):
    run, model = trained
    noise = write_noise(tmp_path / "noise.png", size=32)
    if "pix2pix" in run.experiment.model or "cyclegan" in run.experiment.model:
        run.parts.sample(model, Sample(input=str(noise), output=str(tmp_path / "out")))
        picture = np.asarray(Image.open(tmp_path / "out" / "output" / "noise.png"))
    else:
        captions = ("a red bird",) if run.experiment.dataset == "birds" else ()
        path = run.parts.sample(model, Sample(caption=captions, num_images=1, output=str(tmp_path / "one.png")))
        picture = np.asarray(Image.open(path))[:64, -66:-2]
    assert (picture == GRAY).all(), "what is sampled was not drawn by the averages"


def test_the_averages_are_exported(trained, monkeypatch):
    run, model = trained
    exported = []
    monkeypatch.setattr("engine.run.export", lambda sampler, folder, about: exported.append(sampler) or folder)
    # At the end of a training, of a copy in memory, and later.
    run.finish(model)
    run.write_export(model, run.parts.sampler(model))
    for sampler in exported:
        signatures = sampler.signatures()
        if hasattr(sampler, "translators"):
            inputs = [solid([9, 200], 32), tf.constant([1, 2])]
            names = {"pix2pix": ["pixels"], "cyclegan": ["pixels", "BtoA_pixels"]}[run.experiment.model]
        else:
            rng = np.random.default_rng(0)
            name = "latent_pixels" if "latent" in signatures else "embeddings_and_noise_pixels"
            inputs, names = [rng.normal(size=(2, spec.shape[1])).astype("f") for spec in signatures[name][1]], [name]
        for name in names:
            function, specs = signatures[name]
            images = function(*inputs[: len(specs)])["images"].numpy()
            assert (images == GRAY).all(), "what is exported was not drawn by the averages"
    assert len(exported) == 2


def test_the_averages_are_drawn_while_training(trained):
    run, model = trained
    for name, picture in run.parts.panels(model)().items():
        if run.experiment.model in ("dcgan", "gan_cls"):
            # The last picture of the first row, on white.
            shown = picture[:64, picture.shape[1] - 66 : -2]
        else:
            shown = picture[:64, 260 + 66 : 260 + 130]
        assert (shown == GRAY).all(), f"{name} were not drawn by the averages"
