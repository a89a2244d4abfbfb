"""The order of names that a person expects: 2 before 10. Of classes it decides which label each one has."""

import re

_DIGITS = re.compile("([0-9]+)")
_NEGATIVE = re.compile("-[0-9]+(?:[.][0-9]+)?")


def natural(name: str) -> tuple:
    """The key by which names are sorted: numbers in them by value, all else by its letters; negative numbers first.

    Names that differ only in leading zeros keep one order, too. Digits are not converted: a name may have any number
    of them.

    Args:
        name: of a class, a file or a folder.
    """
    if _NEGATIVE.fullmatch(name):
        return (0, float(name), name)
    parts = _DIGITS.split(name)
    # Text and digits alternate, so that like is compared with like.
    values = [(len(part), part) for part in (digits.lstrip("0") for digits in parts[1::2])]
    return (1, tuple(item for pair in zip(parts[::2], [*values, (0, "")], strict=True) for item in pair), name)
