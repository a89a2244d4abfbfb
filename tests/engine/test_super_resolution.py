"""Super-resolution as its user meets it: photographs of any size, trained on, enlarged, measured and served."""

import json
import shutil
import types
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import CommandError, Evaluate, Export, Sample, Train
from engine.experiment import check_evaluated
from engine.folder import RunError
from engine.parts.super_resolution import ENLARGED
from evaluation.super_resolution import Fidelity, whole
from metrics.super_resolution import luma_psnr
from models.core.config import ConfigError
from models.registry import PRESETS
from models.super_resolution.perceptual import PerceptualNetwork
from pipelines.bicubic import bicubic
from pipelines.examples import DataError
from pipelines.images import to_float
from serving.images import TranslationSampler
from tests import quick
from tests.worlds import examples_of, tiny_run


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Of several sizes, some of them smaller than what is kept of each."""
    folder = tmp_path_factory.mktemp("photographs")
    for place, (height, width) in enumerate([(140, 60), (40, 120), (100, 100), (33, 50), (64, 64), (97, 130)]):
        smooth = np.random.default_rng(place).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
        picture = Image.fromarray(smooth).resize((width, height), Image.Resampling.BICUBIC)
        for split in ("train", "test"):
            (folder / split).mkdir(exist_ok=True)
            picture.save(folder / split / f"{split}{place}.png")
    return folder


def opened(folder, photographs="", model="srresnet", **changes):
    run = tiny_run(model, folder, adds_to_bicubic=True, **changes)
    if photographs:
        object.__setattr__(run.experiment, "dataset", "folder")
        object.__setattr__(run.experiment, "data_dir", str(photographs))
        object.__setattr__(run.experiment, "cache_dir", str(folder.parent / "cache"))
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory, photographs):
    folder = tmp_path_factory.mktemp("srresnet") / "run"
    with quick.eager_steps():
        opened(folder, photographs, steps=3).train(Train())
    return folder


def test_photographs_are_trained_on_at_their_own_size(photographs, tmp_path):
    made = opened(tmp_path / "run", photographs)
    train = made.splits.train
    assert train.images.shape == (6, 96, 96, 3)
    by_name = dict(zip(train.names, train.images, strict=True))
    whole = np.asarray(Image.open(photographs / "train" / "train0.png"))
    # 140 x 60: the middle rows; to the right it goes on as its mirror image.
    kept = next(image for name, image in by_name.items() if name.endswith("train0"))
    np.testing.assert_array_equal(kept[:, :60], whole[22:118])
    np.testing.assert_array_equal(kept[:, 60:], whole[22:118, ::-1][:, :36])
    lines = train.report.lines()
    assert any("4 of 6 pictures are larger than the 96 x 96 pixels that are kept" in line for line in lines)
    assert any("4 of 6 pictures are smaller than the 96 x 96 pixels" in line for line in lines)


def test_a_resize_is_refused_as_nothing_is_resized(photographs, tmp_path):
    made = opened(tmp_path / "run", photographs)
    object.__setattr__(made.experiment, "reading", Train(resize="crop").reading())
    with pytest.raises(RunError, match=r"it takes no --resize. Received: --resize=crop"):
        made.split(0.0)


def test_pictures_of_any_size_are_enlarged_into_a_page(run, photographs, tmp_path):
    page = opened(run, photographs).sample(Sample(input=str(photographs / "test"), output=str(tmp_path / "out")))
    assert page.name == "index.html"
    sizes = {path.name: Image.open(path).size for path in (tmp_path / "out" / "output").iterdir()}
    assert sizes["test0.png"] == (240, 560)
    assert sizes["test3.png"] == (200, 132)
    sampler = opened(run, photographs).sampler(opened(run, photographs).trained_model())
    given = np.asarray(Image.open(photographs / "test" / "test3.png"))
    expected = sampler.translate(given, 0)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "output" / "test3.png")), expected)
    # Near the bicubic enlargement, as its training has hardly begun.
    assert np.abs(expected.astype(int) - bicubic(given, 132, 200)).mean() < 3


def test_evaluation_is_of_unseen_photographs_or_of_a_folder_that_is_named(run, photographs, tmp_path):
    found = opened(run, photographs).evaluate(Evaluate())
    assert found["protocol"]["photographs"] == 6
    assert found["protocol"]["split"] == "train"
    named = opened(run, photographs).evaluate(Evaluate(input=str(photographs / "test")))
    protocol = named["protocol"]
    assert (protocol["split"], protocol["input"], protocol["factor"]) == ("input", str(photographs / "test"), 4)
    assert "Y of BT.601" in protocol["psnr_and_ssim"]
    assert "trained_on" not in protocol
    gallery = run / "evaluation" / ENLARGED
    pictures = {
        label: [np.asarray(Image.open(path)) for path in sorted(gallery.glob(f"*-{label}.png"))]
        for label in ("enlarged", "bicubic", "photograph")
    }
    for label, key in (("enlarged", "psnr_y"), ("bicubic", "psnr_y_of_bicubic")):
        pairs = zip(pictures[label], pictures["photograph"], strict=True)
        expected = np.mean([luma_psnr(image, truth, 4) for image, truth in pairs])
        assert named["metrics"].get(key) == pytest.approx(expected)
    # At their own size: of the smallest, 33 x 50, the last row and columns are left out.
    assert Image.open(gallery / "003-photograph.png").size == (48, 32)
    assert Image.open(gallery / "003-low-resolution.png").size == (12, 8)
    assert {path.name[4:] for path in gallery.glob("003*")} == {
        f"{name}.png" for name in ("low-resolution", "bicubic", "enlarged", "photograph")
    }
    low = np.asarray(Image.open(gallery / "003-low-resolution.png"))
    np.testing.assert_array_equal(low, bicubic(np.asarray(Image.open(gallery / "003-photograph.png")), 8, 12))


def test_a_network_of_kerass_gives_a_perceptual_distance_and_one_of_a_single_size_none(
    run, photographs, tmp_path, caplog
):
    network = written_network(tmp_path / "network.keras")
    given = {"input": str(photographs / "test"), "feature_network": str(network)}
    metrics = opened(run, photographs).evaluate(Evaluate(**given))["metrics"]
    gallery, maps = run / "evaluation" / ENLARGED, PerceptualNetwork(keras.saving.load_model(network))
    losses = []
    for path in sorted(gallery.glob("*-enlarged.png")):
        truth = path.with_name(path.name.replace("enlarged", "photograph"))
        pair = (to_float(np.asarray(Image.open(side))[np.newaxis]) for side in (truth, path))
        losses.append(float(maps.loss(*pair)))
    assert metrics["network_perceptual_distance"] == pytest.approx(np.mean(losses), rel=1e-4)
    image = keras.Input((299, 299, 3))
    keras.Model(image, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))).save(network)
    with caplog.at_level("WARNING", logger="absl"):
        metrics = opened(run, photographs).evaluate(Evaluate(**given))["metrics"]
    assert "network_perceptual_distance" not in metrics
    assert "psnr_y" in metrics
    assert "There is no perceptual distance by network" in caplog.text


@pytest.mark.parametrize("name", ["empty", "broken", "small"])
def test_what_cannot_be_measured_is_refused_in_one_line(run, photographs, tmp_path, name):
    (tmp_path / "given").mkdir()
    if name == "broken":
        (tmp_path / "given" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    if name == "small":
        Image.new("RGB", (8, 50)).save(tmp_path / "given" / "a.png")
    message = {
        "empty": "no such image in",
        "broken": "that can be read. Received: no such",
        "small": "at least 12 pixels",
    }[name]
    with pytest.raises(DataError, match=message) as error:
        opened(run, photographs).evaluate(Evaluate(input=str(tmp_path / "given")))
    assert "\n" not in str(error.value)


def test_only_super_resolution_measures_photographs_that_are_named():
    experiment = types.SimpleNamespace(model="pix2pix", preset=PRESETS["pix2pix"])
    with pytest.raises(CommandError, match=r"--input, of --mode=evaluate, is for srresnet, srgan. Received: pix2pix"):
        check_evaluated(experiment, Evaluate(input="x"))


def test_an_export_gives_the_pixels_of_a_sample_and_takes_smaller_pictures_than_other_models(run, photographs):
    made = opened(run, photographs)
    path = made.export(Export())
    served = tf.saved_model.load(str(path)).signatures
    image = np.asarray(Image.open(photographs / "test" / "test3.png"))
    expected = made.sampler(made.trained_model()).translate(image, 0)
    given = served["pixels"](images=tf.constant(image[np.newaxis]))["images"][0]
    np.testing.assert_array_equal(given, expected)
    file = (photographs / "test" / "test3.png").read_bytes()
    png = served["serving_default"](image_bytes=tf.constant([file]))["png_bytes"][0]
    np.testing.assert_array_equal(tf.io.decode_png(png), expected)
    with pytest.raises(tf.errors.InvalidArgumentError, match="256"):
        served["pixels"](images=tf.zeros((1, 257, 8, 3), tf.uint8))


def written_network(path):
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, 2, padding="same", activation="relu")(image)
    keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)).save(path)
    return path


@pytest.fixture
def small_world(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", examples_of)


@pytest.mark.usefixtures("small_world", "eager_steps", "steps_alone")
def test_srgan_trains_the_srresnet_first_and_begins_with_its_generator(tmp_path):
    network = written_network(tmp_path / "network.keras")
    changes = {"perceptual_network": str(network), "pixel_weight": 1.0, "average_decay": 0.5}
    made = opened(tmp_path / "srgan-birds", model="srgan", srresnet="srresnet", steps=1, **changes)
    needed = made.parts.required(made.preset.requires[0])
    assert needed.config.blocks == made.experiment.config.blocks
    assert needed.config.adds_to_bicubic
    # Short, as the test's other runs are.
    short = tiny_run("srresnet", tmp_path / "srresnet-birds", steps=2, adds_to_bicubic=True)
    short.train(Train())
    trained = short.trained_model().generator.get_weights()
    prepared = made.parts.prepare(made.splits.train)
    model = made.build(prepared)
    made.parts.initialize(model)
    for weight, given in zip(model.generator.get_weights(), trained, strict=True):
        np.testing.assert_array_equal(weight, given)
    made.train(Train())
    record = json.loads((tmp_path / "srgan-birds" / "run.json").read_text())
    assert record["requires"]["srresnet"]["model"] == "srresnet"
    assert record["data"]["perceptual_network"] == prepared.data["perceptual_network"]
    # Later modes do not need the network.
    network.unlink()
    opened(tmp_path / "srgan-birds", model="srgan", srresnet="none", **changes).trained_model()


@pytest.mark.usefixtures("small_world", "eager_steps", "steps_alone")
def test_a_generator_of_another_kind_is_refused_and_none_is_needed_from_scratch(tmp_path):
    tiny_run("srresnet", tmp_path / "srresnet-birds", steps=1, blocks=2).train(Train())
    made = opened(tmp_path / "srgan-birds", model="srgan", srresnet=str(tmp_path / "srresnet-birds"))
    with pytest.raises(RunError, match=r"a generator of the same factor, .*blocks=2, not 1, adds_to_bicubic"):
        made.train(Train())
    scratch = opened(tmp_path / "srgan-birds", model="srgan", srresnet="none")
    assert scratch.parts.required(scratch.preset.requires[0]) is None


def test_what_is_no_network_is_refused_in_one_line(small_world, tmp_path):
    (tmp_path / "no.keras").write_bytes(b"no network")
    made = opened(tmp_path / "run", model="srgan", perceptual_network=str(tmp_path / "no.keras"))
    with pytest.raises(ConfigError, match=r"perceptual_network must be a .keras file .* Received: .*no.keras"):
        made.parts.prepare(made.splits.train)


@pytest.mark.usefixtures("small_world", "eager_steps", "steps_alone")
@pytest.mark.parametrize("named", [False, True])
def test_without_a_network_the_user_is_told_what_the_content_loss_is(tmp_path, capsys, named):
    network = {"perceptual_network": str(written_network(tmp_path / "network.keras"))} if named else {}
    opened(tmp_path / "run", model="srgan", steps=1, **network).train(Train())
    assert ("SRGAN-MSE" in capsys.readouterr().out) != named


def test_a_picture_that_cannot_be_read_is_told_and_the_others_are_measured(run, photographs, tmp_path, capsys):
    given = tmp_path / "given"
    shutil.copytree(photographs / "test", given)
    (given / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    found = opened(run, photographs).evaluate(Evaluate(input=str(given)))
    assert found["protocol"]["photographs"] == 6
    assert "skipped 1: cannot be read: broken.png" in capsys.readouterr().out


def test_of_a_folder_of_photographs_few_are_in_memory_at_once(run, photographs, tmp_path, monkeypatch):
    made, alive = [], []

    def watched(image):
        made.append(weakref.ref(image))
        alive.append(sum(other() is not None for other in made))
        return image

    given, temporary = tmp_path / "given", tmp_path / "temporary"
    for folder in (given, temporary):
        folder.mkdir()
    for number in range(8):
        shutil.copy(photographs / "test" / "test3.png", given / f"{number:02}.png")
    translate = TranslationSampler.translate
    monkeypatch.setattr("evaluation.super_resolution.whole", lambda image, factor: whole(watched(image), factor))
    monkeypatch.setattr("evaluation.super_resolution.bicubic", lambda *given: watched(bicubic(*given)))
    monkeypatch.setattr(TranslationSampler, "translate", lambda *given: watched(translate(*given)))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    opened(run, photographs).evaluate(Evaluate(input=str(given)))
    assert len(alive) > 4 * 8
    assert max(alive) <= 6
    # The enlargements were kept in files, which are gone.
    assert not list(temporary.iterdir())


def test_a_photograph_that_goes_while_it_is_measured_is_named_in_one_line(run, photographs, tmp_path, monkeypatch):
    shutil.copytree(photographs / "test", tmp_path / "given")
    measure = Fidelity.measure

    def gone(evaluator, outputs, data):
        shutil.rmtree(tmp_path / "given")
        return measure(evaluator, outputs, data)

    monkeypatch.setattr(Fidelity, "measure", gone)
    with pytest.raises(DataError, match=r"must stay as it is.*Received: .*\.png, which can no longer be read"):
        opened(run, photographs).evaluate(Evaluate(input=str(tmp_path / "given")))


@pytest.mark.usefixtures("small_world", "eager_steps", "steps_alone")
def test_begun_with_another_srgan_it_keeps_that_ones_generator(tmp_path):
    tiny_run("srresnet", tmp_path / "srresnet-birds", steps=1, adds_to_bicubic=True).train(Train())
    opened(tmp_path / "source", model="srgan", srresnet="none", steps=1).train(Train())
    source = opened(tmp_path / "source", model="srgan", srresnet="none").trained_model()
    named = {"srresnet": str(tmp_path / "srresnet-birds")}
    # At a rate of 0 it stays what it begins with.
    begun = opened(tmp_path / "begun", model="srgan", steps=1, learning_rate=0.0, **named)
    begun.train(Train(init_from=str(tmp_path / "source")))
    found = opened(tmp_path / "begun", model="srgan", learning_rate=0.0, **named).trained_model()
    for weight, given in zip(found.generator.trainable_variables, source.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(weight, given)


@pytest.mark.usefixtures("small_world", "eager_steps", "steps_alone")
def test_resuming_with_another_network_of_the_content_loss_is_refused(tmp_path):
    network = written_network(tmp_path / "network.keras")
    changes = {"perceptual_network": str(network), "srresnet": "none"}
    opened(tmp_path / "run", model="srgan", steps=1, **changes).train(Train())
    image = keras.Input((None, None, 3))
    keras.Model(image, keras.layers.Conv2D(5, 3, 2, padding="same")(image)).save(network)
    with pytest.raises(RunError, match=r"differs in .*perceptual_network"):
        opened(tmp_path / "run", model="srgan", steps=2, **changes).train(Train())


@pytest.mark.usefixtures("small_world")
def test_an_srresnet_that_is_trained_first_is_trained_as_srgan_is(tmp_path):
    made = opened(tmp_path / "srgan-birds", model="srgan", srresnet="srresnet", batch_size=3, flip=False)
    config = made.parts.required(made.preset.requires[0]).config
    assert (config.batch_size, config.flip, config.image_size) == (3, False, made.experiment.config.image_size)
