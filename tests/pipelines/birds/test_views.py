import numpy as np
import pytest

from pipelines import birds
from pipelines.birds.drawing import EYE, LEGS, LIGHT, PAINT, draw
from pipelines.birds.scene import make_species, random_scene
from pipelines.birds.views import BACKGROUND_LABELS, VIEWS, edges, part_map

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
