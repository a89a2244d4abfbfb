"""Large pictures: the pixels of the whole network, from tiles within bounded memory."""

import dataclasses
import os
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import serving.images
import serving.tiled.generator
from benchmarks.large_pictures import border_ratio, photograph
from models.image_to_image import cyclegan_networks, pix2pix_networks
from models.registry import PRESETS
from models.super_resolution import networks as super_resolution_networks
from pipelines.examples import DataError
from pipelines.images import to_float
from serving.images import TranslationSampler, Translator
from serving.tiled.convolutions import Convolved
from serving.tiled.generator import TiledGenerator
from serving.tiled.maps import Moments, Region, StoredMap, tiles
from serving.tiled.nodes import uniform
from tests.worlds import tiny

SIDE = 32


def translator(model, **changes):
    """A translator whose random network shows contrasts: with initial weights all pictures are gray."""
    config = tiny(model, **changes)
    keras.utils.set_random_seed(0)
    networks = pix2pix_networks if model == "pix2pix" else cyclegan_networks
    generator = networks.generator(config)
    for variable in generator.trainable_variables:
        scale = 5.0 if len(variable.shape) > 1 else 1.0
        variable.assign(scale * variable + 0.3 * keras.random.normal(variable.shape, seed=1))
    return Translator(generator, 8 if model == "cyclegan" else config.image_size)


def picture(height, width):
    """One half nearly flat, the other full of contrasts: a tile of it has not the statistics of the whole."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    noise[:, : width // 2] = 200 + noise[:, : width // 2] // 30
    return noise.astype(np.uint8)


def tile_bytes(monkeypatch, number):
    monkeypatch.setattr(serving.tiled.generator, "TILE_BYTES", number)


def enlarging(**changes):
    """A translator that enlarges, of a random network."""
    config = tiny("srresnet", **changes)
    keras.utils.set_random_seed(0)
    generator = super_resolution_networks.generator(config)
    for variable in generator.weights:
        # The moving variances of what is normalized too, which stay positive.
        variable.assign(variable + 0.3 * keras.random.uniform(variable.shape, seed=1))
    # Of the order of 1, so that little is cut off.
    last = [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2D)][-1]
    made = keras.Model(generator.input, last.output)({"image": to_float(picture(45, 33)[np.newaxis])})
    last.kernel.assign(last.kernel * 0.3 / tf.math.reduce_std(made))
    last.bias.assign(-0.3 * tf.reduce_mean(made, axis=(0, 1, 2)) / tf.math.reduce_std(made))
    return Translator(generator, 1, factor=config.factor)


@pytest.mark.parametrize("size", [(45, 33), (20, 64)])
@pytest.mark.parametrize(
    "changes", [{"blocks": 2}, {"adds_to_bicubic": True}, {"factor": 2, "generator_normalization": "none"}], ids=str
)
def test_tiles_of_what_is_enlarged_give_the_pixels_of_the_whole_network(monkeypatch, changes, size):
    tile_bytes(monkeypatch, 2**15)
    made, image = enlarging(**changes), picture(*size)
    whole = made.translate(tf.constant(image), tf.constant(0)).numpy().astype(int)
    assert whole.shape == (made.factor * size[0], made.factor * size[1], 3)
    assert whole.std() > 20
    assert np.isin(whole, (0, 255)).mean() < 0.5
    difference = np.abs(whole - made.in_tiles(image, 0))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 2e-3


def test_nothing_is_computed_over_and_over_however_deep_the_network_is(monkeypatch):
    tile_bytes(monkeypatch, 2**18)
    made, pixels = enlarging(blocks=8), 0
    computed = Convolved.compute

    def counted(self, region):
        nonlocal pixels
        pixels += region.height * region.width
        return computed(self, region)

    monkeypatch.setattr(Convolved, "compute", counted)
    made.in_tiles(picture(45, 33), 0)
    # Convolutions: 19 of the size of the picture, one of twice its sides, one of four times.
    once = 45 * 33 * (19 + 4 + 16)
    assert once <= pixels < 1.5 * once


def test_what_is_enlarged_is_large_by_what_becomes_of_it(monkeypatch):
    monkeypatch.setattr(serving.images, "LARGE", 80 * 80)
    monkeypatch.setattr(serving.images, "SMALL", 0)
    made = enlarging()
    assert not made.is_large(20, 20)
    assert made.is_large(20, 21)


@pytest.mark.parametrize("size", [(75, 130), (96, 64)])
@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("cyclegan", {"blocks": 2}),
        ("cyclegan", {"upsampling": "resize"}),
        ("cyclegan", {"blocks": 0}),
        ("pix2pix", {}),
        ("pix2pix", {"upsampling": "resize", "dropout": 0.0}),
        ("pix2pix", {"skips": False, "image_size": 16, "receptive_field": 16}),
    ],
)
def test_tiles_give_the_pixels_of_the_whole_network(monkeypatch, model, changes, size):
    tile_bytes(monkeypatch, 2**16)
    made, image = translator(model, **changes), picture(*size)
    whole = made.translate(tf.constant(image), tf.constant(3)).numpy().astype(int)
    assert whole.std() > 20
    difference = np.abs(whole - made.in_tiles(image, 3))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 2e-3


def test_no_step_is_seen_where_tiles_meet(monkeypatch):
    tile_bytes(monkeypatch, 2**16)
    made, image = translator("cyclegan"), photograph(160, 120)
    used = []

    def recorded(*sizes):
        used.append(tiles(*sizes))
        return used[-1]

    monkeypatch.setattr("serving.tiled.nodes.tiles", recorded)
    translated = made.in_tiles(image, 0)
    # The last ones are those of the picture itself.
    assert len(used[-1]) > 8
    rows, columns = ({getattr(region, side) for region in used[-1]} for side in ("top", "left"))
    assert border_ratio(translated, rows, columns) < 1.1
    # A step would be seen: one tile of a photograph a little darker.
    darker = photograph(160, 120)
    assert 0.9 < border_ratio(darker, rows, columns) < 1.1
    darker[used[-1][8].rows, used[-1][8].columns] -= 40
    assert border_ratio(darker, rows, columns) > 1.1


def test_only_large_pictures_are_computed_in_tiles(monkeypatch):
    made = translator("cyclegan")
    sampler, small, large = TranslationSampler({"AtoB": made}), picture(40, 40), picture(41, 40)
    whole = [made.translate(tf.constant(image), tf.constant(0)).numpy() for image in (small, large)]
    monkeypatch.setattr(serving.images, "LARGE", 40 * 40)
    monkeypatch.setattr(serving.images, "SMALL", 0)
    calls = []
    monkeypatch.setattr(made, "in_tiles", lambda image, seed, folder: calls.append((image.shape, folder)) or image)
    np.testing.assert_array_equal(sampler.translate(small, 0), whole[0])
    assert not calls
    sampler.translate(large, 0, folder="here")
    assert calls == [((41, 40, 3), "here")]
    # A smaller one where there is no memory for it as a whole.
    monkeypatch.setattr(serving.tiled.generator, "available_memory", lambda: 10**5)
    sampler.translate(small, 0)
    assert calls[1:] == [((40, 40, 3), None)]


def test_what_does_not_fit_is_refused_in_one_line(monkeypatch):
    made = translator("cyclegan")
    monkeypatch.setattr(serving.tiled.generator, "available_memory", lambda: 4 * 10**7)
    with pytest.raises(
        DataError, match=r"130 x 75 pixels needs at least 0\.0\d GB of memory .* Received: 0\.04 GB"
    ) as e:
        made.in_tiles(picture(75, 130), 0)
    assert "\n" not in str(e.value)
    monkeypatch.undo()
    disk = types.SimpleNamespace(free=10**5)
    monkeypatch.setattr(serving.tiled.generator.shutil, "disk_usage", lambda folder: disk)
    with pytest.raises(DataError, match=r"TMPDIR names another folder\. Received: 0\.0 GB free in"):
        made.in_tiles(picture(75, 130), 0)


def test_less_memory_gives_smaller_tiles(monkeypatch):
    monkeypatch.setattr(serving.tiled.generator, "LEAST_TILE_BYTES", 2**12)
    areas = []
    monkeypatch.setattr("serving.tiled.nodes.tiles", lambda *sizes: areas.append(sizes[-1]) or tiles(*sizes))
    made, image = translator("cyclegan"), picture(40, 56)
    largest = []
    for memory in (10**9, 10**6):
        areas.clear()
        monkeypatch.setattr(serving.tiled.generator, "available_memory", lambda memory=memory: memory)
        made.in_tiles(image, 0)
        largest.append(max(areas))
    assert largest[0] > 20 * largest[1]


def test_nothing_is_left_in_the_folder_and_nothing_kept_after_a_failure(tmp_path, monkeypatch):
    tile_bytes(monkeypatch, 2**16)
    made = translator("pix2pix")
    opened = []
    monkeypatch.setattr(StoredMap, "close", lambda self: (opened.append(self), self.file.close()))
    made.in_tiles(picture(40, 70), 0, str(tmp_path))
    assert opened
    assert not list(tmp_path.iterdir())

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoredMap, "read", fails)
    opened.clear()
    with pytest.raises(OSError, match="No space left"):
        made.in_tiles(picture(40, 70), 0, str(tmp_path))
    assert opened
    assert all(stored.file.closed for stored in opened)


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.samples_from == "images"])
def test_every_generator_of_any_size_can_be_computed_in_tiles(name):
    config = dataclasses.replace(tiny(name), **({"upsampling": "resize"} if name.endswith("resize") else {}))
    if "pixel_dt" in name:
        pytest.skip("has one size")
    networks = cyclegan_networks if "cyclegan" in name else pix2pix_networks
    networks = super_resolution_networks if name.startswith("sr") else networks
    TiledGenerator(networks.generator(config))


def test_any_other_generator_is_computed_as_a_whole(monkeypatch):
    image = keras.Input((None, None, 3))
    made = Translator(keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image)), 8)
    monkeypatch.setattr(serving.images, "LARGE", 10)
    np.testing.assert_array_equal(TranslationSampler({"AtoB": made}).translate(picture(9, 9), 0), 255 - picture(9, 9))
    with pytest.raises(ValueError, match="Received: <Rescaling"):
        TiledGenerator(made.generator)


@pytest.mark.parametrize(("start", "count"), [(0, 7), (5, 1), (38, 21), (104, 1)])
def test_random_numbers_can_be_drawn_from_the_middle(start, count):
    seed = tf.constant([5, 7])
    whole = tf.random.stateless_uniform((3, 5, 7), seed).numpy().ravel()
    np.testing.assert_array_equal(uniform(seed, start, count), whole[start : start + count])


@pytest.mark.parametrize(
    ("height", "width", "area"), [(1, 1, 1), (10, 7, 9), (100, 3, 64), (3, 100, 64), (9, 9, 10**9)]
)
def test_tiles_cover_every_pixel_once(height, width, area):
    covered = np.zeros((height, width), int)
    for region in tiles(height, width, area):
        covered[region.rows, region.columns] += 1
        assert region.height * region.width <= max(area, 1)
    assert (covered == 1).all()


def test_moments_of_parts_are_those_of_the_whole_and_maps_keep_what_they_are_given(tmp_path):
    values = np.random.default_rng(0).normal(1000.0, 0.1, (20, 30, 5)).astype(np.float32)
    moments, stored = Moments(), StoredMap(30, 5, str(tmp_path))
    for region in tiles(20, 30, 70):
        part = values[region.rows, region.columns]
        moments.add(tf.constant(part)[tf.newaxis])
        stored.write(region, part)
    exact = values.astype(np.float64)
    np.testing.assert_allclose(moments.mean, exact.mean(axis=(0, 1)), rtol=1e-6)
    np.testing.assert_allclose(moments.variance, exact.var(axis=(0, 1)), rtol=1e-3)
    np.testing.assert_array_equal(stored.read(Region(3, 17, 4, 29)), values[3:17, 4:29])


# Prints the growth of the largest memory in use, in bytes a pixel, from a picture in tiles to one four times as large.
MEASURED = """
import resource
import numpy as np, tensorflow as tf
import serving.tiled.generator
from tests.serving.test_tiled import picture, translator

serving.tiled.generator.TILE_BYTES = 2**21
made = translator("cyclegan", generator_width=8)
image = picture(1000, 1200)
made.in_tiles(image[:64, :64], 0)
made.translate(tf.constant(image[:64, :64]), tf.constant(0))
peaks = []
for compute in (
    lambda: made.in_tiles(image[:500, :600], 0),
    lambda: made.in_tiles(image, 0),
):
    compute()
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
print((peaks[1] - peaks[0]) / (1000 * 1200))
"""


def test_memory_grows_with_the_pixels_alone():
    result = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, env=os.environ)
    assert result.returncode == 0, result.stderr
    # Three bytes a pixel of the picture and as many of its translation; the map of one layer takes 32.
    assert float(result.stdout.splitlines()[-1]) < 16
