"""What the configuration of an adversarial model refuses, each in one line."""

import pytest

from models.core.adversarial_config import PAIRED_LOSSES
from models.core.config import ConfigError, override
from models.registry import PRESETS
from tests.worlds import tiny

# One preset of each class of models, by whether its step has a generated image for each real one.
PAIRING = ("gan_2d", "dcgan", "acgan", "infogan", "text_gan", "gan_cls")
OTHERS = ("gan_int", "gan_int_cls", "pix2pix", "cyclegan", "pixel_dt")


@pytest.mark.parametrize("adversarial", PAIRED_LOSSES)
@pytest.mark.parametrize("name", OTHERS)
def test_a_paired_loss_is_refused_where_the_step_does_not_pair_logits(name, adversarial):
    with pytest.raises(
        ConfigError, match=rf"one of minimax, .*, wasserstein here: .*does not pair.*\. Received: {adversarial}$"
    ) as refused:
        override(PRESETS[name].config, {"adversarial": adversarial})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("adversarial", PAIRED_LOSSES)
@pytest.mark.parametrize("name", PAIRING)
def test_a_paired_loss_is_accepted_where_it_does(name, adversarial):
    assert override(PRESETS[name].config, {"adversarial": adversarial}).loss_parameters == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin": 2.0}, r"margin goes with adversarial=hinge or energy\. Received: adversarial=non_saturating$"),
        ({"margin": 2.0, "adversarial": "relativistic"}, r"margin goes with .*Received: adversarial=relativistic$"),
        (
            {"label_smoothing": 0.1, "adversarial": "hinge"},
            r"label_smoothing goes with adversarial=minimax or non_saturating or least_squares\. Received: .*=hinge$",
        ),
        ({"margin": -1.0, "adversarial": "hinge"}, r"margin must be at least 0\.0\. Received: -1\.0$"),
    ],
)
def test_a_parameter_that_the_loss_does_not_have_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        tiny("dcgan", **changes)


def test_a_loss_takes_its_own_parameters():
    assert tiny("dcgan", label_smoothing=0.1).loss_parameters == {"label_smoothing": 0.1}
    assert tiny("dcgan", adversarial="hinge", margin=0.5).loss_parameters == {"margin": 0.5}
    assert tiny("dcgan", adversarial="hinge").loss_parameters == {"margin": 1.0}
    assert tiny("dcgan", adversarial="wasserstein").loss_parameters == {}


def test_a_penalty_under_float16_is_refused():
    with pytest.raises(ConfigError, match=r"float32 or mixed_bfloat16.*Received: penalty=gradient and mixed_float16"):
        PRESETS["wgan_gp"].resolve("birds", {"precision": "mixed_float16"})
