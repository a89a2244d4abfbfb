"""Images placed in a plane: as points colored by class, and as thumbnails."""

from collections.abc import Sequence

import numpy as np

from panels.figures import rendered
from panels.grids import as_pixels

FRAME = 2  # pixels around a thumbnail, in the color of its class
# A legend of more classes would leave no room for the points.
LEGEND_CLASSES = 20


def class_colors(count: int) -> np.ndarray:
    """(count, 3) uint8, well apart from each other."""
    import matplotlib

    palette = matplotlib.colormaps["tab10" if count <= 10 else "hsv"]
    values = palette(np.arange(count)) if count <= 10 else palette(np.arange(count) / count)
    return (values[:, :3] * 255).astype(np.uint8)


def scatter(plane: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """A scatter plot as (h, w, 3) uint8: real images in the colors of their classes, generated ones as black crosses.

    Args:
        plane: (n + m, 2), the real images first.
        labels: (n,) classes of the real images.
        class_names: of the labels 0, 1, ...
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots()
    real, generated = plane[: len(labels)], plane[len(labels) :]
    for label, (name, color) in enumerate(zip(class_names, class_colors(len(class_names)) / 255.0, strict=True)):
        axes.scatter(*real[labels == label].T, s=9, color=color, label=name)
    axes.scatter(*generated.T, s=9, marker="x", linewidths=0.7, color="black", label="generated")
    if len(class_names) <= LEGEND_CLASSES:
        figure.legend(loc="outside right upper", fontsize="small")
    axes.set_axis_off()
    return rendered(figure)


def thumbnails(plane: np.ndarray, images: np.ndarray, colors: np.ndarray, cells: int) -> np.ndarray:
    """A square of `cells` x `cells` thumbnails as (h, w, 3) uint8; each shows the image nearest to its center.

    Args:
        plane: (n, 2) points in [0, 1].
        images: (n, s, s, c) in [-1, 1].
        colors: (n, 3) uint8, of the frames.
        cells: along each side.
    """
    framed = np.pad(as_pixels(images), ((0, 0), (FRAME, FRAME), (FRAME, FRAME), (0, 0)))
    edge = np.ones(framed.shape[1:3], bool)
    edge[FRAME:-FRAME, FRAME:-FRAME] = False
    framed[:, edge] = colors[:, np.newaxis]
    places = np.minimum((plane * cells).astype(int), cells - 1)
    away = np.sum((plane * cells - places - 0.5) ** 2, axis=1)
    _, height, width, _ = framed.shape
    picture = np.full((cells, cells, height, width, 3), 255, np.uint8)
    # The image nearest to a cell's center is written last, and stays. The plane's second axis points up.
    for index in np.argsort(-away, kind="stable"):
        column, row = places[index]
        picture[cells - 1 - row, column] = framed[index]
    return picture.swapaxes(1, 2).reshape(cells * height, cells * width, 3)
