"""Image to image: pix2pix, from pairs to pictures, scores, a gallery of translations and an exported model."""

import collections
import json
import pathlib
import shutil

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from callbacks.run_folder import RunError, written_aside
from metrics.similarity import similarity_figures
from models.base import TrainedModel
from pipelines.examples import DataError
from pipelines.image_files import decode_rgb
from pipelines.images import center_crop, to_float, to_uint8
from pipelines.paired import paired_batches
from pipelines.photographs import IMAGE_SUFFIXES, list_files
from serving.export_translator import export
from serving.gallery import gallery
from serving.pictures import captioned_rows
from serving.translator import Translator
from tasks.base import Prepared, Task, fingerprint

# Images are kept this much larger than the crops: 286 for 256 pixels (Isola et al. 2017, appendix 6.2).
JITTER = 286 / 256
# The fixed grid of the training's pictures.
GRID_ROWS = 6
# More would take minutes and change the figures little.
SCORED_PAIRS = 500


class ImageToImageTask(Task):
    """Trains a translation from pairs; samples, scores and exports it."""

    def load_size(self, image_size: int) -> int:
        """286 for 256 pixels."""
        return round(image_size * JITTER)

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Pairs, cropped and flipped alike."""
        examples = self.load("train")
        data = {"images": len(examples), "a": fingerprint(examples.a), "b": fingerprint(examples.b)}
        return Prepared(self.request.config, paired_batches(examples, self.request.config), data)

    def unseen_pairs(self, most: int, config) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """Names, inputs and targets (n, side, side, 3) uint8 of at most `most` pairs of the test split."""
        examples = self.load_unseen(config.image_size)
        rows = np.linspace(0, len(examples) - 1, min(most, len(examples))).astype(int)
        a, b = (center_crop(side[rows], config.image_size) for side in (examples.a, examples.b))
        names = tuple(examples.names[row] for row in rows)
        return (names, a, b) if config.direction == "AtoB" else (names, b, a)

    def pictures(self, model: TrainedModel):
        """A fixed grid: input, translation, target."""
        names, inputs, targets = self.unseen_pairs(GRID_ROWS, model.config)
        seed = tf.constant([[model.config.seed, 0]])

        def draw() -> dict[str, np.ndarray]:
            rows = []
            for name, image, target in zip(names, inputs, targets, strict=True):
                given = {"image": to_float(image[np.newaxis]), "seed": seed}
                translated = to_uint8(model.sampled_generator(given, training=False)).numpy()[0]
                rows.append((f"{name}: input, translation, target", np.stack([image, translated, target])))
            return {"translations": captioned_rows(rows)}

        return draw

    def finish(self, model: TrainedModel):
        """Export the trained model."""
        self.export()
        print(f"Pictures are in {self.folder.pictures}.", flush=True)

    def translator(self) -> Translator:
        """The run's generator, averaged if there is an average."""
        model = self.trained_model()
        return Translator(model.sampled_generator, model.config.image_size, model.step)

    def weights(self, translator: Translator) -> str:
        """Which weights are sampled, scored and exported."""
        return f"{'averaged' if self.trained_config().average_decay else 'last'} weights of step {translator.step:,}"

    def export(self) -> pathlib.Path:
        """Write a numbered SavedModel."""
        translator = self.translator()
        path = export(translator, self.folder.exports)
        print(f"Exported the {self.weights(translator)} to {path}; it takes JPEG or PNG files, or images.", flush=True)
        return path

    def sample(self) -> pathlib.Path:
        """Translate the images of --input, of any sizes, into the folder --output, with a page to look at them."""
        request = self.request
        source = pathlib.Path(request.input)
        names = [source.name] if source.is_file() else list_files(str(source), IMAGE_SUFFIXES)
        if not names:
            raise DataError(f"--input must be an image, or a folder of images. Received: no image in {source}")
        root = source.parent if source.is_file() else source
        translator = self.translator()
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
            with written_aside(target / after) as aside:
                aside.write_bytes(tf.io.encode_png(translated).numpy())
            with written_aside(target / before) as aside:
                shutil.copyfile(root / name, aside)
            rows.append((name, before, after))
        for line in skipped:
            print(f"skipped: {line}", flush=True)
        if not rows:
            raise DataError(f"none of the images could be read. Received: {source}")
        page = target / "index.html"
        with written_aside(page) as aside:
            aside.write_text(gallery(f"{request.model} on {request.dataset}", rows), encoding="utf-8")
        print(f"Wrote {len(rows)} images and {page}, translated with the {self.weights(translator)}.")
        return page

    def evaluate(self) -> dict:
        """L1, PSNR and SSIM against the truth of pairs that were not trained on."""
        config, translator = self.trained_config(), self.translator()
        _, inputs, targets = self.unseen_pairs(SCORED_PAIRS, config)
        seed = tf.constant(self.request.sample_seed, tf.int32)
        translated = np.stack([translator.translate(tf.constant(image), seed).numpy() for image in inputs])
        truth = np.asarray(to_float(targets))
        figures = {
            "weights": self.weights(translator),
            "pairs": len(targets),
            "translations": similarity_figures(np.asarray(to_float(translated)), truth),
            # What doing nothing reaches.
            "inputs": similarity_figures(np.asarray(to_float(inputs)), truth),
        }
        path = self.folder.write_json("evaluation.json", figures)
        print(json.dumps(figures, indent=2))
        print(f"Wrote {path}.")
        return figures
