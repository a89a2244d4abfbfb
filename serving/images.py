"""Images to images, one way or both."""

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from pipelines.examples import PLAIN, Values
from pipelines.images import to_float, to_pixels
from serving.depths import about_read, about_written, decoded, encoded
from serving.sampler import DEFAULT, PIXELS, Alone, Sampler, Signatures, noise_seed
from serving.tiled.generator import TiledGenerator

# Pixels. A picture of more is computed in tiles; one of fewer than the other as a whole, as it always fits.
LARGE, SMALL = 1024 * 1024, 256 * 256


class Translator(tf.Module):
    """A trained generator of image to image, in one direction.

    Args:
        generator: takes `image`, and `seed` if it draws anything.
        multiple: what the sides of its input must be a multiple of, in pixels.
        resize: of a generator with one input size, what becomes of a picture of another aspect, as in its training
            (`pipelines.reading.Reading`).
        values: how the pixel values of the files that it was trained to translate, and to make, were read.
        sides: height and width of the images that it was trained on; () where only its multiple is known.
        factor: by which it enlarges the sides.
    """

    def __init__(
        self,
        generator: keras.Model,
        multiple: int,
        resize: str = "squash",
        values: tuple[Values, Values] = (PLAIN, PLAIN),
        sides: tuple[int, ...] = (),
        factor: int = 1,
    ):
        super().__init__()
        self.generator, self.multiple, self.resize, self.values = generator, multiple, resize, values
        self.sides, self.factor = sides or (multiple, multiple), factor
        self.channels = generator.input["image"].shape[-1]
        self.tiled = tiled(generator)
        self.translate, self.translate_deep = (
            tf.function(
                self.translated,
                input_signature=[tf.TensorSpec([None, None, self.channels], dtype), tf.TensorSpec([], tf.int32)],
            )
            for dtype in (tf.uint8, tf.float32)
        )

    @property
    def is_seeded(self) -> bool:
        """Whether the seed changes anything."""
        return "seed" in self.generator.input

    def translated(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """(h, w, c) to (h, w, c'), or to as many times these sides as it enlarges; of any size: uint8, or float32 in
        [0, 255] for more than 8 bits; where pictures are cropped, of the size of the crop.

        One image at a time, as its normalization looks at all that it is given at once; the seed decides the dropout.
        """
        height, width = tf.shape(image)[0], tf.shape(image)[1]
        side = self.generator.input["image"].shape[1]
        if side:
            return self.at_one_size(image, seed, side)
        # Otherwise padded with its mirror image, and cropped back.
        padded = tf.gather(image, self.mirrored(height), axis=0)
        padded = tf.gather(padded, self.mirrored(width), axis=1)
        generated = self.generated(to_float(padded), seed)
        return to_pixels(generated[: self.factor * height, : self.factor * width], image.dtype)

    def at_one_size(self, image: tf.Tensor, seed: tf.Tensor, side: int) -> tf.Tensor:
        """`translated` by a network with a fully connected code, which has one input size, a square.

        Cropped, only the middle of the picture is translated; padded, what was added is cut off again.
        """
        height, width = tf.shape(image)[0], tf.shape(image)[1]
        square = {"squash": None, "crop": tf.minimum(height, width), "pad": tf.maximum(height, width)}[self.resize]
        if square is not None:
            # The border is repeated where the square is larger than the picture.
            rows, columns = (
                tf.clip_by_value(tf.range(square) - (square - length) // 2, 0, length - 1) for length in (height, width)
            )
            image = tf.gather(tf.gather(image, rows, axis=0), columns, axis=1)
        resized = tf.image.resize(image, (side, side), antialias=True)
        shape = tf.shape(image)[:2]
        translated = to_pixels(
            tf.image.resize(self.generated(to_float(resized), seed), shape, antialias=True), image.dtype
        )
        if self.resize == "pad":
            top, left = ((square - length) // 2 for length in (height, width))
            translated = translated[top : top + height, left : left + width]
        return translated

    def is_large(self, height: int, width: int) -> bool:
        """Whether a picture is to be computed in tiles: by its size, so that a picture gives the same pixels on every
        machine that has the memory for it.
        """
        pixels = self.factor**2 * height * width
        if not self.tiled or pixels <= SMALL:
            return False
        return pixels > LARGE or not self.tiled.fits(height, width)

    def in_tiles(self, image: np.ndarray, seed: int, folder: str | None = None) -> np.ndarray:
        """As `translate`, up to the rounding of sums, within bounded memory (`serving.tiled`).

        Args:
            image: (h, w, c) uint8, or float32 in [0, 255].
            seed: of the dropout.
            folder: where what does not fit into memory is kept meanwhile; None: the system's for temporary files.
        """
        rows, columns = (self.mirrored(tf.constant(length)).numpy() for length in image.shape[:2])
        return self.tiled.translate(image, rows, columns, noise_seed(seed)[tf.newaxis], folder, self.factor)

    def generated(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """(h, w, c) in [-1, 1] to (h, w, c') in [-1, 1]."""
        inputs = {"image": image[tf.newaxis]}
        if self.is_seeded:
            inputs["seed"] = noise_seed(seed)[tf.newaxis]
        return self.generator(inputs, training=False)[0]

    def mirrored(self, length: tf.Tensor) -> tf.Tensor:
        """Indices 0, ..., length - 1, and back again as often as it takes to the next multiple."""
        places = tf.range(-(-length // self.multiple) * self.multiple) % (2 * length)
        return tf.minimum(places, 2 * length - 1 - places)


def tiled(generator: keras.Model) -> TiledGenerator | None:
    """The generator in tiles; None if it cannot be computed so."""
    try:
        return TiledGenerator(generator)
    except ValueError:
        return None


class TranslationSampler(Sampler):
    """The trained generators of image to image, by direction.

    Args:
        translators: direction ("AtoB" or "BtoA") to its translator; the default of a server first.
        step: the training step of the weights.
    """

    def __init__(self, translators: Mapping[str, Translator], step: int = 0):
        super().__init__([translator.generator for translator in translators.values()], step)
        self.translators = dict(translators)

    @property
    def directions(self) -> tuple[str, ...]:
        """What it translates, the default first."""
        return tuple(self.translators)

    def translate(self, image: np.ndarray, seed: int, direction: str = "", folder: str | None = None) -> np.ndarray:
        """(h, w, c) uint8, or float32 in [0, 255], to (h, w, c') of the same kind, of any size; in the default
        direction if none is named.

        A large one is computed in tiles, and what does not fit into memory kept in a folder, by default the system's
        for temporary files.
        """
        translator = self.translators[direction or self.directions[0]]
        if translator.is_large(*image.shape[:2]):
            return translator.in_tiles(image, seed, folder)
        translate = translator.translate if image.dtype == np.uint8 else translator.translate_deep
        return translate(tf.constant(image), tf.constant(seed, tf.int32)).numpy()

    def alone(self):
        """The generators, by direction."""
        return {
            direction: Alone(translator.generator, multiple=translator.multiple, sides=translator.sides)
            for direction, translator in self.translators.items()
        }

    def draw(self, inputs, seed: int) -> np.ndarray:
        """(n, h, w, c') uint8 translations, each image by itself.

        Args:
            inputs: `images` (n, h, w, c) uint8; `direction`, if not the default.
            seed: of the dropout.
        """
        return np.stack([self.translate(image, seed, inputs.get("direction", "")) for image in inputs["images"]])

    @property
    def twins(self):
        """Of each direction without files of other ranges."""
        found = {}
        for place, (direction, translator) in enumerate(self.translators.items()):
            plain = (
                not values.kind and not values.is_numbered and not values.scales_bytes for values in translator.values
            )
            if all(plain):
                files, pixels = names_of(direction, place)
                found[files] = pixels
        return found

    def about_files(self) -> list[str]:
        """What the pixel values in files are, of each direction."""
        lines = []
        for direction, translator in self.translators.items():
            read, written = about_read(translator.values[0]), about_written(translator.values[1])
            lines.append(f"- {direction}, `image_bytes`: {read}")
            lines += [f"- {direction}, `png_bytes`: {written}"] if written else []
        return lines

    def signatures(self) -> Signatures:
        """By name.

        serving_default: image_bytes (B,) strings, JPEG or PNG files of any sizes; returns `png_bytes` (B,), files of
            the input's sizes, or of as many times these as it enlarges.
        pixels: images (B, h, w, c) uint8; returns `images` (B, h, w, c') uint8.
        Where the generator draws dropout, both take seeds (B,) int32, too. Where it translates both ways, these are
        from A to B; `BtoA_image_bytes` and `BtoA_pixels` are the reverse direction. c and c' are 3, or 1 where the
        run's own files are gray; files of 16 bits are read and written in the run's ranges of values. Each image is
        translated by itself, whatever the others are: as `--mode=sample --seed=s` does.
        """
        served = {}
        for place, (direction, translator) in enumerate(self.translators.items()):
            served |= signatures_of(translator, *names_of(direction, place))
        return served


def names_of(direction: str, place: int) -> tuple[str, str]:
    """The signatures of files and of pixels of a direction: of the first, whose place is 0, those without its name."""
    return (f"{direction}_image_bytes", f"{direction}_{PIXELS}") if place else (DEFAULT, PIXELS)


def signatures_of(translator: Translator, name: str, pixels: str) -> Signatures:
    """What a server offers of one direction.

    Args:
        translator: of the direction.
        name: of the signature of files.
        pixels: of that of pixels.
    """
    image_bytes = tf.TensorSpec([None], tf.string, name="image_bytes")
    images = tf.TensorSpec([None, None, None, translator.channels], tf.uint8, name="images")
    seed = tf.TensorSpec([None], tf.int32, name="seed")
    given, made = translator.values

    def of_file(file, seed):
        image = decoded(file, given, translator.channels, precise=bool(made.kind))
        return encoded(translator.translated(image, seed), made)

    def image_bytes_and_seed(image_bytes, seed):
        files = tf.map_fn(lambda row: of_file(*row), (image_bytes, seed), fn_output_signature=tf.string)
        return {"png_bytes": files}

    def images_and_seed(images, seed):
        translated = tf.map_fn(lambda row: translator.translated(*row), (images, seed), fn_output_signature=tf.uint8)
        return {"images": translated}

    def image_bytes_alone(image_bytes):
        return image_bytes_and_seed(image_bytes, tf.zeros(tf.shape(image_bytes), tf.int32))

    def images_alone(images):
        return images_and_seed(images, tf.zeros([tf.shape(images)[0]], tf.int32))

    if translator.is_seeded:
        return {name: (image_bytes_and_seed, [image_bytes, seed]), pixels: (images_and_seed, [images, seed])}
    return {name: (image_bytes_alone, [image_bytes]), pixels: (images_alone, [images])}
