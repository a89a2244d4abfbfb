"""Sizes of images in pixels: a square's side, or (height, width). Importing it does not import TensorFlow."""

Size = int | tuple[int, int]


def height_width(size: Size) -> tuple[int, int]:
    """(height, width) of a size."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def simplest(sides: tuple[int, int]) -> Size:
    """The side of a square, whatever is no square as it is."""
    return sides[0] if sides[0] == sides[1] else sides


def shown(size: Size) -> str:
    """A size in words: 256 of a square, else "height x width"."""
    height, width = height_width(size)
    return f"{height}" if height == width else f"{height} x {width}"
