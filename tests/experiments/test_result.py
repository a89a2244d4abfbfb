import numpy as np
import pytest

from experiments.result import Finding


def test_a_finding_holds_what_files_can_hold():
    Finding({"a": np.zeros((2, 3, 3), np.uint8)}, {"n": 1, "x": 0.5, "none": None, "more": {"y": 2.0}})
    with pytest.raises(ValueError, match="uint8"):
        Finding({"a": np.zeros((2, 3, 3), np.float32)}, {})
    with pytest.raises(ValueError, match="JSON"):
        Finding({}, {"x": float("nan")})
    with pytest.raises(TypeError):
        Finding({}, {"x": np.float32(1.0)})


@pytest.mark.parametrize("figures", [{"two words": 1}, {"AUC": 1}, {"fine": {"not-fine": 1}}])
def test_keys_are_for_machines(figures):
    with pytest.raises(ValueError, match="snake_case"):
        Finding({}, figures)
