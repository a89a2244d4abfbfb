"""Learning rates as functions of the step."""

import pytest

from models.core.schedules import ExponentialDecay, HalvingSchedule, LinearDecay


def test_the_rate_is_halved_at_the_beginning_of_the_named_epochs_counted_from_1():
    rate = HalvingSchedule(0.4, halving_epochs=3, steps_per_epoch=10)
    # Epochs 1 and 2 have the whole rate, 3 to 5 half of it, 6 to 8 a quarter.
    steps = (0, 19, 20, 49, 50, 79, 80)
    assert [float(rate(step)) for step in steps] == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.05])
    assert HalvingSchedule.from_config(rate.get_config()).get_config() == rate.get_config()


def test_a_rate_that_is_never_halved():
    rate = HalvingSchedule(0.4, halving_epochs=0, steps_per_epoch=10)
    assert [float(rate(step)) for step in (0, 10**6)] == [pytest.approx(0.4)] * 2


def test_a_linear_decay_at_every_step():
    rate = LinearDecay(0.4, 10, 20)
    assert [float(rate(step)) for step in (0, 10, 15, 20, 30, 99)] == pytest.approx([0.4, 0.4, 0.3, 0.2, 0.0, 0.0])
    assert float(LinearDecay(0.4, 0, 4)(1)) == pytest.approx(0.3)
    assert float(LinearDecay(0.4, 0, 0)(10**6)) == pytest.approx(0.4)


def test_a_linear_decay_once_an_epoch():
    rate = LinearDecay(0.4, 2, 4, period_steps=10)
    # Zhu et al.'s train.lua subtracts a quarter of the rate at the end of epochs 3, 4, 5 and 6, counted from 1.
    rates = {0: 0.4, 29: 0.4, 30: 0.3, 39: 0.3, 40: 0.2, 50: 0.1, 59: 0.1, 60: 0.0, 99: 0.0}
    assert [float(rate(step)) for step in rates] == pytest.approx(list(rates.values()))
    assert LinearDecay.from_config(rate.get_config()).get_config() == rate.get_config()


def test_an_exponential_decay_to_a_minimum():
    rate = ExponentialDecay(0.4, factor=0.5, minimum=0.06)
    assert [float(rate(step)) for step in (0, 1, 2, 3, 9)] == pytest.approx([0.4, 0.2, 0.1, 0.06, 0.06])
    assert ExponentialDecay.from_config(rate.get_config()).get_config() == rate.get_config()
    assert float(ExponentialDecay(0.01, 0.5, minimum=0.06)(3)) == pytest.approx(0.01)


def test_an_exponential_decay_once_a_period():
    rate = ExponentialDecay(0.4, factor=0.5, period_steps=3)
    assert [float(rate(step)) for step in (0, 2, 3, 5, 6)] == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1])
