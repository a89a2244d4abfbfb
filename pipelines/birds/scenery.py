"""The surroundings of the bird: the background, out of focus, and the perch below its feet."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipelines.birds.anatomy import smooth
from pipelines.birds.scene import Scene

# For each background the RGB colors of its top and bottom at either end of its palette. They are paler or duller than
# any bird, so that no part is mistaken for the background.
PALETTES = {
    "sky": (((168, 196, 224), (214, 226, 238)), ((206, 206, 224), (240, 224, 212))),
    "foliage": (((128, 150, 112), (164, 178, 138)), ((160, 152, 110), (186, 176, 142))),
    "meadow": (((206, 216, 214), (150, 168, 116)), ((222, 216, 196), (182, 174, 124))),
    "water": (((186, 204, 208), (126, 158, 172)), ((206, 206, 200), (152, 160, 166))),
}
# Side of the background in pixels before it is enlarged, which blurs it like a lens.
COARSE = 24


def background(scene: Scene, image_size: int) -> Image.Image:
    """Returns the blurred background of a scene, RGB, `image_size` pixels square."""
    rng = np.random.default_rng(scene.detail)
    ends = np.array(PALETTES[scene.background], np.float32)
    top, bottom = ends[0] + scene.background_hue * (ends[1] - ends[0])
    tone = 0.86 + 0.2 * scene.background_tone
    steps = np.linspace(0, 1, COARSE, dtype=np.float32)
    if scene.background == "meadow":
        # The horizon.
        steps = 1 / (1 + np.exp(-14 * (steps - 0.55)))
    pixels = top + steps[:, None, None] * (bottom - top) + np.zeros((1, COARSE, 1), np.float32)
    blotches = rng.normal(size=(COARSE, COARSE, 1)).astype(np.float32)
    strength = {"sky": 3.0, "foliage": 18.0, "meadow": 6.0, "water": 4.0}[scene.background]
    if scene.background == "water":
        # Ripples are wide and low.
        blotches = blotches.mean(axis=1, keepdims=True) * 6 + blotches
    pixels = np.clip(tone * (pixels + strength * blotches), 0, 255).astype(np.uint8)
    coarse = Image.fromarray(pixels)
    if scene.background == "foliage":
        _spots_of_light(coarse, rng)
    coarse = coarse.filter(ImageFilter.GaussianBlur(0.9))
    return coarse.resize((image_size, image_size), Image.Resampling.BICUBIC)


def draw_perch(draw: ImageDraw.ImageDraw, scene: Scene, feet: np.ndarray, canvas_size: int) -> None:
    """Draws the perch of the bird.

    Args:
        draw: draws on the canvas.
        scene: the scene.
        feet: (2,) x, y of the bird's feet in shares of the frame.
        canvas_size: width and height of the canvas in pixels.
    """
    rng = np.random.default_rng([scene.detail, 1])
    x, y = feet * canvas_size
    _PERCHES[scene.perch](draw, rng, x, y + 0.012 * canvas_size, canvas_size)


def _spots_of_light(coarse: Image.Image, rng: np.random.Generator) -> None:
    draw = ImageDraw.Draw(coarse)
    for x, y, radius, gain in rng.uniform((0, 0, 1, 1.05), (COARSE, COARSE, 3, 1.25), (5, 4)):
        red, green, blue = coarse.getpixel((int(x), int(y)))
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=(min(255, int(red * gain)), min(255, int(green * gain)), min(255, int(blue * gain))),
        )


def _branch(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, size: int) -> None:
    slope = rng.uniform(-0.12, 0.12)
    thick = size * rng.uniform(0.02, 0.032)
    left, right = -0.05 * size, 1.05 * size
    middle = y + thick

    def height(at: float) -> float:
        return middle + slope * (at - x)

    def twig(start: float, dx: float, dy: float) -> None:
        tip = (start + dx * size, height(start) + dy * size)
        draw.line([(start, height(start)), tip], fill=(98, 82, 66), width=max(1, int(0.5 * thick)))
        for along in (0.55, 1.0):
            cx, cy = start + along * dx * size, height(start) + along * dy * size
            draw.ellipse((cx - 0.035 * size, cy - 0.018 * size, cx + 0.035 * size, cy + 0.018 * size), (112, 132, 92))

    twig(size * rng.uniform(0.05, 0.2), rng.uniform(-0.1, 0.1), rng.uniform(0.06, 0.12))
    twig(size * rng.uniform(0.8, 0.95), rng.uniform(-0.1, 0.1), rng.uniform(0.06, 0.12))
    outline = [(left, height(left) - thick), (right, height(right) - 0.7 * thick)]
    draw.polygon([*outline, (right, height(right) + 0.7 * thick), (left, height(left) + thick)], fill=(104, 88, 72))
    draw.line(
        [(left, height(left) - 0.6 * thick), (right, height(right) - 0.4 * thick)],
        fill=(140, 124, 104),
        width=max(1, int(0.4 * thick)),
    )


def _ground(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, size: int) -> None:
    far = y - 0.03 * size
    draw.polygon(
        [(0, far + rng.uniform(0, 0.03) * size), (x, far), (size, far + rng.uniform(0, 0.03) * size), (size, size),
         (0, size)],
        fill=(158, 146, 120),
    )  # fmt: skip
    for at, low, lean, tall in rng.uniform((0, 0, -0.03, 0.03), (1, 1, 0.03, 0.09), (26, 4)):
        root = far + (size - far) * low
        tip = (size * (at + lean), root - tall * size)
        draw.line([(at * size, root), tip], fill=(132, 142, 98), width=max(1, size // 110))


def _reed(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, size: int) -> None:
    for start, lean, tip in rng.uniform((0, -0.1, 0.3), (1, 0.1, 0.75), (6, 3)):
        draw.line([(start * size, size), ((start + lean) * size, tip * size)], (146, 152, 114), max(1, size // 70))
    # One stalk bends below the bird and droops.
    side = rng.choice((-1, 1))
    stalk = smooth(
        [(x - 0.5 * side * size, 1.15 * size), (x - 0.3 * side * size, y + 0.16 * size),
         (x - 0.12 * side * size, y + 0.03 * size), (x + 0.1 * side * size, y + 0.008 * size),
         (x + 0.3 * side * size, y + 0.04 * size), (x + 0.42 * side * size, y + 0.12 * size)],
        closed=False,
    )  # fmt: skip
    draw.line(stalk.ravel().tolist(), (128, 130, 88), max(1, size // 36))
    draw.line(stalk[-7:].ravel().tolist(), (136, 112, 84), max(1, size // 18))


def _rock(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, size: int) -> None:
    left, right = x - size * rng.uniform(0.26, 0.4), x + size * rng.uniform(0.26, 0.4)
    water = y + 0.6 * (size - y)
    draw.rectangle((0, water, size, size), fill=(134, 158, 168))
    top = [(left + 0.07 * size, y + 0.04 * size), (x - 0.06 * size, y), (x + 0.1 * size, y + 0.005 * size),
           (right - 0.06 * size, y + 0.05 * size)]  # fmt: skip
    bottom = water + 0.03 * size
    rock = smooth([(left, bottom), *top, (right, bottom), (x, bottom + 0.02 * size)])
    draw.polygon(rock.ravel().tolist(), fill=(142, 134, 130))
    draw.line(smooth(top, closed=False).ravel().tolist(), (172, 166, 160), max(1, size // 60))
    for at in rng.uniform(0, 1, 5):
        level = rng.uniform(water, size)
        draw.line([((at - 0.1) * size, level), ((at + 0.1) * size, level)], (168, 188, 194), max(1, size // 90))


_PERCHES = {"branch": _branch, "ground": _ground, "reed": _reed, "rock": _rock}
