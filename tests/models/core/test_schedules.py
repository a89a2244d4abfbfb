"""Learning rates as functions of the step."""

import pytest

from models.core.schedules import HalvingSchedule, LinearDecay


def test_halving():
    rate = HalvingSchedule(0.4, 10)
    assert [float(rate(step)) for step in (0, 9, 10, 19, 20)] == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1])
    assert [float(HalvingSchedule(0.4, 0)(step)) for step in (0, 10**6)] == [pytest.approx(0.4)] * 2


def test_linear_decay():
    rate = LinearDecay(0.4, 10, 20)
    assert [float(rate(step)) for step in (0, 10, 15, 20, 30, 99)] == pytest.approx([0.4, 0.4, 0.3, 0.2, 0.0, 0.0])
    assert float(LinearDecay(0.4, 0, 4)(1)) == pytest.approx(0.3)
    assert float(LinearDecay(0.4, 0, 0)(10**6)) == pytest.approx(0.4)
    assert LinearDecay.from_config(rate.get_config()).get_config() == rate.get_config()
