"""The photograph of a scene: the bird's parts painted in its species' colors, in their surroundings and light."""

import numpy as np
from PIL import Image, ImageDraw

from pipelines.birds import scenery
from pipelines.birds.anatomy import Part, place
from pipelines.birds.scene import Scene, Species

# The RGB color of each color word in neutral light.
PAINT = {
    "black": (30, 30, 34),
    "white": (246, 246, 242),
    "gray": (136, 139, 146),
    "brown": (122, 74, 40),
    "red": (206, 32, 38),
    "orange": (242, 128, 22),
    "yellow": (246, 218, 42),
    "green": (50, 138, 58),
    "blue": (40, 88, 204),
}
LEGS = (92, 78, 70)
EYE = (16, 14, 14)
LIGHT = (250, 250, 246)
# Parts that are drawn without an outline.
SEAMLESS = ("belly shadow", "cheek", "flight feathers", "eye", "eye light")


def draw(scene: Scene, image_size: int, at_night: bool = False) -> Image.Image:
    """Draws a scene as a photograph.

    The same scene gives the same picture at any size, only finer or coarser, and the same bytes at the same size.

    Args:
        scene: the scene.
        image_size: width and height in pixels, at least 8.
        at_night: whether to draw it in moonlight.

    Returns:
        An RGB image, `image_size` pixels square, antialiased.
    """
    oversampling = samples_per_pixel(image_size)
    canvas_size = oversampling * image_size
    # The background, out of focus, needs no oversampling: repeated pixels reduce to themselves.
    canvas = scenery.background(scene, image_size).resize((canvas_size, canvas_size), Image.Resampling.NEAREST)
    parts, feet = place(scene)
    scenery.draw_perch(ImageDraw.Draw(canvas), scene, feet, canvas_size)
    paint(canvas, parts, scene.species)
    picture = canvas.reduce(oversampling)
    return _moonlit(picture) if at_night else _lit(picture, scene)


def samples_per_pixel(image_size: int) -> int:
    """Oversampling along each side: 4 where a feather is thinner than a pixel; fewer suffice for larger pictures."""
    return 4 if image_size <= 128 else 3


def paint(canvas: Image.Image, parts: list[Part], species: Species) -> None:
    """Paints a bird's parts, given in shares of the frame, on a square canvas."""
    brush, paints = ImageDraw.Draw(canvas), part_paints(species)
    for part in parts:
        _paint(brush, part, paints[part.name], canvas.width)


def part_paints(species: Species) -> dict[str, tuple[int, int, int]]:
    """Returns the RGB color of every part of a bird of this species."""
    wing, tail, breast = PAINT[species.wing_color], PAINT[species.tail_color], PAINT[species.breast_color]
    return {
        "legs": LEGS,
        "tail": tail,
        # The tail is small: stronger lines would change its color.
        "tail feathers": _contrast(tail, 0.8),
        "back": wing,
        "belly": PAINT[species.belly_color],
        "belly shadow": _shade(PAINT[species.belly_color], 0.84),
        "head": breast,
        "breast": breast,
        "cheek": breast,
        "crown": PAINT[species.crown_color],
        "bill": PAINT[species.bill_color],
        "wing": wing,
        "flight feathers": _shade(wing, 0.84),
        "wing feathers": _contrast(wing),
        # Bars are white, as in nearly all birds, except on wings that are too light.
        "wing bars": PAINT["black"] if species.wing_color in ("white", "yellow") else PAINT["white"],
        "eye ring": LIGHT,
        "eye": EYE,
        "eye light": LIGHT,
    }


def _contrast(color: tuple[int, int, int], share: float = 0.66) -> tuple[int, int, int]:
    """Returns the color of a part's outline and feather lines: darker, but lighter where the part is black."""
    if max(color) < 60:
        return (84, 84, 92)
    return _shade(color, share)


def _shade(color: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """Returns the color, darkened to that share of its brightness."""
    red, green, blue = color
    return int(share * red), int(share * green), int(share * blue)


def _paint(brush: ImageDraw.ImageDraw, part: Part, color: tuple[int, int, int], canvas_size: int) -> None:
    corners = (part.points * canvas_size).ravel().tolist()
    if part.stroke:
        brush.line(corners, fill=color, width=max(1, round(part.stroke * canvas_size)))
        return
    brush.polygon(corners, fill=color)
    if part.name not in SEAMLESS:
        # A thin outline separates neighbors of the same color, and a white bird from a bright sky.
        brush.line(corners + corners[:4], fill=_contrast(color), width=max(1, round(0.006 * canvas_size)))


def _lit(picture: Image.Image, scene: Scene) -> Image.Image:
    """Returns the picture in the scene's light, which falls from above and from one side."""
    size = picture.width
    across = np.linspace(-1, 1, size, dtype=np.float32)
    gain = scene.brightness * (1 - 0.05 * across[:, None] + 0.05 * scene.light_side * across[None, :])
    tint = np.array([1 + 0.05 * scene.warmth, 1, 1 - 0.05 * scene.warmth], np.float32)
    lit = np.asarray(picture, np.float32) * gain[..., None] * tint
    return Image.fromarray(np.clip(lit + 0.5, 0, 255).astype(np.uint8))


def _moonlit(picture: Image.Image) -> Image.Image:
    """Returns the picture in moonlight: dim, bluish, and with half of the saturation."""
    pixels = np.asarray(picture, np.float32)
    gray = pixels.mean(axis=2, keepdims=True)
    dim = (0.5 * pixels + 0.5 * gray) * np.array([0.32, 0.4, 0.58], np.float32) + np.array([4, 8, 26], np.float32)
    return Image.fromarray(np.clip(dim + 0.5, 0, 255).astype(np.uint8))
