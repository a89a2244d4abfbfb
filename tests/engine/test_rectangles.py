"""Translators that train on rectangles, from files to scores: pictures of 2:1 on which discs stay round."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import Evaluate, Sample, Train
from engine.experiment import Experiment, resolve
from engine.folder import RunError
from engine.run import Run
from models.core.config import ConfigError
from pipelines import registry
from pipelines.examples import DataError
from pipelines.reading import DEFAULT, Reading
from tests.pipelines.files import write_disc
from tests.pipelines.readers.test_decode import extent
from tests.quick import eager_steps
from tests.worlds import tiny

HEIGHT, WIDTH = 32, 64
DATASETS = {"pix2pix": "pairs", "cyclegan": "unpaired"}


def write_set(folder, dataset, count=6, apart=0.08):
    """Discs, red on blue, in pictures of 120 x 60 pixels; of pairs, at the same place of both."""
    names = {"pairs": ("A", "B"), "unpaired": ("trainA", "trainB", "testA", "testB")}[dataset]
    for index in range(count):
        for side in names:
            write_disc(folder / side / f"{index}.png", center=(0.5 + apart * (index - 2), 0.5))
    return folder


def opened(model, folder, reading=DEFAULT, **changes):
    """The run in a folder, as a new process opens it."""
    sizes = {"image_height": HEIGHT, "image_width": WIDTH} | changes
    config = tiny(model, batch_size=2, receptive_field=16, **sizes)
    data, cache = str(folder / "data"), str(folder / "cache")
    return Run(Experiment(model, DATASETS[model], config, str(folder / "run"), data, cache, reading))


@pytest.fixture(scope="module", params=DATASETS)
def trained(request, tmp_path_factory):
    """A model, and the folder with its data and its run; CycleGAN's, with its history pools, was interrupted."""
    folder = tmp_path_factory.mktemp(request.param)
    write_set(folder / "data", DATASETS[request.param])
    with eager_steps():
        for steps in (1, 2) if request.param == "cyclegan" else (2,):
            opened(request.param, folder, steps=steps).train(Train())
    return request.param, folder


def pixels(path):
    return np.asarray(Image.open(path))


def batches(model, folder, steps=8, **changes):
    """Of each entry of the batches, its pictures: (n, h, w, 3) uint8."""
    run = opened(model, folder, **changes)
    drawn = list(run.parts.prepare(run.splits.train).batches.dataset(0, steps))
    names = [name for name, value in drawn[0].items() if len(value.shape) == 4]
    return {name: np.rint(np.concatenate([batch[name] for batch in drawn]) * 127.5 + 127.5) for name in names}


@pytest.mark.parametrize("model", DATASETS)
def test_discs_stay_round_in_what_is_trained_on(model, tmp_path):
    write_set(tmp_path / "data", DATASETS[model])
    for images in batches(model, tmp_path).values():
        assert images.shape == (16, HEIGHT, WIDTH, 3)
        for image in images:
            height, width = extent(image)
            # Kept at 36 x 72 pixels, of which the disc has 0.6 of the height.
            assert (height, width) == pytest.approx((21.6, 21.6), abs=1.2)
    # At a square they are squashed.
    (height, width), *_ = map(extent, next(iter(batches(model, tmp_path, image_height=0, image_width=0).values())))
    assert width < 0.6 * height


def test_both_pictures_of_a_pair_are_cropped_alike(tmp_path):
    write_set(tmp_path / "data", "pairs")
    drawn = batches("pix2pix", tmp_path)
    np.testing.assert_array_equal(drawn["input"], drawn["target"])
    assert len({image.tobytes() for image in drawn["input"]}) > 12


@pytest.mark.parametrize("how", ["crop", "pad"])
def test_pictures_of_another_aspect_are_cropped_or_padded_to_the_rectangle(tmp_path, how):
    write_disc(tmp_path / "data" / "A" / "tall.png", (60, 90))
    write_disc(tmp_path / "data" / "A" / "wide.png", (200, 60))
    for name in ("tall", "wide"):
        (tmp_path / "data" / "B").mkdir(exist_ok=True)
        (tmp_path / "data" / "B" / f"{name}.png").write_bytes((tmp_path / "data" / "A" / f"{name}.png").read_bytes())
    run = opened("pix2pix", tmp_path, Reading(resize=how))
    for image in run.splits.train.a:
        height, width = extent(image)
        # Cropped, the disc of the picture that is too tall is cut off. (Two colors are a label map: no half pixels.)
        assert abs(height - width) <= 2 or (how == "crop" and height == image.shape[0])


def test_the_record_says_the_size_and_another_one_is_refused(trained):
    model, folder = trained
    config = json.loads((folder / "run" / "run.json").read_text())["config"]
    assert (config["image_height"], config["image_width"]) == (HEIGHT, WIDTH)
    with pytest.raises(RunError, match=r"config.image_width: 64 -> 32"):
        opened(model, folder, steps=3, image_width=32).train(Train())


def test_pictures_of_training_show_rectangles(trained):
    model, folder = trained
    name, columns = {"pix2pix": ("translations", 3), "cyclegan": ("AtoB", 3)}[model]
    grid = pixels(folder / "run" / "pictures" / f"{name}-00000002.png")
    # A label, and pictures that are enlarged to 64 pixels of the shorter side.
    assert grid.shape == (6 * 66, 260 + columns * (2 * WIDTH + 2), 3)


def test_pictures_of_any_size_are_translated(trained, tmp_path):
    model, folder = trained
    sizes = {"as trained": (WIDTH, HEIGHT), "double": (2 * WIDTH, 2 * HEIGHT), "tall": (21, 70)}
    for name, size in sizes.items():
        write_disc(tmp_path / "in" / f"{name}.png", size)
    opened(model, folder).sample(Sample(input=str(tmp_path / "in"), output=str(tmp_path / "out")))
    for name, size in sizes.items():
        assert Image.open(tmp_path / "out" / "output" / f"{name}.png").size == size


def test_it_is_scored_on_rectangles(trained):
    model, folder = trained
    metrics = opened(model, folder).evaluate(Evaluate())["metrics"]
    assert np.isfinite(list(metrics.values())).all()
    page = folder / "run" / "evaluation" / ("translations" if model == "pix2pix" else "AtoB")
    shown = [pixels(path) for path in page.glob("*-input.png")]
    assert shown
    for picture in shown:
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert extent(picture) == pytest.approx((21.6, 21.6), abs=1.2)


@pytest.mark.parametrize(
    ("model", "sides", "accepted"),
    [
        ("pix2pix", (270, 480), "multiples of 16"),
        ("pix2pix", (48, 48), "a power of two"),
        ("pix2pix", (256, 8), r"at least 24 for receptive_field=70"),
        ("cyclegan", (64, 100), "a multiple of 8"),
        ("cyclegan", (16, 64), "at least 24 for receptive_field=70"),
    ],
)
def test_sides_that_a_network_cannot_have(model, sides, accepted):
    with pytest.raises(ConfigError, match=rf"image_height and image_width must be {accepted}.*: \d+ and \d+$"):
        tiny(model, image_height=sides[0], image_width=sides[1])


def test_one_side_alone_is_the_other_ones_size():
    assert tiny("pix2pix", image_size=32, image_width=64, receptive_field=16).sides == (32, 64)
    assert tiny("cyclegan", image_size=32, image_height=40, receptive_field=16).sides == (40, 32)
    assert tiny("pix2pix", image_size=32, receptive_field=16).sides == (32, 32)


def test_a_users_note_says_how_deep_the_u_net_of_a_rectangle_is():
    assert "halves 96 x 128 pixels 5 times, to 3 x 4" in " ".join(
        tiny("pix2pix", image_height=96, image_width=128).notes(10)
    )
    assert not tiny("pix2pix").notes(10)


@pytest.mark.parametrize("dataset", ["birds_parts", "birds_night"])
def test_the_rendered_birds_are_squares(dataset, tmp_path):
    with pytest.raises(DataError, match=r"birds are drawn as squares: .* Received: 36 x 72 pixels"):
        registry.load(dataset, "train", (36, 72), "", str(tmp_path))


def test_a_model_of_one_size_translates_pictures_as_it_was_trained_on_them(tmp_path):
    write_set(tmp_path / "data", "pairs", apart=0.0)
    config = tiny("pixel_dt", batch_size=2, steps=1)
    places = [str(tmp_path / name) for name in ("run", "data", "cache")]
    run = Run(Experiment("pixel_dt", "pairs", config, *places, Reading(resize="crop")))
    for image in run.splits.train.a:
        height, width = extent(image)
        assert image.shape == (32, 32, 3)
        assert height == pytest.approx(width, abs=2)
    run.train(Train())
    write_disc(tmp_path / "in" / "a.png", (50, 20))
    command = Sample(input=str(tmp_path / "in"), output=str(tmp_path / "out"), workdir=places[0])
    Run(resolve(command)).sample(command)
    sampled = pixels(tmp_path / "out" / "output" / "a.png")
    # The middle of the picture.
    assert sampled.shape == (20, 20, 3)
    served = tf.saved_model.load(str(tmp_path / "run" / "export" / "1")).signatures["serving_default"]
    (png,) = served(image_bytes=tf.constant([(tmp_path / "in" / "a.png").read_bytes()]))["png_bytes"].numpy()
    assert np.abs(tf.io.decode_png(png).numpy().astype(int) - sampled).max() <= 1
