"""CycleGAN: the networks are the authors', and each part of the objective does what defines it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.strategy import mirrored
from models.core.adversarial import REAL
from models.core.config import ConfigError
from models.core.trained import parameter_count
from models.image_to_image import cyclegan_networks as networks
from models.image_to_image.cyclegan import CycleGAN
from models.image_to_image.pool import ImagePool
from models.registry import PRESETS
from tests.worlds import SIDE, ablations, tiny


def model(strategy=None, **changes):
    keras.utils.set_random_seed(0)
    with (strategy or tf.distribute.get_strategy()).scope():
        made = CycleGAN(tiny("cyclegan", **({"batch_size": 2} | changes)))
        made.compile(steps_per_epoch=1)
    return made


def batch(seed=0, count=2):
    rng = np.random.default_rng(seed)
    return {side: tf.constant(rng.uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32)) for side in "ab"}


def test_as_many_parameters_as_the_authors():
    # Of junyanz/pytorch-CycleGAN-and-pix2pix, as it prints them: 11.378 M and 2.765 M.
    published = CycleGAN(PRESETS["cyclegan"].config)
    for name in ("generator", "backward_generator"):
        assert round(parameter_count(getattr(published, name)) / 1e6, 3) == 11.378
    for name in ("discriminator", "backward_discriminator"):
        assert round(parameter_count(getattr(published, name)) / 1e6, 3) == 2.765


@pytest.mark.parametrize("shape", [(1, 32, 48, 3), (3, 8, 20, 3)])
def test_the_output_has_the_size_of_the_input(shape):
    image = tf.random.stateless_normal(shape, (0, 1))
    assert networks.generator(tiny("cyclegan", blocks=2))({"image": image}).shape == shape


def test_an_image_is_translated_independently_of_its_batch():
    generator = networks.generator(tiny("cyclegan", blocks=2))
    images = tf.random.stateless_normal((3, 16, 16, 3), (0, 1))
    together = generator({"image": images})
    for row in range(3):
        # Alone it takes the fused kernel.
        np.testing.assert_allclose(generator({"image": images[row : row + 1]})[0], together[row], atol=2e-6)


def test_the_identity_has_no_cycle_and_no_identity_loss():
    made = model(identity_weight=5.0)
    made.translate = made.translate_back = lambda image: image
    made.minimize = lambda *arguments: None
    data = batch()
    logs = made.train_step(data)
    assert float(logs["cycle_loss"]) == 0.0
    # The least-squares adversarial loss remains, as in the paper.
    scores = [made.score_b(data["a"], REAL), made.score_a(data["b"], REAL)]
    expected = sum(float(tf.reduce_mean(tf.square(score - 1.0))) for score in scores)
    assert float(logs["generator_loss"]) == pytest.approx(expected, rel=1e-5)


def test_the_losses_by_hand():
    made = model(identity_weight=5.0, pool_size=0)
    data = batch()
    a, b = data["a"], data["b"]
    made.minimize = lambda *arguments: None
    fake_b, fake_a = made.translate(a), made.translate_back(b)

    def l1(one, other):
        return float(tf.reduce_mean(tf.abs(one - other)))

    def square(score, target):
        return float(tf.reduce_mean(tf.square(score - target)))

    cycle = l1(made.translate_back(fake_b), a) + l1(made.translate(fake_a), b)
    identity = l1(made.translate(b), b) + l1(made.translate_back(a), a)
    adversarial = square(made.score_b(fake_b, REAL), 1) + square(made.score_a(fake_a, REAL), 1)
    halved = 0.5 * sum(
        square(score(real, REAL), 1) + square(score(fake, REAL), 0)
        for score, real, fake in ((made.score_a, a, fake_a), (made.score_b, b, fake_b))
    )
    logs = made.train_step(data)
    assert float(logs["generator_loss"]) == pytest.approx(adversarial + 10 * cycle + 5 * identity, rel=1e-5)
    assert float(logs["discriminator_loss"]) == pytest.approx(halved, rel=1e-5)


def test_without_the_cycle_loss_each_translator_learns_from_its_discriminator_alone():
    moved = []
    for backward in (1.0, -1.0):
        made = model(cycle_weight=0.0)
        for variable in made.backward_generator.trainable_variables:
            variable.assign(backward * variable)
        made.train_step(batch())
        moved.append(made.generator.get_weights())
    for one, other in zip(*moved, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_learning_rate_is_constant_and_then_falls_to_zero():
    made = CycleGAN(tiny("cyclegan"))
    made.compile(steps_per_epoch=10)
    for player in made.players:
        optimizer = made.optimizer_of(player)
        for step, share in ((0, 1), (1000, 1), (1500, 0.5), (2000, 0), (3000, 0)):
            optimizer.iterations.assign(step)
            assert float(optimizer.learning_rate) == pytest.approx(2e-4 * share)
    constant = CycleGAN(tiny("cyclegan", decay_epochs=0))
    constant.compile(steps_per_epoch=10)
    constant.generators_optimizer.iterations.assign(10**6)
    assert float(constant.generators_optimizer.learning_rate) == pytest.approx(2e-4)


def test_bad_settings():
    with pytest.raises(ConfigError, match=r"image_size must be a multiple of 8. Received: 30"):
        tiny("cyclegan", image_size=30)
    # The PatchGAN would have no pixels left.
    with pytest.raises(ConfigError, match=r"image_size must be at least 24 for receptive_field=70. Received: 16"):
        tiny("cyclegan", image_size=16)
    with pytest.raises(ConfigError, match="constant_epochs and decay_epochs are the schedule"):
        tiny("cyclegan", learning_rate_halving_epochs=3)


def test_the_ablations_differ_in_what_their_names_mean():
    assert ablations("cyclegan") == {
        "cyclegan_no_cycle": {"cycle_weight"},
        "cyclegan_log_likelihood": {"adversarial"},
    }


# The pool. Images that are their own number.


def numbered(*numbers):
    return tf.reshape(tf.constant(numbers, tf.float32), (-1, 1, 1, 1)) * tf.ones((1, 2, 2, 3))


def numbers_of(images):
    return [int(image[0, 0, 0]) for image in images]


def filled_pool(size=4):
    pool = ImagePool(size, (2, 2))
    for number in range(size):
        assert numbers_of(pool.exchange(numbered(number), tf.constant([[0.99, 0.0]]))) == [number]
    return pool


def test_until_it_is_full_the_pool_returns_its_input():
    pool = filled_pool()
    assert numbers_of(pool.images.numpy()) == [0, 1, 2, 3]


def test_a_full_pool_exchanges_if_the_draw_is_a_half_or_more():
    pool = filled_pool()
    # Below a half the image is returned, and not stored.
    assert numbers_of(pool.exchange(numbered(10), tf.constant([[0.49, 0.3]]))) == [10]
    assert numbers_of(pool.images.numpy()) == [0, 1, 2, 3]
    # Otherwise it replaces the one that is drawn. Within a batch, one after the other.
    returned = pool.exchange(numbered(11, 12, 13), tf.constant([[0.5, 0.26], [0.9, 0.26], [0.9, 0.999999]]))
    assert numbers_of(returned) == [1, 11, 3]
    assert numbers_of(pool.images.numpy()) == [0, 12, 2, 13]


def test_a_full_pool_returns_a_stored_image_half_of_the_time():
    pool = filled_pool(50)
    draws = tf.random.stateless_uniform((400, 2), (0, 1))
    exchange = tf.function(pool.exchange)
    stored = sum(
        numbers_of(exchange(numbered(1000 + step), draws[step : step + 1])) != [1000 + step] for step in range(400)
    )
    assert 160 < stored < 240
    # Nearly every place is drawn, and the first ones no more than others.
    assert sum(number >= 1000 for number in numbers_of(pool.images.numpy())) > 45


def test_a_pool_of_size_zero_returns_its_input():
    assert numbers_of(ImagePool(0, (2, 2)).exchange(numbered(7, 8), tf.zeros((2, 2)))) == [7, 8]


def test_the_pools_of_two_replicas_equal_those_of_one():
    """Over several steps, so that it fills and exchanges; without learning, so that nothing else can differ."""
    cpus = mirrored(tuple(device.name for device in tf.config.list_logical_devices("CPU")))
    drawn = [batch(number, count=4) for number in range(4)]
    batches = {side: tf.stack([data[side] for data in drawn]) for side in "ab"}
    pools = []
    for strategy in (None, cpus):
        made = model(strategy, batch_size=4, pool_size=6, learning_rate=0.0)
        # Compiled in `test_contract`.
        made.run_eagerly = True
        made.fit(
            tf.data.Dataset.range(4).map(lambda step: {side: images[step] for side, images in batches.items()}),
            verbose=0,
            shuffle=False,
        )
        assert int(getattr(made.pool_a.filled.value, "values", [made.pool_a.filled.value])[0]) == 6
        pools.append([keras.ops.convert_to_numpy(pool.images) for pool in (made.pool_a, made.pool_b)])
    for one, two in zip(*pools, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
        assert len({image.tobytes() for image in one}) == 6
