import numpy as np
import tensorflow as tf

from losses import mode_seeking_loss


def test_against_a_loop_over_pairs():
    rng = np.random.default_rng(0)
    images, others = rng.uniform(-1, 1, (2, 3, 4, 4, 3))
    latent, other = rng.normal(size=(2, 3, 5))
    expected = np.mean(
        [1 / (np.abs(images[n] - others[n]).mean() / np.abs(latent[n] - other[n]).mean() + 1e-5) for n in range(3)]
    )
    loss = mode_seeking_loss(*(tf.constant(rows, tf.float32) for rows in (images, others, latent, other)))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_images_that_do_not_change_have_the_largest_finite_loss_and_a_gradient_where_they_differ():
    image, latent = tf.zeros((2, 4, 4, 3)), tf.constant([[0.0], [1.0]])
    np.testing.assert_allclose(mode_seeking_loss(image, image, latent, latent + 1.0), 1e5, rtol=1e-4)
    other = tf.Variable(image + 0.1)
    with tf.GradientTape() as tape:
        loss = mode_seeking_loss(image, other, latent, latent + 1.0)
    # Falls as they move apart.
    assert np.all(tape.gradient(loss, other).numpy() < 0)
