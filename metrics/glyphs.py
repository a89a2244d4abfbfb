"""How heavy, slanted and wide a character is, measured from its pixels."""

import numpy as np


def ink_of(images: np.ndarray) -> np.ndarray:
    """(n, h, w) in [0, 1] of (n, h, w, c) in [-1, 1]: 1 is black."""
    return (1.0 - np.asarray(images, np.float64).mean(axis=-1)) / 2.0


def weight(ink: np.ndarray) -> float:
    """The mean thickness of strokes as a share of the side: twice the area over the length of the edges.

    A long stroke of thickness t and length l has the area t l and edges of 2 l. The length of the edges is the sum of
    the gradient's norm, whatever their softness.

    Args:
        ink: (h, w) in [0, 1]; NaN where there is none.
    """
    down, right = np.gradient(ink)
    edges = np.hypot(down, right).sum()
    return 2.0 * ink.sum() / edges / len(ink) if edges > 0 else np.nan


def moments(ink: np.ndarray) -> tuple[float, float, float]:
    """The variances of x and y and their covariance: ink is a distribution over pixels, y goes upward; NaN of none."""
    total = ink.sum()
    if total <= 0:
        return np.nan, np.nan, np.nan
    height, width = ink.shape
    y, x = np.meshgrid(np.arange(height)[::-1], np.arange(width), indexing="ij")
    x, y = x - (ink * x).sum() / total, y - (ink * y).sum() / total
    return tuple(float((ink * product).sum() / total) for product in (x * x, y * y, x * y))


def slant(ink: np.ndarray) -> float:
    """Degrees by which a character leans to the right: of the line of x by y through its ink.

    Leaning by k adds k to the covariance of x and y over the variance of y, whatever the character; characters that
    lean by themselves (a 7, a Z) begin elsewhere. NaN where there is no ink, or a horizontal line.
    """
    _, vertical, both = moments(ink)
    return float(np.degrees(np.arctan(both / vertical))) if vertical > 0 else np.nan


def extent(ink: np.ndarray) -> float:
    """The width of a character over its height, once it stands upright: of the standard deviations of its ink.

    What x varies for a given y is not changed by leaning, and is stretched as the character is. NaN where there is no
    ink, or a line.
    """
    horizontal, vertical, both = moments(ink)
    return float(np.sqrt(max(horizontal - both**2 / vertical, 0.0) / vertical)) if vertical > 0 else np.nan


def measured(images: np.ndarray) -> np.ndarray:
    """(n, 3) weights, slants and widths of (n, h, w, c) images in [-1, 1], black on white."""
    return np.array([(weight(ink), slant(ink), extent(ink)) for ink in ink_of(images)])


def standardized(found: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(n, A) numbers, each column within each group with the mean 0 and the variance 1/3 of a uniform one in [-1, 1].

    Args:
        found: (n, A), finite.
        groups: (n,) labels. Where all of a group are equal, they become 0.
    """
    result = np.array(found, np.float64)
    for group in np.unique(groups):
        of_group = groups == group
        rows = result[of_group] - result[of_group].mean(axis=0)
        deviation = rows.std(axis=0)
        result[of_group] = rows / np.where(deviation > 0, np.sqrt(3.0) * deviation, 1.0)
    return result


def r_squared(asked: np.ndarray, found: np.ndarray, groups: np.ndarray) -> float:
    """The share of the variance of what was asked that what was found explains by a line, one offset for each group;
    with a minus sign where less is found as more is asked. It says nothing of the line's slope.

    The characters themselves are heavier or wider by nature; what counts is how they differ from others of their kind.

    Args:
        asked: (n,).
        found: (n,); rows that are not finite are left out.
        groups: (n,) labels.
    """
    known = np.isfinite(found)
    asked, found, groups = asked[known].astype(float), found[known].astype(float), groups[known]
    for group in np.unique(groups):
        of_group = groups == group
        asked[of_group] -= asked[of_group].mean()
        found[of_group] -= found[of_group].mean()
    norm = np.sqrt((asked**2).sum() * (found**2).sum())
    correlation = (asked * found).sum() / norm if norm > 0 else 0.0
    return float(correlation * abs(correlation))
