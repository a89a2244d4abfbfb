import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.birds.anatomy import place
from pipelines.birds.drawing import PAINT, draw
from pipelines.birds.scene import BACKGROUNDS, PERCHES, make_species, random_scene

SPECIES = make_species(0)
# Which of the painted parts shows the color of which attribute.
SHOWN_BY = {
    "crown_color": {"crown"},
    "breast_color": {"breast", "cheek", "head"},
    "belly_color": {"belly"},
    "wing_color": {"wing"},
    "tail_color": {"tail"},
}


def scene_of(number, seed=0):
    return random_scene(SPECIES[number], np.random.default_rng([seed, number]))


def part_map(scene, size):
    """Which part is in front at each pixel, as an index into the list of parts; 0 is no part."""
    parts, _ = place(scene)
    picture = Image.new("L", (size, size))
    brush = ImageDraw.Draw(picture)
    for index, part in enumerate(parts):
        corners = (part.points * size).ravel().tolist()
        if part.stroke:
            brush.line(corners, index + 1, max(1, round(part.stroke * size)))
        else:
            brush.polygon(corners, index + 1)
    return np.asarray(picture), [None, *(part.name for part in parts)]


@pytest.mark.parametrize("size", [8, 16, 64, 76, 200])
def test_the_asked_size_is_drawn(size):
    picture = draw(scene_of(0), size)
    assert picture.size == (size, size)
    assert picture.mode == "RGB"


def test_every_perch_and_background_can_be_drawn_wherever_the_bird_is():
    scene = scene_of(5)
    for perch in PERCHES:
        for background in BACKGROUNDS:
            for vertical_place in (-1.0, 1.0):
                there = dataclasses.replace(
                    scene, perch=perch, background=background, vertical_place=vertical_place, tilt=0.2
                )
                assert np.asarray(draw(there, 32)).std() > 5


def test_the_same_scene_gives_the_same_bytes_and_another_one_others():
    assert draw(scene_of(1), 64).tobytes() == draw(scene_of(1), 64).tobytes()
    assert draw(scene_of(1), 64).tobytes() != draw(scene_of(1, seed=1), 64).tobytes()


def test_a_size_is_only_finer_than_another():
    small, large = draw(scene_of(2), 64), draw(scene_of(2), 192).reduce(3)
    difference = np.abs(np.asarray(small, float) - np.asarray(large, float))
    assert difference.mean() < 4


@pytest.mark.parametrize("number", range(0, 200, 3))
def test_the_bird_is_whole_and_fills_the_frame(number):
    points = np.concatenate([part.points for part in place(scene_of(number))[0]])
    assert points.min() >= 0
    assert points.max() <= 1
    assert np.ptp(points[:, 0]) > 0.5


@pytest.mark.parametrize("attribute", SHOWN_BY)
def test_the_color_of_each_part_can_be_read_off_the_picture(attribute):
    words, paints = list(PAINT), np.array(list(PAINT.values()), float)
    right = 0
    for number in range(0, 200, 4):
        scene = scene_of(number)
        front, names = part_map(scene, 64)
        visible = np.isin(front, [index for index, name in enumerate(names) if name in SHOWN_BY[attribute]])
        assert visible.sum() >= 12, f"the {attribute} of species {number} is hardly visible"
        seen = np.median(np.asarray(draw(scene, 64), float)[visible], axis=0)
        # As an eye does, allow for how bright the day is.
        nearest = words[np.argmin(np.linalg.norm(paints - seen / scene.brightness, axis=1))]
        right += nearest == getattr(scene.species, attribute)
    assert right >= 48, f"only {right} of 50 read"


def test_larger_species_look_larger():
    def area(size):
        scene = dataclasses.replace(scene_of(0), species=dataclasses.replace(SPECIES[0], size=size))
        return np.mean(part_map(scene, 128)[0] > 0)

    assert area("small") * 1.15 < area("medium")
    assert area("medium") * 1.15 < area("large")


@pytest.mark.parametrize(
    ("attribute", "one", "other"),
    [
        ("bill_length", "short", "long"),
        ("bill_shape", "cone", "pointed"),
        ("bill_shape", "pointed", "hooked"),
        ("wing_bars", "no", "yes"),
        ("eye_ring", "no", "yes"),
    ],
)
def test_shapes_and_marks_show_at_64_pixels(attribute, one, other):
    scene = scene_of(0)
    pictures = [
        np.asarray(
            draw(dataclasses.replace(scene, species=dataclasses.replace(scene.species, **{attribute: value})), 64)
        )
        for value in (one, other)
    ]
    changed = np.abs(pictures[0].astype(int) - pictures[1]).max(axis=-1) > 40
    assert changed.sum() >= 6


def test_facing_left_is_the_mirror_of_facing_right():
    left, right = (dataclasses.replace(scene_of(0), facing=facing, horizontal_place=0.0) for facing in (-1, 1))
    for mirrored, part in zip(place(left)[0], place(right)[0], strict=True):
        np.testing.assert_allclose(1 - mirrored.points[:, 0], part.points[:, 0], atol=1e-9)
        np.testing.assert_allclose(mirrored.points[:, 1], part.points[:, 1], atol=1e-9)
