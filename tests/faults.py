"""The deliberate faults of `tests.mutations`: file, line, what is made of it, and the tests that must fail."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One change of a line (or a few) of the project.

    Attributes:
        name: what is broken.
        file: which file is changed, from the project's root.
        old: what is replaced; it occurs once.
        new: by what.
        tests: files, or single tests, one of which must fail by an assertion.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


FAULTS: tuple[Fault, ...] = ()
