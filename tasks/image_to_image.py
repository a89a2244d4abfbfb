"""Image to image, with pairs or without: a gallery of translations, an exported model, and what scores them."""

import collections
import pathlib
import shutil
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from serving.export_translator import export
from serving.translator import Translator
from tqdm import tqdm

from metrics.similarity import similarity_figures
from models.core.trained import TrainedModel
from panels.gallery import gallery
from pipelines.atomic import atomic_write
from pipelines.examples import DataError, PairedImages, UnpairedImages
from pipelines.images import center_crop, to_float
from pipelines.readers.decode import decode_rgb
from pipelines.readers.files import IMAGE_SUFFIXES, list_files
from runs.folder import RunError
from tasks.base import Task

# Images are kept this much larger than the crops: 286 for 256 pixels (Isola et al. 2017, appendix 6.2).
JITTER = 286 / 256
# The fixed grid of the training's pictures.
GRID_ROWS = 6
# More would take minutes and change the figures little.
SCORED_IMAGES = 500
# Of the page that an evaluation leaves.
GALLERY_ROWS = 100


def evenly(count: int, most: int) -> np.ndarray:
    """At most `most` of the numbers 0, ..., count - 1, evenly spread."""
    return np.linspace(0, count - 1, min(most, count)).astype(int)


class ImageToImageTask(Task):
    """Translates files, exports, and measures. A subclass says what is trained on, shown and scored."""

    def load_size(self, image_size: int) -> int:
        """286 for 256 pixels."""
        return round(image_size * JITTER)

    def finish(self, model: TrainedModel):
        """Export the trained model."""
        self.export()
        print(f"Pictures are in {self.folder.pictures}.", flush=True)

    def translators(self, model: TrainedModel) -> dict[str, Translator]:
        """By direction, what a model translates: its averaged generators if there are averages."""
        return {
            direction: Translator(model.sampled(name), model.side_multiple, model.step)
            for direction, name in zip(self.directions(model.config), model.generator_names, strict=True)
        }

    def directions(self, config) -> tuple[str, ...]:
        """What the model's generators translate."""
        raise NotImplementedError

    def trained_translators(self) -> dict[str, Translator]:
        """The run's, by direction."""
        return self.translators(self.trained_model())

    def unseen(self, config) -> PairedImages | UnpairedImages:
        """The test split."""
        return self.load_unseen(config.image_size)

    def export(self) -> pathlib.Path:
        """Write a numbered SavedModel."""
        model = self.trained_model()
        path = export(self.translators(model), self.folder.exports)
        print(f"Exported the {self.weights(model.step)} to {path}; it takes JPEG or PNG files, or images.", flush=True)
        return path

    def sample(self) -> pathlib.Path:
        """Translate the images of --input, of any sizes, into the folder --output, with a page to look at them."""
        request = self.request
        source = pathlib.Path(request.input)
        names = [source.name] if source.is_file() else list_files(str(source), IMAGE_SUFFIXES)
        if not names:
            raise DataError(f"--input must be an image, or a folder of images. Received: no image in {source}")
        root = source.parent if source.is_file() else source
        translators = self.trained_translators()
        direction = request.direction or next(iter(translators))
        translator = translators[direction]
        target = pathlib.Path(request.output) if request.output else self.folder.path / "translations"
        if target.is_file():
            raise RunError(f"--output must be a folder. Received: {target}")
        stems = collections.Counter(pathlib.PurePosixPath(name).with_suffix("") for name in names)
        rows, skipped = [], []
        for name in tqdm(names, "translating", unit=" images", disable=None):
            try:
                image = decode_rgb(str(root / name))
            except Exception as error:
                # Pillow raises a dozen types; one broken file must not end the others.
                skipped.append(f"{name} ({' '.join(str(error).split())})")
                continue
            translated = translator.translate(tf.constant(image), tf.constant(request.sample_seed, tf.int32))
            path = pathlib.PurePosixPath(name)
            # a.jpg and a.png must not become one.
            alone = stems[path.with_suffix("")] == 1
            before, after = f"input/{name}", f"output/{path.with_suffix('.png') if alone else f'{name}.png'}"
            with atomic_write(target / after) as aside:
                aside.write_bytes(tf.io.encode_png(translated).numpy())
            with atomic_write(target / before) as aside:
                shutil.copyfile(root / name, aside)
            rows.append((name, {"input": before, "output": after}))
        for line in skipped:
            print(f"skipped: {line}", flush=True)
        if not rows:
            raise DataError(f"none of the images could be read. Received: {source}")
        page = self.write_page(target, direction, rows)
        print(f"Wrote {len(rows)} images and {page}, translated with the {self.weights(translator.step)}.")
        return page

    def write_page(self, folder: pathlib.Path, title: str, rows: Sequence[tuple[str, Mapping[str, str]]]):
        """Write the page of some rows of pictures (see `gallery`) into their folder; returns where."""
        page = folder / "index.html"
        with atomic_write(page) as aside:
            text = gallery(f"{self.request.model} on {self.request.dataset}, {title}", rows)
            aside.write_text(text, encoding="utf-8")
        return page

    def write_gallery(self, title: str, names: Sequence[str], columns: Mapping[str, np.ndarray]):
        """Write the first pictures of an evaluation beside each other, and their page.

        Args:
            title: what they are.
            names: of the rows.
            columns: label to (n, h, w, 3) uint8.
        """
        folder, rows = self.folder.path / "evaluation" / title, []
        for row, name in enumerate(names[:GALLERY_ROWS]):
            pictures = {label: f"{row:03}-{label.replace(' ', '-')}.png" for label in columns}
            for label, file in pictures.items():
                with atomic_write(folder / file) as aside:
                    aside.write_bytes(tf.io.encode_png(columns[label][row]).numpy())
            rows.append((name, pictures))
        print(f"Wrote {self.write_page(folder, title, rows)}.")

    def translated(self, translator: Translator, images: np.ndarray) -> np.ndarray:
        """(n, h, w, 3) uint8 translations of uint8 images, with the request's seed, one at a time."""
        seed = tf.constant(self.request.sample_seed, tf.int32)
        progress = tqdm(images, "translating", unit=" images", disable=None)
        return np.stack([translator.translate(tf.constant(image), seed).numpy() for image in progress])


def similarity(images: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """L1, PSNR, SSIM and sharpness of (n, h, w, 3) uint8 images against the truth."""
    return similarity_figures(np.asarray(to_float(images)), np.asarray(to_float(truth)))


def cropped(images: np.ndarray, most: int, image_size: int) -> np.ndarray:
    """The middles of at most `most` images, evenly spread."""
    return center_crop(images[evenly(len(images), most)], image_size)
