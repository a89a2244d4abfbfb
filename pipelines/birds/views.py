"""Views of a scene other than its photograph, painted from the same parts, for image-to-image translation."""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw

from pipelines.birds.anatomy import place
from pipelines.birds.drawing import SEAMLESS, draw, paint, part_paints, samples_per_pixel
from pipelines.birds.scene import Scene
from pipelines.birds.scenery import draw_perch

# Flat colors that stand for the backgrounds; no part of a bird has one of them.
BACKGROUND_LABELS = {
    "sky": (150, 200, 255),
    "foliage": (90, 120, 60),
    "meadow": (190, 220, 120),
    "water": (60, 150, 180),
}
# Parts that are too thin, or only a shade of light, for a label.
UNLABELLED = ("belly shadow", "tail feathers", "flight feathers", "wing feathers", "eye light")


def part_map(scene: Scene, image_size: int) -> Image.Image:
    """The parts of the bird in flat colors without light, lines or perch, on the label of the background.

    Not antialiased: no pixel mixes two labels.

    Returns:
        An RGB image, `image_size` pixels square.
    """
    canvas = Image.new("RGB", (image_size, image_size), BACKGROUND_LABELS[scene.background])
    brush, paints = ImageDraw.Draw(canvas), part_paints(scene.species)
    for part in place(scene)[0]:
        if part.name in UNLABELLED:
            continue
        corners = (part.points * image_size).ravel().tolist()
        if part.stroke:
            brush.line(corners, fill=paints[part.name], width=max(1, round(part.stroke * image_size)))
        else:
            brush.polygon(corners, fill=paints[part.name])
    return canvas


def edges(scene: Scene, image_size: int) -> Image.Image:
    """The outlines of the bird's parts, black on white.

    Returns:
        An RGB image, `image_size` pixels square, antialiased.
    """
    oversampling = 4
    size = oversampling * image_size
    canvas = Image.new("L", (size, size), 255)
    brush = ImageDraw.Draw(canvas)
    for part in place(scene)[0]:
        corners = (part.points * size).ravel().tolist()
        if part.stroke:
            brush.line(corners, fill=0, width=max(1, round(0.5 * part.stroke * size)))
            continue
        # Parts in front hide those behind them.
        outlined = part.name not in SEAMLESS or part.name == "eye"
        brush.polygon(corners, fill=0 if part.name == "eye" else 255)
        if outlined:
            brush.line(corners + corners[:4], fill=0, width=oversampling)
    return canvas.reduce(oversampling).convert("RGB")


def night(scene: Scene, image_size: int) -> Image.Image:
    """The photograph of the scene by night: everything is in the same place as by day.

    Returns:
        An RGB image, `image_size` pixels square, antialiased.
    """
    return draw(scene, image_size, at_night=True)


def plate(scene: Scene, image_size: int) -> Image.Image:
    """The plate of the bird's species in a field guide: upright, facing right, on white, without its surroundings.

    Returns:
        An RGB image, `image_size` pixels square, antialiased.
    """
    oversampling = samples_per_pixel(image_size)
    canvas = Image.new("RGB", (oversampling * image_size,) * 2, "white")
    posed = dataclasses.replace(scene, facing=1, tilt=0.0, horizontal_place=0.0, vertical_place=0.0)
    paint(canvas, place(posed)[0], scene.species)
    return canvas.reduce(oversampling)


def branch(scene: Scene, image_size: int) -> Image.Image:
    """The visible part of the branch that the bird sits on, white on black; all black if it sits on something else.

    Returns:
        An RGB image, `image_size` pixels square, antialiased.
    """
    oversampling = samples_per_pixel(image_size)
    background = (255, 0, 255)  # not a color of any perch
    canvas = Image.new("RGB", (oversampling * image_size,) * 2, background)
    parts, feet = place(scene)
    if scene.perch == "branch":
        draw_perch(ImageDraw.Draw(canvas), scene, feet, canvas.width)
    brush = ImageDraw.Draw(canvas)
    for part in parts:
        corners = (part.points * canvas.width).ravel().tolist()
        if part.stroke:
            brush.line(corners, fill=background, width=max(1, round(part.stroke * canvas.width)))
        else:
            brush.polygon(corners, fill=background)
    seen = (np.asarray(canvas) != background).any(axis=2)
    return Image.fromarray((255 * seen).astype(np.uint8)).reduce(oversampling).convert("RGB")


# By name (see `rendering.Job.view`).
VIEWS = {"parts": part_map, "edges": edges, "night": night, "plate": plate, "branch": branch}
