"""Samplers of generators whose arithmetic is known: what goes in, in which order, and what comes out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from panels.interpolation import lerp, slerp, slerp_of
from serving.images import TranslationSampler, Translator
from serving.latents import LatentSampler


def painter(classes=0):
    """A generator whose four latents are the pixels of an image of 2 x 2; label k makes it brighter by k / 4."""
    inputs = {"latent": keras.Input((4,), name="latent")}
    x = keras.layers.Reshape((2, 2, 1))(inputs["latent"])
    if classes:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
        brightness = keras.layers.Embedding(classes, 1)
        x = keras.layers.Add()([x, keras.layers.Reshape((1, 1, 1))(brightness(inputs["label"]))])
        brightness.set_weights([np.arange(classes)[:, np.newaxis] / 4])
    return keras.Model(inputs, x)


def latents(count, seed):
    """All of a row's four latents are the row's number, in hundredths, plus the seed, in tenths."""
    rows = tf.range(count, dtype=tf.float32)[:, tf.newaxis] / 100
    return tf.repeat(rows, 4, axis=1) + tf.cast(seed[0], tf.float32) / 10 + tf.cast(seed[1], tf.float32)


def as_pixels(values):
    return np.rint((np.clip(values, -1, 1) + 1) * 127.5)


def test_each_latent_gets_its_own_label_over_several_batches():
    rng = np.random.default_rng(0)
    latent, label = rng.uniform(-1, 0.5, (300, 4)), rng.integers(0, 3, 300)
    sampler = LatentSampler(painter(3), latents, 3)
    expected = as_pixels(latent + label[:, np.newaxis] / 4).reshape(300, 2, 2, 1)
    drawn = sampler.draw({"latent": latent, "label": label}, 9)
    assert drawn.dtype == np.uint8
    np.testing.assert_allclose(drawn, expected, atol=1)
    assert (drawn == expected).mean() > 0.99
    # As a server does.
    function, _ = sampler.signatures()["latent_and_label_pixels"]
    served = function(tf.constant(latent, tf.float32), tf.constant(label, tf.int32))["images"]
    np.testing.assert_array_equal(served, drawn)


@pytest.mark.parametrize("classes", [0, 3])
def test_the_noise_is_that_of_the_seed_and_labels_are_of_conditional_generators_alone(classes):
    sampler = LatentSampler(painter(classes), latents, 3)
    assert sampler.classes == classes
    label = np.array([2, 0, 1])
    drawn = sampler.draw({"label": label}, 4)
    expected = np.array([0.40, 0.41, 0.42]) + label / 4 * bool(classes)
    np.testing.assert_allclose(drawn[:, 0, 0, 0], as_pixels(expected), atol=1)
    np.testing.assert_allclose(sampler.draw({"count": 3}, 4)[:, 0, 0, 0], as_pixels([0.40, 0.41, 0.42]), atol=1)
    # A server draws each row by a seed of its own: its first picture.
    function, _ = sampler.signatures()["pixels"]
    seeds = [4, 0, 4]
    served = function(tf.constant(seeds), *([tf.constant(label, tf.int32)] if classes else []))["images"]
    for row, seed in enumerate(seeds):
        wanted = sampler.draw({"label": label[row:]}, seed)[:1]
        np.testing.assert_array_equal(served[row : row + 1], wanted)


@pytest.mark.parametrize(
    ("is_normal", "parts", "way"),
    [
        (False, None, lerp),
        (True, None, slerp),
        (True, {"noise": 2, "attributes": 2}, slerp_of(np.array([True, True, False, False]))),
    ],
)
def test_between_two_seeds_lies_the_way_of_the_interpolation(is_normal, parts, way):
    def drawn(count, seed):
        return tf.random.stateless_normal((count, 4), seed) / 4

    sampler = LatentSampler(painter(), drawn, is_normal=is_normal, parts=parts)
    first, second = (drawn(1, (seed, 0)).numpy()[0] for seed in (3, 8))
    wanted = sampler.draw({"latent": way(first, second, 5)}, 0)
    between, _ = sampler.signatures()["between_pixels"]
    found = between(tf.fill([5], 3), tf.fill([5], 8), tf.linspace(0.0, 1.0, 5))["images"]
    assert np.abs(np.asarray(found, int) - wanted).max() <= 1
    assert np.ptp(wanted) > 20
    # From one to itself there is no arc.
    same = between(tf.fill([1], 3), tf.fill([1], 3), tf.constant([0.5]))["images"]
    np.testing.assert_array_equal(same, wanted[:1])


@pytest.mark.parametrize(("categories", "codes"), [(2, 1), (3, 0), (0, 3)])
def test_codes_take_the_places_of_those_that_the_seed_draws(categories, codes):
    parts = {"noise": 4 - categories - codes, "category": categories, "codes": codes}
    sampler = LatentSampler(painter(), lambda count, seed: tf.fill((count, 4), 0.25), parts=parts)
    assert sampler.counts["category"] == categories
    function, specs = sampler.signatures()["codes_pixels"]
    assert [spec.name for spec in specs] == ["seed", *["category"] * (categories > 0), *["codes"] * (codes > 0)]
    given = [tf.constant([1])] * (categories > 0) + [tf.constant([[-0.5] * codes])] * (codes > 0)
    found = function(tf.constant([7]), *given)["images"]
    latent = [0.25] * parts["noise"] + [0.0, 1.0, 0.0][:categories] + [-0.5] * codes
    np.testing.assert_array_equal(found, sampler.draw({"latent": np.array([latent])}, 0))


def test_attributes_and_a_class_are_asked_for_with_the_noise_of_a_seed():
    parts = {"noise": 1, "attributes": 3}
    sampler = LatentSampler(painter(3), lambda count, seed: tf.fill((count, 4), 0.25), 3, parts=parts)
    assert sampler.place("noise") == (0, 1)
    assert sampler.place("attributes") == (1, 4)
    function, specs = sampler.signatures()["attributes_pixels"]
    assert [spec.name for spec in specs] == ["seed", "attributes", "label"]
    found = function(tf.constant([7]), tf.constant([[-0.5, 0.0, 0.5]]), tf.constant([2]))["images"]
    wanted = sampler.draw({"latent": np.array([[0.25, -0.5, 0.0, 0.5]]), "label": [2]}, 0)
    np.testing.assert_array_equal(found, wanted)


def test_some_attributes_are_always_those_that_are_asked_for_and_the_others_of_the_seed():
    sampler = LatentSampler(painter(), latents, parts={"noise": 1, "attributes": 3})
    fixed = sampler.fixed("attributes", {2: -1.0, 0: 0.75})
    wanted = sampler.latents(5, 3).numpy()
    wanted[:, [1, 3]] = 0.75, -1.0
    np.testing.assert_array_equal(fixed.latents(5, 3), wanted)
    np.testing.assert_array_equal(fixed.draw({"count": 5}, 3), sampler.draw({"latent": wanted}, 0))
    # The other sampler is as it was.
    assert (sampler.latents(5, 3).numpy() != wanted).any()
    assert sampler.fixed("attributes", {}) is sampler


def test_a_model_without_codes_or_attributes_serves_none():
    sampler = LatentSampler(painter(), latents, parts={"noise": 4})
    assert not [name for name in sampler.signatures() if "codes" in name or "attributes" in name]


def test_points_are_not_made_pixels():
    sampler = LatentSampler(painter(), latents, output="points")
    points = np.random.default_rng(0).normal(0, 9, (3, 4)).astype(np.float32)
    np.testing.assert_array_equal(sampler.draw({"latent": points}, 0).reshape(3, 4), points)


def translator(layer, side=None, multiple=8, **options):
    image = keras.Input((side, side, 3))
    return Translator(keras.Model({"image": image}, layer(image)), multiple, **options)


IDENTITY = keras.layers.Activation("linear")
NEGATIVE = keras.layers.Rescaling(-1.0)
# Of an image that was padded on the right, the left part shows what it was padded with.
REVERSED = keras.layers.Lambda(lambda image: image[:, :, ::-1])


def noise(height, width):
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(8, 8), (5, 13), (1, 30), (17, 8)])
def test_an_image_of_any_size_goes_through_the_generator_pixel_by_pixel(size):
    sampler = TranslationSampler({"AtoB": translator(IDENTITY)})
    np.testing.assert_array_equal(sampler.translate(noise(*size), 0), noise(*size))


def test_it_is_padded_with_its_mirror_image_on_the_right_and_below():
    image = noise(8, 3)
    sampler = TranslationSampler({"AtoB": translator(REVERSED)})
    # Columns 0 1 2 2 1 0 0 1 in reverse.
    np.testing.assert_array_equal(sampler.translate(image, 0), image[:, [1, 0, 0]])


def test_a_generator_of_one_size_gets_that_size_and_the_picture_is_as_large_as_the_input():
    sampler = TranslationSampler({"AtoB": translator(NEGATIVE, side=8)})
    np.testing.assert_array_equal(sampler.translate(noise(8, 8), 0), 255 - noise(8, 8))
    gradient = np.broadcast_to(np.linspace(0, 250, 40)[:, None, None], (40, 20, 3)).astype(np.uint8)
    # Away from the ends, where eight rows cannot tell the tones.
    np.testing.assert_allclose(sampler.translate(gradient, 0)[4:-4], 255 - gradient[4:-4], atol=3)


def stamp(image):
    """Paints a white disc on black in the middle, 10 of 20 pixels across, whatever the image is."""
    place = np.arange(20) - 9.5
    disc = np.where(np.hypot(place[:, np.newaxis], place) < 5, 1.0, -1.0)[np.newaxis, :, :, np.newaxis]
    return keras.layers.Lambda(lambda image: 0.0 * image + disc.astype(np.float32))(image)


@pytest.mark.parametrize("size", [(40, 90), (90, 40), (41, 90), (60, 60)])
@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_a_generator_of_one_size_translates_pictures_of_another_aspect_as_it_was_trained(size, how):
    sampler = TranslationSampler({"AtoB": translator(stamp, side=20, resize=how)})
    translated = sampler.translate(noise(*size), 0)
    assert translated.shape[:2] == ((min(size),) * 2 if how == "crop" else size)
    white = translated[..., 0] > 127
    across = white.any(axis=1).sum(), white.any(axis=0).sum()
    # Half of what the generator has seen: of the picture, of the square in it, or of the square around it.
    half = {"squash": np.array(size) / 2, "crop": min(size) / 2, "pad": np.minimum(size, max(size) / 2)}[how]
    np.testing.assert_allclose(across, half, atol=2)
    # In the middle.
    rows, columns = np.nonzero(white)
    np.testing.assert_allclose((rows.mean(), columns.mean()), (np.array(translated.shape[:2]) - 1) / 2, atol=1)


@pytest.mark.parametrize("size", [(8, 20), (20, 8), (9, 12)])
def test_what_a_generator_of_one_size_sees_of_a_picture(size):
    # An identity of the longer side's size, so that nothing is interpolated: the picture, and its middle.
    longer, shorter = max(size), min(size)
    padding = TranslationSampler({"AtoB": translator(IDENTITY, side=longer, resize="pad")})
    np.testing.assert_array_equal(padding.translate(noise(*size), 0), noise(*size))
    cropping = TranslationSampler({"AtoB": translator(IDENTITY, side=shorter, resize="crop")})
    cropped = cropping.translate(noise(*size), 0)
    top, left = (-(-(length - shorter) // 2) for length in size)
    np.testing.assert_array_equal(cropped, noise(*size)[top : top + shorter, left : left + shorter])


def test_padding_repeats_the_border():
    # The picture lies in the middle four of eight rows; moved by four, what was around it comes to lie there.
    moved = keras.layers.Lambda(lambda image: tf.roll(image, 4, axis=1))
    image = noise(4, 8)
    padded = TranslationSampler({"AtoB": translator(moved, side=8, resize="pad")}).translate(image, 0)
    np.testing.assert_array_equal(padded, image[[3, 3, 0, 0]])


def test_each_direction_has_its_own_generator_and_the_first_is_the_default():
    sampler = TranslationSampler({"AtoB": translator(NEGATIVE), "BtoA": translator(REVERSED)})
    images = np.stack([noise(8, 8), noise(8, 8)[::-1]])
    for inputs, wanted in (({}, 255 - images), ({"direction": "AtoB"}, 255 - images)):
        np.testing.assert_array_equal(sampler.draw({"images": images, **inputs}, 0), wanted)
    np.testing.assert_array_equal(sampler.draw({"images": images, "direction": "BtoA"}, 0), images[:, :, ::-1])
    signatures = sampler.signatures()
    assert list(signatures) == ["serving_default", "pixels", "BtoA_image_bytes", "BtoA_pixels"]
    for name, wanted in (("pixels", 255 - images), ("BtoA_pixels", images[:, :, ::-1])):
        np.testing.assert_array_equal(signatures[name][0](tf.constant(images))["images"], wanted)


def test_the_seed_reaches_a_generator_that_draws():
    inputs = {"image": keras.Input((None, None, 3)), "seed": keras.Input((2,), dtype="int32")}
    shift = keras.layers.Reshape((1, 1, 2))(keras.layers.Rescaling(2 / 255)(inputs["seed"]))[..., :1]
    generator = keras.Model(inputs, keras.layers.Add()([inputs["image"], shift]))
    sampler = TranslationSampler({"AtoB": Translator(generator, 8)})
    image = noise(8, 8) // 2
    for seed in (0, 1, 5):
        np.testing.assert_array_equal(sampler.draw({"images": image[np.newaxis]}, seed), image[np.newaxis] + seed)
    seeded = sampler.signatures()["pixels"][0](tf.constant(np.stack([image, image])), tf.constant([5, 1]))
    np.testing.assert_array_equal(seeded["images"], [image + 5, image + 1])
