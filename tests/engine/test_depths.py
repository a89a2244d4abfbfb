"""Gray files and those of 12 or 16 bits through a translator: what comes out has their channels and bits."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from engine.command import Evaluate, Sample, Train
from engine.experiment import resolve
from engine.parts.depths import Depths
from engine.run import Run
from models.core.config import ConfigError
from pipelines.examples import DataError, Values
from pipelines.readers.deep import pixels_of

pytestmark = pytest.mark.usefixtures("eager_steps")
TONES = np.linspace(0.0, 1.0, 64).reshape(8, 8)
# Of the values of the run's files, by side.
RANGES = {"A": 4095, "B": 1023}
TINY = ("receptive_field=16", "generator_width=4", "discriminator_width=4")


def picture(seed, most, dtype):
    """32 x 32 blocks of tones from 0 to `most`."""
    tones = np.roll(np.random.default_rng(seed).permutation(TONES.ravel()), seed).reshape(8, 8)
    return np.kron(tones * most, np.ones((4, 4))).astype(dtype)


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def opened(command):
    experiment = resolve(command)
    return Run(experiment)


def train(folder, model="pix2pix", dataset="pairs", set=(), **flags):
    command = Train(
        model=model,
        dataset=dataset,
        data_dir=str(folder / "data"),
        cache_dir=str(folder / "cache"),
        workdir=str(folder / "run"),
        image_size=32,
        steps=1,
        set=(*TINY, *set),
        **flags,
    )
    opened(command).train(command)
    return folder / "run"


def sample(run, source, output, **flags):
    command = Sample(
        workdir=str(run), input=str(source), output=str(output), cache_dir=str(run.parent / "cache"), **flags
    )
    return opened(command).sample(command)


def stored(path):
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A run of pix2pix from 12 bits in 16 to 10 bits in 16, both gray."""
    folder = tmp_path_factory.mktemp("scans")
    for seed in range(3):
        for side, most in RANGES.items():
            write(folder / "data" / side / f"{seed}.png", picture(seed, most, np.uint16))
    return train(folder)


@pytest.fixture(scope="module")
def colored(tmp_path_factory):
    """A run of CycleGAN between gray pictures and colors, both of 8 bits."""
    folder = tmp_path_factory.mktemp("colored")
    for seed in range(2):
        for split in ("train", "test"):
            gray = picture(seed, 255, np.uint8)
            write(folder / "data" / f"{split}A" / f"{seed}.png", gray)
            write(folder / "data" / f"{split}B" / f"{seed}.png", np.stack([gray, gray.T, gray[::-1]], axis=-1))
    return train(folder, "cyclegan", "unpaired", ("blocks=1", "pool_size=2"))


def test_the_record_says_how_values_are_read(scans):
    record = json.loads((scans / "run.json").read_text())
    for side, most in RANGES.items():
        known = {"low": 0, "high": most, "kind": "integers", "channels": 1}
        assert known.items() <= record["data"]["values"][side].items()
    assert (record["config"]["channels_a"], record["config"]["channels_b"]) == (1, 1)


def test_16_bits_come_out_where_they_came_in(scans, tmp_path):
    values = picture(7, 4095, np.uint16)
    write(tmp_path / "in" / "a.png", values)
    write(tmp_path / "in" / "b.tif", values)
    sample(scans, tmp_path / "in", tmp_path / "out")
    mode, png = stored(tmp_path / "out" / "output" / "a.png")
    assert (mode, png.dtype, png.shape) == ("I;16", np.uint16, (32, 32))
    assert png.max() <= RANGES["B"]
    # The tones of 8 bits are few of them.
    assert np.isin(png, np.rint(np.arange(256) / 255 * RANGES["B"])).mean() < 0.5
    mode, tiff = stored(tmp_path / "out" / "output" / "b.tif")
    assert mode == "I;16"
    np.testing.assert_array_equal(png, tiff)


def test_a_page_shows_previews_of_what_browsers_do_not(scans, tmp_path):
    write(tmp_path / "in" / "b.tif", picture(7, 4095, np.uint16))
    page = sample(scans, tmp_path / "in", tmp_path / "in" / "out").read_text()
    for label in ("input", "output"):
        path = f"preview/{label}/b.tif.png"
        assert path in page
        assert stored(tmp_path / "in" / "out" / path)[0] == "L"
    # Previews are no pictures to translate.
    sample(scans, tmp_path / "in", tmp_path / "in" / "out")
    sample(scans, tmp_path / "in", tmp_path / "in" / "other")
    assert [path.name for path in (tmp_path / "in" / "other" / "output").iterdir()] == ["b.tif"]


def test_a_file_is_read_in_the_range_of_the_run_not_in_its_own(scans, tmp_path):
    # A quarter of the range would be bright if the file's own range decided.
    for name, most in (("dark", 1000), ("bright", 4000)):
        write(tmp_path / "in" / f"{name}.png", np.full((32, 32), most, np.uint16))
    write(tmp_path / "in" / "plain.png", np.full((32, 32), round(1000 / 4095 * 255), np.uint8))
    sample(scans, tmp_path / "in", tmp_path / "out")
    previews = {path.stem: stored(path)[1].max() for path in (tmp_path / "out/preview/input").iterdir()}
    assert previews == {"dark.png": 62, "bright.png": 249, "plain.png": 62}


def test_floats_are_not_read_as_integers(scans, tmp_path, capsys):
    write(tmp_path / "in" / "good.png", picture(0, 4095, np.uint16))
    write(tmp_path / "in" / "floats.tif", picture(0, 1, np.float32))
    sample(scans, tmp_path / "in", tmp_path / "out")
    assert "floats.tif (floats, where the other files hold integers)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("made", "channels", "name", "source", "dtype"),
    [
        (Values(0, 4095, "integers"), 1, "a.png", "a.png", np.uint16),
        (Values(0, 4095, "integers"), 1, "a.tif", "deep/a.TIFF", np.uint16),
        (Values(0, 1, "floats"), 1, "a.tif", "a.png", np.float32),
        (Values(-1024, 3071, "integers"), 1, "a.tif", "a.png", np.int32),
        # Pillow writes no such TIFF file, and reads the first byte of each number.
        (Values(0, 65535, "integers"), 3, "a.png", "a.tif", np.uint8),
        (Values(), 1, "a.png", "a.tif", np.uint8),
    ],
)
def test_files_hold_the_numbers_of_the_runs_own(tmp_path, made, channels, name, source, dtype):
    depths = Depths(made=made, channels=(1, channels))
    tones = np.repeat(TONES[..., np.newaxis].astype(np.float32) * 255, channels, axis=-1)
    assert depths.name("a.png", source) == name
    depths.write(tmp_path / name, tones if made.kind else np.rint(tones).astype(np.uint8))
    _, numbers = stored(tmp_path / name)
    assert numbers.dtype == dtype
    low, high = (0, 255) if dtype == np.uint8 else (made.low, made.high)
    tolerance = 1e-6 if dtype == np.float32 else 1
    np.testing.assert_allclose(numbers, low + tones.reshape(numbers.shape) / 255 * (high - low), atol=tolerance)


@pytest.mark.parametrize(
    "made",
    [
        Values(0, 1, "floats"),
        Values(-1000, 400, "integers"),
        Values(0, 70_000, "integers"),
        Values(0, 9, "floats and integers"),
    ],
)
def test_colors_that_no_file_can_hold_are_scaled_to_16_bits_and_that_is_said(tmp_path, made):
    depths = Depths(made=made, channels=(3, 3))
    tones = np.stack([TONES, TONES.T, TONES[::-1]], axis=-1).astype(np.float32) * 255
    assert depths.name("a.png", "a.tif") == "a.png"
    depths.write(tmp_path / "a.png", tones)
    with Image.open(tmp_path / "a.png") as image:
        numbers, _ = pixels_of(image)
    np.testing.assert_allclose(numbers, tones / 255 * 65535, atol=1)
    [line] = depths.look_at([])
    assert line == f"translations: in these PNG files of 16 bits 0 is {made.low:g} and 65535 is {made.high:g}"


@pytest.mark.parametrize(
    ("made", "channels"), [(Values(), 3), (Values(0, 1, "floats"), 1), (Values(0, 4095, "integers"), 3)]
)
def test_nothing_is_said_of_translations_with_the_numbers_of_the_runs_own(made, channels):
    assert Depths(made=made, channels=(3, channels)).look_at([]) == []


def test_the_export_reads_and_writes_as_sampling_does(scans, tmp_path):
    write(tmp_path / "in" / "a.png", picture(7, 4095, np.uint16))
    sample(scans, tmp_path / "in", tmp_path / "out")
    model = tf.saved_model.load(str(scans / "export" / "1"))
    file = (tmp_path / "in" / "a.png").read_bytes()
    given = {"image_bytes": tf.constant([file]), "seed": tf.constant([0])}
    served = model.signatures["serving_default"](**given)["png_bytes"].numpy()[0]
    with Image.open(io.BytesIO(served)) as image:
        assert image.mode == "I;16"
        np.testing.assert_allclose(np.asarray(image), stored(tmp_path / "out/output/a.png")[1], atol=1)
    guide = (scans / "export" / "SERVING.md").read_text()
    assert (
        "- AtoB, `png_bytes`: PNG files of 16 bits with the numbers of the training's files, 0 (black) to 1023 (white)."
        in guide
    )


def test_an_evaluation_has_pictures_of_its_own_channels(scans):
    command = Evaluate(workdir=str(scans))
    run = opened(command)
    # Whatever files there are now.
    assert run.experiment.reading.recorded["A"]["high"] == RANGES["A"]
    assert run.evaluate(command)["metrics"]["l1"] > 0
    assert stored(scans / "evaluation/translations/000-output.png")[0] == "L"


def test_gray_becomes_color_and_color_gray(colored, tmp_path):
    record = json.loads((colored / "run.json").read_text())
    assert (record["config"]["channels_a"], record["config"]["channels_b"]) == (1, 0)
    gray = picture(7, 255, np.uint8)
    write(tmp_path / "gray.png", gray)
    write(tmp_path / "colors.png", np.stack([gray, gray.T, gray], axis=-1))
    for direction, mode in (("AtoB", "RGB"), ("BtoA", "L")):
        for name in ("gray", "colors"):
            sample(colored, tmp_path / f"{name}.png", tmp_path / direction, direction=direction)
            assert stored(tmp_path / direction / "output" / f"{name}.png")[0] == mode
    command = Evaluate(workdir=str(colored))
    assert opened(command).evaluate(command)["metrics"]["a_to_b_cycle_l1"] > 0


def test_a_run_of_8_bits_refuses_a_range_that_nobody_knows(colored, tmp_path):
    write(tmp_path / "floats.tif", picture(0, 4000, np.float32))
    with pytest.raises(DataError, match=r"floats from 0 to 4000 .* trained on files of 8 bits"):
        sample(colored, tmp_path / "floats.tif", tmp_path / "out")
    # All files that it is given have one.
    write(tmp_path / "in" / "a.png", np.full((16, 16), 1000, np.uint16))
    write(tmp_path / "in" / "b.png", picture(0, 4095, np.uint16))
    sample(colored, tmp_path / "in", tmp_path / "out")
    assert stored(tmp_path / "out/output/a.png")[0] == "RGB"


def test_the_identity_loss_needs_sides_of_the_same_channels(colored, tmp_path):
    (tmp_path / "data").symlink_to(colored.parent / "data")
    with pytest.raises(ConfigError, match="identity_weight must be 0 where one side is gray"):
        train(tmp_path, "cyclegan", "unpaired", ("blocks=1", "identity_weight=5"))
