"""Image to image learned without pairs, both ways: CycleGAN."""

import numpy as np
import tensorflow as tf

from models.core.config import ConfigError
from models.core.trained import TrainedModel
from models.image_to_image.configs import DIRECTIONS
from panels.grids import captioned_rows
from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import PairedImages
from serving.translator import Translator
from tasks.base import Prepared, fingerprint
from tasks.image_to_image import GRID_ROWS, SCORED_IMAGES, ImageToImageTask, cropped, evenly, similarity


class UnpairedTranslationTask(ImageToImageTask):
    """Trains on two sides that do not belong to each other; scores what comes back, and the truth where it is known."""

    def directions(self, config) -> tuple[str, ...]:
        """Both."""
        return DIRECTIONS

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Both sides, each cropped and flipped by itself."""
        examples, config = self.load("train"), self.request.config
        steps_per_epoch = config.steps_per_epoch(len(examples))
        scheduled = (config.constant_epochs + config.decay_epochs) * steps_per_epoch
        if config.decay_epochs and config.total_steps(len(examples)) > scheduled:
            raise ConfigError(
                f"after constant_epochs={config.constant_epochs} and decay_epochs={config.decay_epochs} the learning "
                f"rate is 0: steps must be at most {scheduled:,}, here. "
                f"Received: {config.total_steps(len(examples)):,}"
            )
        data = {
            "images": [len(examples.a), len(examples.b)],
            "a": fingerprint(examples.a),
            "b": fingerprint(examples.b),
        }
        return Prepared(config, unpaired_batches(examples, config), data)

    def ways(self, most: int, config, translators: dict[str, Translator]):
        """For each direction: its name, images (n, side, side, 3) uint8 to translate with their names, their true
        counterparts (None where they are not known), and the translators there and back."""
        examples = self.unseen(config)
        a, b = (cropped(side, most, config.image_size) for side in (examples.a, examples.b))
        paired = isinstance(examples, PairedImages)
        names = (examples.names, examples.names) if paired else (examples.names_a, examples.names_b)
        names_a, names_b = ([side[row] for row in evenly(len(side), most)] for side in names)
        there, back = (translators[direction] for direction in DIRECTIONS)
        return [
            (DIRECTIONS[0], names_a, a, b if paired else None, there, back),
            (DIRECTIONS[1], names_b, b, a if paired else None, back, there),
        ]

    def pictures(self, model: TrainedModel):
        """A fixed grid each way: the image, its translation, the way back, and the true counterpart if it is known."""
        ways = self.ways(GRID_ROWS, model.config, self.translators(model))
        seed = tf.constant(0, tf.int32)

        def draw() -> dict[str, np.ndarray]:
            grids = {}
            for direction, names, images, truth, there, back in ways:
                rows = []
                for row, name in enumerate(names):
                    translated = there.translate(tf.constant(images[row]), seed)
                    shown = [images[row], translated.numpy(), back.translate(translated, seed).numpy()]
                    label = f"{name}: input, {direction}, and back"
                    if truth is not None:
                        shown.append(truth[row])
                        label += ", true counterpart"
                    rows.append((label, np.stack(shown)))
                grids[direction] = captioned_rows(rows)
            return grids

        return draw

    def evaluate(self) -> dict:
        """Each way: what the way back is worth and, where the true counterparts are known, the translations."""
        translators = self.trained_translators()
        figures = {"weights": self.weights(translators[DIRECTIONS[0]].step)}
        for direction, names, images, truth, there, back in self.ways(
            SCORED_IMAGES, self.trained_config(), translators
        ):
            translated = self.translated(there, images)
            returned = self.translated(back, translated)
            columns = {"input": images, "output": translated, "and back": returned}
            self.write_gallery(direction, names, columns if truth is None else columns | {"truth": truth})
            figures[direction] = {
                "images": len(images),
                "there and back": similarity(returned, images),
            }
            if truth is not None:
                figures[direction]["translations"] = similarity(translated, truth)
                # What doing nothing reaches.
                figures[direction]["inputs"] = similarity(images, truth)
        return self.write_figures(figures)
