"""The shape of a bird, as named parts in the bird's own coordinates. Nothing here has a color or a pixel.

The bird sits in profile and looks right. x grows forward, y downward; one unit is about the length of its body, and the
feet stand at (0, 0). Every view of a scene (photograph, part map, edges, ...) is painted from these same parts.
"""

import dataclasses
import functools

import numpy as np

from pipelines.birds.scene import Scene

# Share of the frame that one unit covers. A bird is about 1.8 units long.
UNIT = {"small": 0.355, "medium": 0.4, "large": 0.445}
# Small birds are round with big heads and eyes; large ones are long with small heads.
HEAD_RADIUS = {"small": 0.315, "medium": 0.28, "large": 0.25}
EYE_RADIUS = {"small": 0.07, "medium": 0.06, "large": 0.053}
TAIL_LENGTH = {"small": 0.46, "medium": 0.53, "large": 0.6}
LEG_LENGTH = {"small": 0.17, "medium": 0.2, "large": 0.24}
BILL_LENGTH = {"short": 0.2, "long": 0.43}
# Share of the free space around the bird in which it may stand; the rest is a margin that a random crop may cut off.
ROAMING = 0.55


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A named shape: a filled outline, or a stroke.

    Attributes:
        name: "tail", "belly", "breast", "cheek", "crown", "back", "wing", "bill", "legs", "eye", ...
        points: (k, 2) float corners x, y.
        stroke: thickness of the line through the points; 0 for a filled outline.
    """

    name: str
    points: np.ndarray
    stroke: float = 0.0


def place(scene: Scene) -> tuple[list[Part], np.ndarray]:
    """Returns the parts of the bird in the scene, from back to front, and the position of its feet.

    Returns:
        The parts, and the (2,) x, y of its feet, all in shares of the frame: (0, 0) is the top left corner of the
        picture and (1, 1) its bottom right one.
    """
    species = scene.species
    parts = bird_parts(species.size, species.bill_length, species.bill_shape, species.wing_bars, species.eye_ring)
    cosine, sine = np.cos(scene.tilt), np.sin(scene.tilt)
    unit = UNIT[species.size]
    transform = unit * np.array([[cosine, sine], [-sine, cosine]]) * np.array([scene.facing, 1])
    points = np.concatenate([part.points for part in parts]) @ transform
    low, high = points.min(axis=0), points.max(axis=0)
    room = 1 - (high - low)
    whereabouts = np.array([scene.horizontal_place, scene.vertical_place])
    feet = room / 2 * (1 + ROAMING * whereabouts) - low
    ends = np.cumsum([len(part.points) for part in parts])[:-1]
    placed = [
        Part(part.name, corners, part.stroke * unit)
        for part, corners in zip(parts, np.split(points + feet, ends), strict=True)
    ]
    return placed, feet


@functools.cache
def bird_parts(size: str, bill_length: str, bill_shape: str, wing_bars: str, eye_ring: str) -> tuple[Part, ...]:
    """Returns the parts of a bird of that shape in its own coordinates, from back to front.

    The arguments are words of `Species`. There are only 72 shapes, so each is computed once.
    """
    leg = LEG_LENGTH[size]
    # The trunk is described around its own center, the feet being below it.
    center = np.array([0.0, -0.46 - leg])
    radius = HEAD_RADIUS[size]
    head = center + np.array([0.44, -0.40])
    eye = head + radius * np.array([0.34, -0.02])
    eye_radius = EYE_RADIUS[size]
    parts = [
        *(Part("legs", foot, 0.045) for foot in _legs(leg)),
        Part("tail", center + _tail(TAIL_LENGTH[size])),
        *(Part("tail feathers", center + line, 0.014) for line in _tail_feathers(TAIL_LENGTH[size])),
        # The head comes before the trunk and the cheek after it, so that no edge separates the throat and the breast.
        Part("head", _ellipse(head, radius, radius)),
        *_trunk(center),
        Part("bill", head + radius * np.array([0.8, 0.12]) + _bill(BILL_LENGTH[bill_length], bill_shape)),
        Part("cheek", _ellipse(head, 0.97 * radius, 0.97 * radius)),
        Part("crown", head + radius * _CROWN),
        Part("wing", center + _WING),
        Part("flight feathers", center + _FLIGHT_FEATHERS),
        *(Part("wing feathers", center + line, 0.016) for line in _WING_FEATHERS),
    ]
    if wing_bars == "yes":
        parts += [Part("wing bars", center + line, 0.04) for line in _WING_BARS]
    if eye_ring == "yes":
        parts.append(Part("eye ring", _ellipse(eye, 1.75 * eye_radius, 1.75 * eye_radius)))
    parts.append(Part("eye", _ellipse(eye, eye_radius, eye_radius)))
    parts.append(Part("eye light", _ellipse(eye + 0.3 * eye_radius * np.array([1, -1]), *(0.38 * eye_radius,) * 2)))
    return tuple(parts)


def smooth(corners: list[tuple[float, float]], closed: bool = True, steps: int = 6) -> np.ndarray:
    """Returns a Catmull-Rom curve through the corners, as (k, 2) points."""
    points = np.array(corners, float)
    padded = np.concatenate([points[-1:], points, points[:2]] if closed else [points[:1], points, points[-1:]])
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * share + (2 * a - 5 * b + 4 * c - d) * share**2 + (3 * b - a - 3 * c + d) * share**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate(pieces if closed else [*pieces, points[-1:]])


def _ellipse(center: np.ndarray, width: float, height: float) -> np.ndarray:
    """Returns 28 points around an ellipse with these half axes."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return center + np.stack([width * np.cos(angles), height * np.sin(angles)], axis=-1)


def _legs(length: float) -> list[np.ndarray]:
    """Returns two legs with their toes; the feet stand at y = 0."""
    return [
        np.array([(x - 0.05, -length - 0.14), (x - 0.02, -length * 0.5), (x, -0.02), (x + 0.1, 0.02)])
        for x in (-0.1, 0.08)
    ]


def _tail(length: float) -> np.ndarray:
    """Returns the tail's outline, a slightly spreading fan behind the trunk."""
    along, across = np.array([-0.88, 0.475]), np.array([0.475, 0.88])
    root = np.array([-0.42, 0.1])
    corners = [(-0.1, -0.1), (length, -0.18), (length + 0.05, -0.02), (length - 0.03, 0.15), (-0.1, 0.12)]
    return np.array([root + a * along + b * across for a, b in corners])


def _tail_feathers(length: float) -> list[np.ndarray]:
    """Returns the lines between the tail's feathers."""
    outline = _tail(length)
    root, end = (outline[0] + outline[4]) / 2, outline[[1, 2, 3]]
    return [np.array([root, (end[i] + end[i + 1]) / 2]) for i in (0, 1)]


def _trunk(center: np.ndarray) -> list[Part]:
    """Returns back, belly and breast, which together make an egg that leans back."""
    back = smooth([(0.28, -0.52), (0.02, -0.38), (-0.28, -0.16), (-0.56, 0.14), (-0.3, 0.2), (0.1, 0.0)])
    belly = smooth(
        [(-0.58, 0.14), (-0.2, -0.02), (0.14, -0.04), (0.27, 0.14), (0.47, 0.27), (0.33, 0.4), (0.05, 0.49),
         (-0.25, 0.45), (-0.5, 0.3)]
    )  # fmt: skip
    breast = smooth(
        [(0.24, -0.52), (0.1, -0.3), (0.12, -0.02), (0.25, 0.15), (0.48, 0.27), (0.6, 0.08), (0.67, -0.14),
         (0.66, -0.34), (0.45, -0.5)]
    )  # fmt: skip
    shadow = smooth(
        [(-0.5, 0.29), (-0.2, 0.37), (0.06, 0.4), (0.3, 0.33), (0.46, 0.25), (0.33, 0.39), (0.05, 0.48), (-0.25, 0.44)]
    )
    return [
        Part("back", center + back),
        Part("belly", center + belly),
        Part("belly shadow", center + shadow),
        Part("breast", center + breast),
    ]


def _bill(length: float, shape: str) -> np.ndarray:
    """Returns the bill's outline; its base is at (0, 0)."""
    if shape == "cone":
        return np.array([(-0.05, -0.16), (0.3 * length, -0.12), (length, 0.03), (0.3 * length, 0.13), (-0.05, 0.15)])
    if shape == "pointed":
        return np.array([(-0.05, -0.075), (length * 1.08, -0.005), (-0.05, 0.07)])
    return smooth(
        [(-0.05, -0.12), (0.5 * length, -0.13), (0.95 * length, -0.02), (length, 0.19), (0.8 * length, 0.06),
         (0.4 * length, 0.04), (-0.05, 0.09)]
    )  # fmt: skip


# In radii of the head, around its center.
_CROWN = smooth(
    [(1.0, -0.1), (0.86, -0.58), (0.45, -0.95), (-0.1, -1.06), (-0.62, -0.86), (-0.98, -0.4), (-1.08, 0.12),
     (-0.8, 0.2), (-0.4, -0.12), (0.1, -0.28), (0.6, -0.22)]
)  # fmt: skip
# Around the center of the trunk.
_WING = smooth(
    [(0.24, -0.22), (0.2, 0.02), (0.0, 0.17), (-0.3, 0.25), (-0.76, 0.3), (-0.5, 0.06), (-0.25, -0.16),
     (0.02, -0.34), (0.18, -0.34)]
)  # fmt: skip
# The long feathers, along the lower edge of the wing and out to its tip.
_FLIGHT_FEATHERS = smooth(
    [(0.1, 0.1), (-0.02, 0.16), (-0.3, 0.24), (-0.75, 0.295), (-0.52, 0.09), (-0.35, 0.06), (-0.1, 0.06)]
)
_WING_FEATHERS = tuple(
    smooth(line, closed=False)
    for line in (
        [(0.02, 0.08), (-0.25, 0.17), (-0.68, 0.28)],
        [(0.0, -0.02), (-0.25, 0.08), (-0.64, 0.24)],
        [(-0.02, -0.12), (-0.22, -0.02), (-0.56, 0.17)],
    )
)
_WING_BARS = tuple(
    smooth(line, closed=False)
    for line in ([(0.1, -0.26), (0.06, -0.08), (0.09, 0.08)], [(-0.1, -0.2), (-0.13, -0.02), (-0.1, 0.16)])
)
