"""StackGAN as its user sees it: one command for the encoder and both stages; sampled, evaluated, exported alone."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Evaluate, Sample, Train
from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.run import Run
from models.core.config import ConfigError
from models.registry import PRESETS
from pipelines.embeddings.table import write_embeddings
from tests import quick
from tests.worlds import (
    SIDE,
    TEXT_DIM,
    WORDS,
    captioned_images,
    tiny,
    tiny_run,
    write_encoder,
    write_untrained,
)

CAPTIONS = ("a red bird", "a small blue bird with a long bill")


def presets(patch, **changes):
    """The presets of both stages and of the encoder, made tiny, with changes of both stages."""
    sizes = {"stackgan": SIDE, "stackgan_stage1": SIDE // 2, "char_cnn_rnn": SIDE}
    for name, size in sizes.items():
        of_stage = changes if name.startswith("stackgan") else {}
        small = dataclasses.replace(PRESETS[name], config=tiny(name, image_size=size, steps=2, **of_stage))
        patch.setitem(PRESETS, name, dataclasses.replace(small, per_dataset={}))


def second_stage(folder, **changes):
    return Run(Experiment("stackgan", "birds", dataclasses.replace(PRESETS["stackgan"].config, **changes), str(folder)))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the runs of one command, and of nothing else that they were made of."""
    root = tmp_path_factory.mktemp("stackgan")
    with pytest.MonkeyPatch.context() as patch, quick.eager_steps():
        patch.setattr("pipelines.registry.load", lambda *arguments: captioned_images())
        presets(patch, average_decay=0.5)
        second_stage(root / "stackgan-birds").train(Train(pictures_every=1))
    return root


@pytest.fixture
def small(monkeypatch):
    presets(monkeypatch)


@pytest.fixture
def alone(root, tmp_path):
    """A copy of the second stage's folder alone."""
    return shutil.copytree(root / "stackgan-birds", tmp_path / "alone")


def trained(folder):
    config = RunFolder(folder).need_record()["config"]
    return tiny_run("stackgan", folder, config["text_encoder"], first_stage=config["first_stage"])


def test_one_command_trains_the_encoder_and_both_stages(root):
    assert {"char_cnn_rnn-birds", "stackgan_stage1-birds", "stackgan-birds"} == {path.name for path in root.iterdir()}
    records = {name: RunFolder(root / f"{name}-birds").need_record() for name in ("stackgan_stage1", "stackgan")}
    first, second = records.values()
    assert second["requires"].keys() == {"first_stage", "text_encoder"}
    assert second["requires"]["text_encoder"] == first["requires"]["text_encoder"]
    assert json.loads(second["config"]["first_generator"]) == first["config"]
    assert second["config"]["latent_dim"] == first["config"]["latent_dim"]
    assert (root / "stackgan-birds" / "pictures" / "stages-00000002.png").exists()
    report = (root / "stackgan-birds" / "report.html").read_text()
    assert "pictures/stages-00000002.png" in report
    assert "could not be made" not in report


def test_the_first_stage_is_the_other_runs_generator_as_it_is_sampled(root, world):
    first = tiny_run("stackgan_stage1", root / "stackgan_stage1-birds", image_size=SIDE // 2).trained_model()
    second = trained(root / "stackgan-birds").trained_model()
    assert first.is_averaged
    for generator in (second.generator, second.averaged_generator):
        kept = generator.get_layer("first_stage").get_weights()
        for one, other in zip(kept, first.averaged_generator.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_alone_it_is_sampled_evaluated_and_exported(alone, world, tmp_path):
    run = trained(alone)
    sampler = run.parts.sampler(run.trained_model())
    assert sampler.latent_dim == 5 + 3 + 3
    run.sample(Sample(caption=CAPTIONS, num_images=2, output=str(tmp_path / "drawn.png")))
    metrics = run.evaluate(Evaluate(num_captions=6))["metrics"]
    assert {"laplacian_energy", "laplacian_energy_of_first_stage", "diversity_within_caption_of_first_stage"} <= set(
        metrics
    )
    served = tf.saved_model.load(str(alone / "export" / "1"))
    given = {"captions": tf.constant(CAPTIONS), "seed": tf.constant([3, 4])}
    images = served.signatures["pixels"](**given)["images"].numpy()
    assert images.shape == (2, SIDE, SIDE, 3)
    for caption, seed, image in zip(CAPTIONS, (3, 4), images, strict=True):
        # A picture is a function of its caption and its seed.
        drawn = sampler.draw({"captions": [caption]}, seed)[0]
        assert np.abs(drawn.astype(int) - image).max() <= 1


def test_a_stopped_first_stage_goes_on_before_the_second_begins(tmp_path, world, small, eager_steps, steps_alone):
    shared = write_encoder_at(tmp_path / "encoder")
    first = tiny_run("stackgan_stage1", tmp_path / "stackgan_stage1-birds", shared, image_size=SIDE // 2, steps=2)
    write_untrained(first, step=0, requires=first.ensure_required(Train()))
    second_stage(tmp_path / "stackgan-birds", text_encoder=str(shared)).train(Train())
    assert RunFolder(tmp_path / "stackgan_stage1-birds").finished_step() == 2
    # What is finished is not trained again.
    before = (tmp_path / "stackgan_stage1-birds" / "finished.json").stat().st_mtime_ns
    second_stage(tmp_path / "stackgan-birds", text_encoder=str(shared), steps=3).train(Train())
    assert (tmp_path / "stackgan_stage1-birds" / "finished.json").stat().st_mtime_ns == before


def write_encoder_at(folder):
    folder.mkdir()
    return write_encoder(folder)


def test_a_resumed_second_stage_is_the_uninterrupted_one(root, tmp_path, world, eager_steps, steps_alone):
    def weights(name, *steps):
        for count in steps:
            encoder = root / "char_cnn_rnn-birds"
            run = tiny_run("stackgan", tmp_path / name, encoder, first_stage=str(first), steps=count, average_decay=0.5)
            run.train(Train())
        return run.trained_model().get_weights()

    first = root / "stackgan_stage1-birds"
    for one, other in zip(weights("whole", 4), weights("parts", 1, 3, 4), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_both_stages_do_not_share_is_refused_in_one_line(root, tmp_path, world, encoder_folder):
    first = str(root / "stackgan_stage1-birds")

    def refused(message, error=RunError, encoder=root / "char_cnn_rnn-birds", **changes):
        run = tiny_run("stackgan", tmp_path / "stackgan", encoder, **({"first_stage": first} | changes))
        with pytest.raises(error, match=message):
            run.train(Train())
        assert not (tmp_path / "stackgan").exists()

    refused(
        r"both stages must read the texts of one encoder.*Received: .*stackgan_stage1-birds, trained on text_encoder",
        encoder=encoder_folder / WORDS,
    )
    refused(r"image_size must be 2, 4, 8 or more times 16.*Received: 16", ConfigError, image_size=16)
    refused(r"latent_dim comes from the first stage, where it is 5\. Received: 7", ConfigError, latent_dim=7)
    write_untrained(tiny_run("dcgan", tmp_path / "dcgan"))
    refused(r"first stage must be a run of --model=stackgan_stage1.*model=dcgan", first_stage=str(tmp_path / "dcgan"))
    # A dry run, which trains no encoder, says that the first stage's is gone.
    run = tiny_run("stackgan", tmp_path / "stackgan", "char_cnn_rnn", first_stage=first)
    with pytest.raises(RunError, match=r"both stages.*text_encoder=char_cnn_rnn, which is not there"):
        run.train(Train(dry_run=True))
    (tmp_path / "empty").mkdir()
    refused(
        r"needs a first stage, which is trained by: .*stackgan_stage1.*no finished run in .*empty",
        first_stage=str(tmp_path / "empty"),
    )


def test_both_stages_read_one_file_of_embeddings(tmp_path, world, eager_steps, steps_alone):
    files = [tmp_path / name for name in ("ours.npz", "theirs.npz")]
    for seed, path in enumerate(files):
        rows = np.random.default_rng(seed).normal(size=(len(world), 2, TEXT_DIM)).astype(np.float32)
        write_embeddings(path, world.names, list(rows))
    run = tiny_run("stackgan", tmp_path / "stackgan", files[0], steps=1)
    run.train(Train())
    other = tiny_run("stackgan", tmp_path / "other", files[1], first_stage=run.experiment.config.first_stage)
    with pytest.raises(RunError, match=r"one file of embeddings.*ours\.npz, and text_encoder=.*theirs\.npz$"):
        other.train(Train())
    files[0].write_bytes(files[1].read_bytes())
    same = tiny_run("stackgan", tmp_path / "other", files[0], first_stage=run.experiment.config.first_stage)
    with pytest.raises(RunError, match=r"text_encoder=.*ours\.npz, whose embeddings are others now$"):
        same.train(Train())
