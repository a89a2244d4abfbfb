"""pix2pix: the networks are the authors', and each part of the objective does what defines it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.core.adversarial import REAL
from models.core.trained import parameter_count
from models.image_to_image import patchgan
from models.image_to_image import pix2pix_networks as networks
from models.image_to_image.configs import CycleGANConfig, Pix2PixConfig
from models.image_to_image.pix2pix import Pix2Pix
from tests.worlds import SIDE, ablations, tiny


def test_as_many_parameters_as_the_authors():
    # Of junyanz/pytorch-CycleGAN-and-pix2pix, as it prints them: 54.414 M and 2.769 M.
    assert round(parameter_count(networks.generator(Pix2PixConfig())) / 1e6, 3) == 54.414
    discriminator = patchgan.discriminator(Pix2PixConfig(), conditional=True)
    assert round(parameter_count(discriminator) / 1e6, 3) == 2.769
    # The batch's own statistics, at test time too: there are no moving ones.
    assert not discriminator.non_trainable_variables


@pytest.mark.parametrize(("field", "side"), [(1, 8), (16, 64), (70, 160), (286, 640)])
def test_the_receptive_field_is_of_the_configured_size(field, side):
    """From gradients: how many pixels change one number in the middle of the output."""
    keras.utils.set_random_seed(0)
    # Without normalization, through which every output depends on every pixel.
    config = CycleGANConfig(receptive_field=field, discriminator_width=2, discriminator_normalization="none")
    discriminator = patchgan.discriminator(config)
    image = tf.Variable(tf.random.stateless_normal((1, side, side, 3), (0, 1)))
    with tf.GradientTape() as tape:
        logits = discriminator({"image": image})
        one = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    inside = tf.reduce_any(tape.gradient(one, image)[0] != 0, axis=2).numpy()
    assert (inside.any(axis=1).sum(), inside.any(axis=0).sum()) == (field, field)


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_trained_at_256_pixels_it_runs_on_larger_images(upsampling):
    generator = networks.generator(Pix2PixConfig(generator_width=1, upsampling=upsampling))
    image = tf.random.stateless_normal((1, 512, 768, 3), (0, 1))
    assert generator({"image": image, "seed": tf.constant([[0, 0]])}).shape == (1, 512, 768, 3)


def test_resizing_leaves_no_checkerboard_and_transposing_does():
    """Of an image of one tone: away from the edges, neighbors differ only by the artifacts of the upsampling."""
    differences = {}
    for upsampling in ("transposed", "resize"):
        keras.utils.set_random_seed(0)
        generator = networks.generator(tiny("pix2pix", skips=False, dropout=0.0, upsampling=upsampling))
        translated = generator({"image": 0.5 + tf.zeros((1, 256, 256, 3)), "seed": tf.constant([[0, 0]])})
        middle = translated[0, 120:136, 120:136].numpy()
        differences[upsampling] = np.abs(np.diff(middle, axis=0)).max()
    assert differences["resize"] < 1e-3 * differences["transposed"]


def model(**changes):
    keras.utils.set_random_seed(0)
    made = Pix2Pix(tiny("pix2pix", **changes))
    made.compile()
    return made


def pair(seed=0, count=2):
    rng = np.random.default_rng(seed)
    return {
        name: tf.constant(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32)) for name in ("input", "target")
    }


def with_fixed_discriminator(made):
    made.discriminator_optimizer = keras.optimizers.SGD(0.0)
    made.discriminator_optimizer.build(made.player_variables("discriminator"))
    return made


def test_dropout_is_active_at_test_time_and_a_function_of_the_seed():
    generator = model().generator
    image = pair()["input"][:1]
    one, again, other = (
        generator({"image": image, "seed": tf.constant([[seed, 0]])}, training=False).numpy() for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    without = model(dropout=0.0).generator
    same = [without({"image": image, "seed": tf.constant([[seed, 0]])}).numpy() for seed in (1, 2)]
    np.testing.assert_array_equal(*same)


def test_each_step_draws_another_dropout_mask():
    made = model()
    image = pair()["input"]
    first, again = made.translate(image), made.translate(image)
    np.testing.assert_array_equal(first, again)
    made.steps_done.assign_add(1)
    assert (made.translate(image) != first).numpy().any()


def test_only_the_conditional_discriminator_depends_on_the_input():
    one, other = pair(1), pair(2)
    scores = [
        [made.score(batch["input"], one["target"], REAL).numpy() for batch in (one, other)]
        for made in (model(), model(conditional=False))
    ]
    assert (scores[0][0] != scores[0][1]).any()
    np.testing.assert_array_equal(*scores[1])


def test_without_an_adversarial_loss_there_is_no_discriminator():
    made = model(adversarial_weight=0.0)
    assert made.discriminator is None
    assert made.players == ("generator",)
    logs = made.train_step(pair())
    assert set(logs) == {"generator_loss", "l1_loss"}
    np.testing.assert_allclose(logs["generator_loss"], 100.0 * logs["l1_loss"], rtol=1e-6)


def test_the_gradient_penalty_is_added_in_full():
    settings = {"discriminator_normalization": "none", "dropout": 0.0}
    losses = []
    for penalty in ("none", "gradient"):
        made = model(penalty=penalty, **settings)
        batch = pair()
        penalty = made.penalty(batch["input"], batch["target"], made.translate(batch["input"]))
        losses.append((float(made.train_step(batch)["discriminator_loss"]), float(penalty)))
    assert losses[1][1] > 0
    assert losses[1][0] - losses[0][0] == pytest.approx(losses[1][1], rel=1e-4)


def test_without_l1_the_target_reaches_the_generator_through_the_discriminator_only():
    batch, moved = pair(), []
    for target in (batch["target"], -batch["target"]):
        made = with_fixed_discriminator(model(l1_weight=0.0))
        before = made.generator.get_weights()
        made.train_step(batch | {"target": target})
        moved.append(made.generator.get_weights())
        assert any((one != other).any() for one, other in zip(before, moved[-1], strict=True))
    for one, other in zip(*moved, strict=True):
        np.testing.assert_array_equal(one, other)


def test_skip_connections_carry_what_the_one_pixel_bottleneck_cannot():
    batch = pair(count=4)
    batch["target"] = -batch["input"]
    losses = {}
    for skips in (True, False):
        made = model(adversarial_weight=0.0, skips=skips, dropout=0.0, learning_rate=0.01, generator_width=8)
        step = tf.function(made.train_step)
        for _ in range(60):
            made.reset_metrics()
            logs = step(batch)
        losses[skips] = float(logs["l1_loss"])
    assert losses[True] < 0.7 * losses[False]


def test_the_ablations_differ_in_what_their_names_mean():
    assert ablations("pix2pix") == {
        "pix2pix_l1": {"adversarial_weight"},
        "pix2pix_gan": {"l1_weight", "conditional"},
        "pix2pix_cgan": {"l1_weight"},
        "pix2pix_l1_gan": {"conditional"},
    }
