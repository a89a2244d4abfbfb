"""The moving average of the generators by hand, in the steps of every adversarial model."""

import numpy as np
import pytest

from tests.models.steps import batch_of, plain

SMALL = {
    "pix2pix": {"batch_size": 2, "receptive_field": 16},
    "cyclegan": {"batch_size": 2, "receptive_field": 16},
    "pixel_dt": {"image_size": 16},
}
MODELS = ("gan_2d", "acgan", "infogan", "text_gan", "gan_cls", "gan_int", "pix2pix", "cyclegan", "pixel_dt")


@pytest.mark.parametrize("name", MODELS)
def test_the_decay_rises_with_the_steps_until_it_is_the_named_one(name):
    """At step t of 0, 1, 2, ... it is (1 + t) / (10 + t) at most: 1/10, 2/11 and 1/4, which is more than 0.2."""
    model = plain(name, average_decay=0.2, **SMALL.get(name, {}))
    networks = [getattr(model, each) for each in model.generator_names]
    averages = [model.sampled(each) for each in model.generator_names]
    expected = [[value.copy() for value in average.get_weights()] for average in averages]
    for step, decay in enumerate((1 / 10, 2 / 11, 0.2)):
        model.train_step(batch_of(model, step))
        for place, network in enumerate(networks):
            now = network.get_weights()
            assert any(np.abs(old - new).max() > 5e-3 for old, new in zip(expected[place], now, strict=True))
            expected[place] = [decay * old + (1 - decay) * new for old, new in zip(expected[place], now, strict=True)]
    for average, values in zip(averages, expected, strict=True):
        for variable, value in zip(average.variables, values, strict=True):
            np.testing.assert_allclose(variable.numpy(), value, rtol=1e-5, atol=1e-6, err_msg=variable.path)
