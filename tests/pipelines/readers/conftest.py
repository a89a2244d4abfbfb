"""What the tests of the user's folders share."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """An empty folder of the user's."""
    path = tmp_path / "mine"
    path.mkdir()
    return path
