"""Image to image: from pairs (pix2pix, pixel-level domain transfer) or without (CycleGAN)."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from engine.command import Evaluate, Sample
from engine.parts.parts import Parts, Prepared, evenly, fingerprint
from engine.parts.sources import check_target
from engine.parts.translations import page_of, translate_files, write_png
from evaluation.evaluator import Data
from evaluation.pairs import CycleOutputs, PairOutputs
from models.core.config import ConfigError
from models.image_to_image.configs import DIRECTIONS
from panels.gallery import gallery
from panels.grids import captioned_rows
from pipelines.batches.domain_transfer import associated_batches
from pipelines.batches.pairs import paired_batches
from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import DataError, PairedImages
from pipelines.images import center_crop
from pipelines.sizes import shown
from serving.images import TranslationSampler, Translator

# Images are kept this much larger than the crops: 286 for 256 pixels (Isola et al. 2017, appendix 6.2).
JITTER = 286 / 256
# The fixed grid of the training's pictures.
GRID_ROWS = 6
# More would take minutes and change the figures little.
SCORED_IMAGES = 500
# Of the page that an evaluation leaves.
GALLERY_ROWS = 100


class TranslationParts(Parts):
    """Translates files, and leaves galleries of what is evaluated. A subclass has pairs, or two sides without."""

    def load_side(self, image_size):
        """286 for 256 pixels."""
        return round(image_size * JITTER)

    def directions(self, config) -> tuple[str, ...]:
        """What the model's generators translate, in their order."""
        raise NotImplementedError

    def sampler(self, model):
        """The generators by direction, averaged if there are averages."""
        names = zip(self.directions(model.config), model.generator_names, strict=True)
        translators = {direction: Translator(model.sampled(name), model.side_multiple) for direction, name in names}
        return TranslationSampler(translators, model.step)

    def sample(self, model, command: Sample):
        """Translate the images of --input, of any sizes, into the folder --output, with a page to look at them."""
        sampler = self.sampler(model)
        title = self.title(command.direction or sampler.directions[0])
        return translate_files(sampler, command, self.target(command), title, model, self.folder.path)

    def check_sample(self, command: Sample):
        """RunError if the translations would lie in --input."""
        check_target(pathlib.Path(command.input), self.target(command))

    def target(self, command: Sample) -> pathlib.Path:
        """The folder of the translations."""
        return pathlib.Path(command.output) if command.output else self.folder.path / "translations"

    def title(self, what: str) -> str:
        """The heading of a page."""
        return f"{self.experiment.model} on {self.experiment.dataset}, {what}"

    def evaluated(self, command: Evaluate):
        """Images of each side."""
        return SCORED_IMAGES

    def gallery(self, outputs):
        """Write the first pictures of an evaluation side by side: a page, or two where it translates both ways."""
        for way in outputs.ways.values():
            self.write_gallery(way.direction if way.back else "translations", way.names, way.pictures())

    def write_gallery(self, title: str, names: Sequence[str], columns: Mapping[str, np.ndarray]):
        """Write pictures, label to (n, h, w, 3) uint8, and their page, in a folder of the evaluation."""
        folder, rows = self.folder.path / "evaluation" / title, []
        for row, name in enumerate(names[:GALLERY_ROWS]):
            files = {label: f"{row:03}-{label.replace(' ', '-')}.png" for label in columns}
            for label, file in files.items():
                write_png(folder / file, columns[label][row])
            rows.append((name, files))
        print(f"Wrote {page_of(folder, gallery(self.title(title), rows))}.")


class PairParts(TranslationParts):
    """Trains on pairs, and is measured against the targets of pairs that were not trained on."""

    def directions(self, config):
        """The one it was trained in."""
        return (config.direction,)

    def batches(self, examples: PairedImages):
        """What the model trains on."""
        return paired_batches(examples, self.experiment.config)

    def prepare(self, examples, dry_run=False):
        """Pairs, cropped and flipped alike; DataError if their sides differ, which these generators cannot do."""
        sizes = examples.a.shape[1:3], examples.b.shape[1:3]
        if sizes[0] != sizes[1]:
            raise DataError(
                f"both images of a pair must have the same size. Received: {shown(sizes[0])} and {shown(sizes[1])} "
                "pixels"
            )
        data = {"images": len(examples), "a": fingerprint(examples.a), "b": fingerprint(examples.b)}
        if examples.labels is not None:
            data["labels"] = fingerprint(np.asarray(examples.labels))
        return Prepared(self.experiment.config, self.batches(examples), data)

    def pairs(self, examples: PairedImages, most: int, config) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of at most `most` pairs, their inputs and their targets (n, height, width, 3) uint8."""
        rows = evenly(len(examples), most)
        a, b = (center_crop(side[rows], config.sides) for side in (examples.a, examples.b))
        return (rows, a, b) if config.direction == "AtoB" else (rows, b, a)

    def panels(self, model):
        """A fixed grid: input, translation, target."""
        examples = self.run.splits.unseen[0]
        rows, inputs, targets = self.pairs(examples, GRID_ROWS, model.config)
        sampler, seed = self.sampler(model), model.config.seed

        def draw() -> dict[str, np.ndarray]:
            shown = []
            for row, image, target in zip(rows, inputs, targets, strict=True):
                pictures = np.stack([image, sampler.translate(image, seed), target])
                shown.append((f"{examples.names[row]}: input, translation, target", pictures))
            return {"translations": captioned_rows(shown)}

        return draw

    def outputs(self, model, sampler, data, command):
        """Translations of at most `count` pairs, evenly spaced, beside their targets."""
        examples = data.examples
        rows, inputs, targets = self.pairs(examples, data.count, model.config)
        labels = None if examples.labels is None else examples.labels[rows]
        names = tuple(examples.names[row] for row in rows)
        return PairOutputs(sampler, data, names, inputs, targets, labels, model.config.direction)


class DomainTransferParts(PairParts):
    """Pairs of a thing in a scene and the picture of the thing, which may be the same for many."""

    def load_side(self, image_size):
        """Nothing is cropped: the converter sees pictures as a whole."""
        return image_size

    def batches(self, examples):
        """With targets of something else."""
        return associated_batches(examples, self.experiment.config)


class CycleParts(TranslationParts):
    """Trains on two sides that do not belong to each other; measures the cycle reconstruction and, where the true
    counterparts are known, the translations.
    """

    def directions(self, config):
        """Both."""
        return DIRECTIONS

    def prepare(self, examples, dry_run=False):
        """Both sides, each cropped and flipped by itself."""
        config = self.experiment.config
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

    def ways(self, sampler: TranslationSampler, data, config) -> CycleOutputs:
        """Each direction's images, at most `count`, with their true counterparts where they are known."""
        examples = data.examples
        paired = isinstance(examples, PairedImages)
        names = (examples.names, examples.names) if paired else (examples.names_a, examples.names_b)
        rows = [evenly(len(side), data.count) for side in names]
        a, b = (
            center_crop(side[chosen], config.sides) for side, chosen in zip((examples.a, examples.b), rows, strict=True)
        )
        names = [tuple(side[row] for row in chosen) for side, chosen in zip(names, rows, strict=True)]
        there, back = DIRECTIONS
        return CycleOutputs(
            {
                "a_to_b": PairOutputs(sampler, data, names[0], a, b if paired else None, None, there, back),
                "b_to_a": PairOutputs(sampler, data, names[1], b, a if paired else None, None, back, there),
            }
        )

    def panels(self, model):
        """A fixed grid each way: the image, its translation, the way back, and the true counterpart if it is known."""
        examples, split = self.run.splits.unseen
        sampler = self.sampler(model)
        ways = self.ways(sampler, Data(examples, split, GRID_ROWS), model.config).ways.values()

        def draw() -> dict[str, np.ndarray]:
            return {way.direction: captioned_rows(list(cycle_rows(sampler, way))) for way in ways}

        return draw

    def outputs(self, model, sampler, data, command):
        """Translations there and back."""
        return self.ways(sampler, data, model.config)


def cycle_rows(sampler: TranslationSampler, way: PairOutputs):
    """Of each image its label and (3 or 4, h, w, 3) uint8: itself, its translation, the reconstruction, the truth."""
    for row, (name, image) in enumerate(zip(way.names, way.inputs, strict=True)):
        translated = sampler.translate(image, 0, way.direction)
        pictures = [image, translated, sampler.translate(translated, 0, way.back)]
        label = f"{name}: input, {way.direction}, and back"
        if way.truth is not None:
            pictures.append(way.truth[row])
            label += ", true counterpart"
        yield label, np.stack(pictures)
