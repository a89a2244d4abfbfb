"""Image to image: from pairs (pix2pix, pixel-level domain transfer) or without (CycleGAN)."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from engine.command import Evaluate, Sample
from engine.parts.depths import Depths
from engine.parts.parts import Parts, Prepared, fingerprint
from engine.parts.sources import check_target
from engine.parts.translations import page_of, translate_files, write_png
from evaluation.evaluator import Data
from evaluation.pairs import CycleOutputs, PairOutputs
from models.core.config import ConfigError, override
from models.image_to_image.configs import DIRECTIONS
from panels.gallery import gallery
from panels.grids import as_pixels, captioned_rows
from pipelines.batches.domain_transfer import associated_batches
from pipelines.batches.pairs import paired_batches
from pipelines.batches.unpaired import unpaired_batches
from pipelines.examples import DataError, PairedImages, UnpairedImages, Values
from pipelines.images import center_crop, with_channels
from pipelines.real_images import RealImages
from pipelines.rows import evenly
from pipelines.sizes import shown
from serving.hints import Hints, palette_of
from serving.images import TranslationSampler, Translator

# Images are kept this much larger than the crops: 286 for 256 pixels (Isola et al. 2017, appendix 6.2).
JITTER = 286 / 256
# The fixed grid of the training's pictures.
GRID_ROWS = 6
# More would take minutes and change the figures little.
SCORED_IMAGES = 500
# Of which the report shows the nearest training images.
DRAWN = 8
# Images whose colors are counted for the page of a server, and of which it may show the first.
HINTED, EXAMPLES = 64, 6
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
        names, resize = self.directions(model.config), self.experiment.reading.resize
        translators = {
            direction: Translator(
                model.sampled(name), model.side_multiple, resize, self.values(direction), model.config.sides
            )
            for direction, name in zip(names, model.generator_names, strict=True)
        }
        return TranslationSampler(translators, model.step)

    def hints(self, config):
        """Of each direction the colors of its inputs, if they are drawings, and of a built-in world some of these."""
        palettes, shown, examples = {}, {}, self.shown_examples()
        for direction in self.directions(config):
            if self.values(direction)[0].is_numbered:
                # Files of numbers are not drawn in colors.
                continue
            images = side_of(examples, direction[0], config)
            images = images[evenly(len(images), HINTED)]
            if palette := palette_of(images):
                palettes[direction] = palette
            if self.may_be_shown:
                shown[direction] = images[:EXAMPLES]
        return Hints(config.sides, self.directions(config)[0], palettes, shown)

    def sample(self, model, command: Sample):
        """Translate the images of --input, of any sizes, into the folder --output, with a page to look at them."""
        sampler = self.sampler(model)
        direction = command.direction or sampler.directions[0]
        depths = self.depths(direction, model.config)
        target, title = self.target(command), self.title(direction)
        return translate_files(sampler, command, target, title, model, self.folder.path, depths)

    def depths(self, direction: str, config) -> Depths:
        """How files are read, and translations written."""
        return Depths(*self.values(direction), config.channels_of(direction))

    def values(self, direction: str) -> tuple[Values, Values]:
        """How the files of the side that is translated were read in training, and those of the other one."""
        recorded = self.run.record["data"].get("values", {})
        return tuple(Values(**recorded.get(side, {})) for side in (direction[0], direction[-1]))

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

    def drawn(self, model, sampler):
        """Some translations of unseen images, among the images of the side that they are translated to."""
        outputs = self.outputs(model, sampler, Data(*self.run.splits.unseen, DRAWN), Evaluate())
        return {
            way.direction: self.beside_real(f"{name}_" if name else "", way.translated, way.names)
            for name, way in outputs.ways.items()
        }

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
        config = with_data_channels(self.experiment.config, examples)
        data = {"images": len(examples)} | fingerprints(examples, config)
        if examples.labels is not None:
            data["labels"] = fingerprint(np.asarray(examples.labels))
        return Prepared(config, self.batches(examples), data)

    def trained_on(self, batch, rows, examples):
        """A pair: the input at the left, the target at the right."""
        a, b = self.experiment.config.direction.split("to")
        return [
            (f"{examples.names[row]}: {a} (input), {b} (target)", [image, target])
            for row, image, target in zip(rows["image"], batch["input"], batch["target"], strict=True)
        ]

    def pairs(self, examples: PairedImages, most: int, config) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of at most `most` pairs, their inputs and their targets (n, height, width, 1 or 3) uint8."""
        rows = evenly(len(examples), most)
        a, b = cropped(examples, (rows, rows), config)
        return (rows, a, b) if config.direction == "AtoB" else (rows, b, a)

    def panels(self, model):
        """A fixed grid: input, translation, target."""
        examples = self.run.splits.unseen[0]
        rows, inputs, targets = self.pairs(examples, GRID_ROWS, model.config)
        sampler, seed = self.sampler(model), model.config.seed

        def draw() -> dict[str, np.ndarray]:
            shown = []
            for row, image, target in zip(rows, inputs, targets, strict=True):
                pictures = in_color([image, sampler.translate(image, seed), target])
                shown.append((f"{examples.names[row]}: input, translation, target", pictures))
            return {"translations": captioned_rows(shown)}

        return draw

    def real_images(self, examples, config):
        """The targets."""
        return {"": side_of(examples, config.direction[-1], config)}

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
        config = with_data_channels(self.experiment.config, examples)
        if config.identity_weight and config.side_channels("A") != config.side_channels("B"):
            raise ConfigError(
                "identity_weight must be 0 where one side is gray and the other is not (or --set channels_a and "
                f"channels_b to the same). Received: {config.identity_weight:g}"
            )
        steps_per_epoch = config.steps_per_epoch(len(examples))
        scheduled = (config.constant_epochs + config.decay_epochs) * steps_per_epoch
        if config.decay_epochs and config.total_steps(len(examples)) > scheduled:
            raise ConfigError(
                f"after constant_epochs={config.constant_epochs} and decay_epochs={config.decay_epochs} the learning "
                f"rate is 0: steps must be at most {scheduled:,}, here. "
                f"Received: {config.total_steps(len(examples)):,}"
            )
        data = {"images": [len(examples.a), len(examples.b)]} | fingerprints(examples, config)
        return Prepared(config, unpaired_batches(examples, config), data)

    def trained_on(self, batch, rows, examples):
        """An image of each side, which do not belong together."""
        return [("A (left), B (right)", [a, b]) for a, b in zip(batch["a"], batch["b"], strict=True)]

    def ways(self, sampler: TranslationSampler, data, config) -> CycleOutputs:
        """Each direction's images, at most `count`, with their true counterparts where they are known."""
        examples = data.examples
        paired = isinstance(examples, PairedImages)
        names = (examples.names, examples.names) if paired else (examples.names_a, examples.names_b)
        rows = [evenly(len(side), data.count) for side in names]
        a, b = cropped(examples, rows, config)
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

    def real_images(self, examples, config):
        """Of each direction those of the side that it makes."""
        return {"a_to_b_": side_of(examples, "B", config), "b_to_a_": side_of(examples, "A", config)}

    def outputs(self, model, sampler, data, command):
        """Translations there and back."""
        return self.ways(sampler, data, model.config)


def with_data_channels(config, examples: PairedImages | UnpairedImages):
    """The configuration with the channels that the data has, where it asks for none."""
    measured = {}
    for side, images in (("a", examples.a), ("b", examples.b)):
        # Three are the default.
        if not getattr(config, f"channels_{side}") and images.shape[-1] == 1:
            measured[f"channels_{side}"] = 1
    return override(config, measured)


def fingerprints(examples: PairedImages | UnpairedImages, config) -> dict[str, str]:
    """Of each side, with the channels that the model sees."""
    return {
        "a": fingerprint(examples.a, channels=config.side_channels("A")),
        "b": fingerprint(examples.b, channels=config.side_channels("B")),
    }


def cropped(examples: PairedImages | UnpairedImages, rows: Sequence[np.ndarray], config) -> list[np.ndarray]:
    """The middle of some images of A and of B, with the channels of the model's images."""
    sides = zip("AB", (examples.a, examples.b), rows, strict=True)
    return [
        with_channels(center_crop(side[some], config.sides), config.side_channels(name)) for name, side, some in sides
    ]


def side_of(examples: PairedImages | UnpairedImages, side: str, config) -> RealImages:
    """The images of side A or B, as a model makes such."""
    letter = side.lower()
    names = examples.names if isinstance(examples, PairedImages) else getattr(examples, f"names_{letter}")
    return RealImages(getattr(examples, letter), names, config.sides, config.side_channels(side))


def in_color(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """(n, h, w, 3) uint8: pictures of one or three channels together."""
    return np.concatenate([as_pixels(picture[np.newaxis]) for picture in pictures])


def cycle_rows(sampler: TranslationSampler, way: PairOutputs):
    """Of each image its label and (3 or 4, h, w, 3) uint8: itself, its translation, the reconstruction, the truth."""
    for row, (name, image) in enumerate(zip(way.names, way.inputs, strict=True)):
        translated = sampler.translate(image, 0, way.direction)
        pictures = [image, translated, sampler.translate(translated, 0, way.back)]
        label = f"{name}: input, {way.direction}, and back"
        if way.truth is not None:
            pictures.append(way.truth[row])
            label += ", true counterpart"
        yield label, in_color(pictures)
