import dataclasses

import numpy as np
import pytest

from pipelines import birds
from pipelines.birds.drawing import EYE, LEGS, LIGHT, PAINT, draw
from pipelines.birds.scene import make_species, random_scene
from pipelines.birds.views import BACKGROUND_LABELS, VIEWS, edges, part_map
from pipelines.examples import UnpairedImages

SPECIES = make_species(0)


def scene_of(number):
    return random_scene(SPECIES[number], np.random.default_rng([3, number]))


@pytest.mark.parametrize("number", range(0, 200, 20))
def test_a_map_holds_labels_and_no_mixture_of_them(number):
    labels = {*PAINT.values(), *BACKGROUND_LABELS.values(), LEGS, LIGHT, EYE}
    scene = scene_of(number)
    seen = {tuple(pixel) for pixel in np.asarray(part_map(scene, 72)).reshape(-1, 3).tolist()}
    assert seen <= labels
    assert BACKGROUND_LABELS[scene.background] in seen
    for part in ("breast", "belly", "wing", "crown"):
        assert PAINT[getattr(scene.species, f"{part}_color")] in seen


def test_no_bird_has_the_color_of_a_background():
    assert not set(PAINT.values()) & set(BACKGROUND_LABELS.values())
    assert len(set(BACKGROUND_LABELS.values())) == 4


@pytest.mark.parametrize("number", range(0, 200, 20))
def test_a_view_shows_the_bird_where_its_picture_does(number):
    scene = scene_of(number)
    picture, labels = np.asarray(draw(scene, 72), np.int32), np.asarray(part_map(scene, 72), np.int32)
    bird = (labels != BACKGROUND_LABELS[scene.background]).any(axis=2)
    # Where a part is painted the picture has its color, but for light, lines and feathers.
    assert np.abs(picture - labels)[bird].mean() < 45
    assert np.abs(picture - labels)[bird].mean() < 0.7 * np.abs(picture[:, ::-1] - labels)[bird].mean()
    lines = np.asarray(edges(scene, 72))[..., 0] < 128
    assert lines.sum() > 50
    grown = bird.copy()
    for axis in (0, 1):
        for shift in (-1, 1):
            grown |= np.roll(grown, shift, axis)
    assert grown[lines].all()


def test_edges_have_no_color():
    picture = np.asarray(edges(scene_of(5), 64))
    assert (picture == picture[..., :1]).all()
    assert picture.min() < 30
    assert picture.max() == 255


@pytest.mark.slow
def test_pairs_are_rendered_once_beside_their_pictures(tmp_path, capsys):
    options = {"images_per_class": 1}
    pictures = birds.load("test", 16, str(tmp_path), **options)
    scene = random_scene(SPECIES[150], np.random.default_rng([0, 150, 0]))
    for load, name in ((birds.load_parts, "parts"), (birds.load_edges, "edges")):
        pairs = load("test", 16, str(tmp_path), **options)
        assert len(pairs) == 50
        assert pairs.names == pictures.names
        np.testing.assert_array_equal(pairs.b, pictures.images)
        np.testing.assert_array_equal(pairs.a[0], VIEWS[name](scene, 16))
    capsys.readouterr()
    birds.load_parts("train", 16, str(tmp_path), **options)
    assert "rendering" not in capsys.readouterr().err


def test_by_night_everything_is_where_it_is_by_day_but_dim():
    scene = scene_of(5)
    by_day, by_night = (np.asarray(picture, float) for picture in (draw(scene, 64), VIEWS["night"](scene, 64)))
    assert by_night.mean() < 0.6 * by_day.mean()
    # Bluish on the whole.
    assert by_night[..., 2].mean() > by_night[..., 0].mean()
    # Brightness goes along with brightness, pixel by pixel.
    assert np.corrcoef(by_day.mean(axis=2).ravel(), by_night.mean(axis=2).ravel())[0, 1] > 0.95


def test_a_plate_shows_the_species_whatever_the_scene():
    scene = scene_of(5)
    turned = dataclasses.replace(scene, facing=-scene.facing, tilt=0.1, background="water", brightness=1.0)
    plates = [np.asarray(VIEWS["plate"](one, 64)) for one in (scene, turned, scene_of(6))]
    np.testing.assert_array_equal(plates[0], plates[1])
    assert (plates[0] != plates[2]).any()
    # On white, facing right: the eye is in the right half.
    assert (plates[0][[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    for plate in plates:
        _, columns = np.nonzero(np.abs(plate.astype(int) - EYE).max(axis=2) < 12)
        assert np.median(columns) > 32


def test_day_and_night_are_apart_in_training_and_pairs_to_score_with(tmp_path):
    options = {"images_per_class": 2}
    train = birds.load_night("train", 16, str(tmp_path), **options)
    assert isinstance(train, UnpairedImages)
    assert len(train.a) == len(train.b) == 150
    assert not set(train.names_a) & set(train.names_b)
    assert train.b.mean() < 0.6 * train.a.mean()
    test = birds.load_night("test", 16, str(tmp_path), **options)
    scene = random_scene(SPECIES[150], np.random.default_rng([0, 150, 0]))
    np.testing.assert_array_equal(test.a[0], draw(scene, 16))
    np.testing.assert_array_equal(test.b[0], VIEWS["night"](scene, 16))


@pytest.mark.slow
def test_all_birds_of_a_species_have_one_plate(tmp_path):
    pairs = birds.load_plates("test", 16, str(tmp_path), images_per_class=2)
    assert pairs.labels.tolist() == [label for label in range(50) for _ in range(2)]
    np.testing.assert_array_equal(pairs.b[0::2], pairs.b[1::2])
    assert (pairs.a[0] != pairs.a[1]).any()
    assert len({plate.tobytes() for plate in pairs.b}) == 50


def test_the_branch_is_white_where_it_is_seen_and_nowhere_where_there_is_none():
    scene = dataclasses.replace(scene_of(5), perch="branch")
    mask = np.asarray(VIEWS["branch"](scene, 64)) > 127
    assert 0.005 < mask.mean() < 0.15
    other = dataclasses.replace(scene, perch="ground")
    with_branch, without = (np.asarray(draw(one, 64), float) for one in (scene, other))
    assert (np.abs(with_branch - without).max(axis=2) > 8)[mask[..., 0]].mean() > 0.9
    assert not np.asarray(VIEWS["branch"](other, 64)).any()
