"""Super-resolution: photographs of any size, enlarged."""

import dataclasses
import functools
import pathlib

import keras
import numpy as np

from engine.command import Evaluate
from engine.folder import RunError, RunFolder
from engine.parts.depths import Depths
from engine.parts.image_to_image import SCORED_IMAGES, TranslationParts
from engine.parts.parts import Parts, Prepared, fingerprint
from engine.parts.sources import find_sources
from evaluation.names import digest
from evaluation.super_resolution import BORDER, Pictures, SuperResolutionOutputs
from models.core.config import ConfigError, from_plain
from models.super_resolution.configs import FROM_SCRATCH, OF_GENERATOR
from models.super_resolution.perceptual import PerceptualNetwork
from panels.grids import captioned_rows
from pipelines.batches.super_resolution import super_resolution_batches
from pipelines.bicubic import bicubic
from pipelines.examples import DataError, LabeledImages, Values
from pipelines.images import center_crop, with_channels
from pipelines.reading import OWN_SIZE
from pipelines.registry import DATASETS
from pipelines.report import Report, printable
from pipelines.rows import evenly
from serving.hints import Hints
from serving.images import TranslationSampler, Translator
from serving.limits import Limits

# The rooms of the pipelines whose pictures are drawn at any size.
RENDERED = ("pipelines.birds.", "pipelines.glyphs.")
# Of photographs, squares of this many crops a side are kept.
KEPT = 3
GRID_ROWS, HINTED = 6, 6
# The one thing that a generator does, as translations have directions.
ENLARGED = "enlarged"


class SuperResolutionParts(TranslationParts):
    """Trains on crops of photographs, which are never resized but to make low resolution of them."""

    def directions(self, config):
        """The one."""
        return (ENLARGED,)

    @property
    def keeps_size(self) -> bool:
        """Whether the dataset's pictures are files, which are read at their own size."""
        return "resize" in DATASETS[self.experiment.dataset].reads

    def load_side(self, image_size):
        """Three crops of files; of rendered pictures a little more than a crop."""
        return KEPT * image_size if self.keeps_size else Parts.load_side(self, image_size)

    @property
    def files_read(self):
        """At their own size; RunError for a --resize, which would have no effect."""
        reading, dataset = self.experiment.reading, self.experiment.dataset
        if not self.keeps_size and not DATASETS[dataset].loader.startswith(RENDERED):
            able = ", ".join(
                name
                for name, entry in DATASETS.items()
                if "image" in entry.gives and ("resize" in entry.reads or entry.loader.startswith(RENDERED))
            )
            raise RunError(
                f"{self.experiment.model} needs pictures at their own size, and {dataset} has small ones that would be "
                f"enlarged first; accepted are {able}. Received: --dataset={dataset}"
            )
        if "resize" in reading.given():
            raise RunError(
                f"{self.experiment.model} cuts crops out of pictures, and resizes none: it takes no --resize. "
                f"Received: --resize={reading.resize}"
            )
        return dataclasses.replace(reading, resize=OWN_SIZE) if self.keeps_size else reading

    # Training.

    def required(self, requirement):
        """The SRResNet that SRGAN begins with: that of a generator like its own, where none is named."""
        config = self.experiment.config
        if config.srresnet == FROM_SCRATCH:
            return None
        needed = super().required(requirement)
        if config.srresnet != requirement.model:
            return needed
        like = {name: getattr(config, name) for name in (*OF_GENERATOR, "image_size", "batch_size", "flip")}
        return dataclasses.replace(needed, config=dataclasses.replace(needed.config, **like))

    def prepare(self, examples, dry_run=False):
        """Crops in low and high resolution; ConfigError for a network of the content loss that is none."""
        config = self.experiment.config
        data = {"images": len(examples), "pixels": fingerprint(examples.images, channels=3)}
        if self.perceptual is not None:
            data["perceptual_network"] = digest(pathlib.Path(config.perceptual_network))[:16]
            data["perceptual_layers"] = [layer.name for layer in self.perceptual.layers]
        return Prepared(config, super_resolution_batches(examples, config), data)

    @functools.cached_property
    def perceptual(self) -> PerceptualNetwork | None:
        """The network of the content loss; None where the configuration names none."""
        config = self.experiment.config
        if not getattr(config, "perceptual_network", ""):
            return None
        try:
            network = keras.saving.load_model(config.perceptual_network, compile=False)
            names = tuple(name.strip() for name in config.perceptual_layers.split(",") if name.strip())
            return PerceptualNetwork(network, names, config.image_size)
        except ConfigError:
            raise
        except Exception as error:
            # What is no network makes Keras raise almost anything.
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise ConfigError(
                "perceptual_network must be a .keras file of a network that takes images (B, h, w, 3) in [-1, 1]. "
                f"Received: {config.perceptual_network} ({reason})"
            ) from None

    def begin(self):
        """Say what the content loss of an SRGAN without a network is."""
        if getattr(self.experiment.config, "perceptual_network", None) == "":
            print("Without --set perceptual_network=FILE the content loss is the squared error of pixels (SRGAN-MSE).")

    def initialize(self, model, has_begun=False):
        """SRGAN gets its network of the content loss, and, unless it begins with another run, SRResNet's generator."""
        if self.perceptual is not None:
            model.attach(self.perceptual)
        if has_begun:
            return
        for requirement in self.experiment.preset.requires:
            if (needed := self.required(requirement)) is not None:
                model.begin_with(self.trained_generator(needed, model.config))

    def trained_generator(self, needed, config) -> keras.Model:
        """The generator of an SRResNet as it is sampled; RunError if it is not of the same kind."""
        trained = from_plain(type(needed.config), RunFolder(needed.workdir).need_record()["config"])
        differing = [name for name in OF_GENERATOR if getattr(trained, name) != getattr(config, name)]
        if differing:
            received = ", ".join(f"{name}={getattr(trained, name)}, not {getattr(config, name)}" for name in differing)
            raise RunError(
                f"the srresnet must have a generator of the same {', '.join(OF_GENERATOR)}. "
                f"Received: {needed.workdir}, with {received}"
            )
        run = type(self.run)(dataclasses.replace(needed, config=trained))
        return run.trained_model().sampled_generator

    def trained_on(self, batch, rows, examples):
        """Low resolution at the left, each pixel as a square; the crop at the right."""
        factor = self.experiment.config.factor
        return [
            (f"{examples.names[row]}: low and high resolution", [low.repeat(factor, 0).repeat(factor, 1), high])
            for row, low, high in zip(rows["image"], batch["low"], batch["high"], strict=True)
        ]

    def panels(self, model):
        """A fixed grid: bicubic interpolation, the model's enlargement, the photograph."""
        config, examples = model.config, self.run.splits.unseen[0]
        rows = evenly(len(examples), GRID_ROWS)
        truth = with_channels(center_crop(np.asarray(examples.images[rows]), config.image_size), 3)
        low = [bicubic(image, *(2 * [config.image_size // config.factor])) for image in truth]
        sampler = self.sampler(model)

        def draw() -> dict[str, np.ndarray]:
            shown = [
                (
                    f"{examples.names[row]}: bicubic, enlarged, photograph",
                    np.stack([bicubic(image, *real.shape[:2]), sampler.translate(image, config.seed), real]),
                )
                for row, image, real in zip(rows, low, truth, strict=True)
            ]
            return {ENLARGED: captioned_rows(shown)}

        return draw

    # After training.

    def values(self, direction):
        """Of the one kind of files."""
        values = Values(**self.run.record["data"].get("values", {}).get("", {}))
        return values, values

    def sampler(self, model):
        """The generator, averaged if there is an average."""
        side, factor = model.config.image_size, model.config.factor
        low = (side // factor, side // factor)
        translator = Translator(model.sampled_generator, 1, values=self.values(ENLARGED), sides=low, factor=factor)
        return TranslationSampler({ENLARGED: translator}, model.step)

    def depths(self, direction, config):
        """In color."""
        return Depths(*self.values(direction), (3, 3))

    def hints(self, config):
        """Of a built-in world some pictures in low resolution."""
        side = config.image_size // config.factor
        if not self.may_be_shown:
            return Hints((0, 0), ENLARGED)
        examples = self.shown_examples()
        images = center_crop(np.asarray(examples.images[evenly(len(examples), HINTED)]), config.image_size)
        return Hints((0, 0), ENLARGED, examples={ENLARGED: np.stack([bicubic(image, side, side) for image in images])})

    def served_side(self, config):
        """Less than of other models: what is computed is larger by the factor."""
        return max(Limits.side // config.factor, config.image_size)

    # Evaluation.

    def evaluated(self, command: Evaluate):
        """Photographs."""
        return SCORED_IMAGES

    def to_measure(self, command: Evaluate):
        """The photographs of --input at their own size, where it is given."""
        if not command.input:
            return super().to_measure(command)
        return self.read_photographs(pathlib.Path(command.input)), "input"

    def read_photographs(self, source: pathlib.Path) -> "Photographs":
        """The photographs of a folder, or of one file; DataError if there is none that can be read."""
        sources = find_sources(source, self.folder.path / "evaluation", self.folder.path)
        depths = Depths(*self.values(ENLARGED), (3, 3))
        for line in (*sources.report.lines(), *depths.look_at([str(sources.root / name) for name in sources.names])):
            print(line, flush=True)
        factor = self.run.trained_config().factor
        least = max(3 * factor, 2 * BORDER + factor)
        names, small, unreadable = [], [], []

        def read(name: str) -> np.ndarray:
            return np.clip(np.rint(depths.read(str(sources.root / name))), 0, 255).astype(np.uint8)

        for name in sources.names:
            try:
                sides = read(name).shape[:2]
            except Exception as error:
                # Pillow raises a dozen types; one broken file must not end the others.
                unreadable.append(f"{name} ({' '.join(str(error).split())})")
                continue
            if min(sides) < least:
                small.append(name)
            names.append(name)
        for line in Report("--input").with_skipped("cannot be read", unreadable).lines():
            print(line, flush=True)
        if small:
            raise DataError(f"--input must be pictures of at least {least} pixels a side. Received: {small[0]}")
        if not names:
            raise DataError(
                "--input must be an image, or a folder of images, that can be read. "
                f"Received: no such image in {printable(str(source))}"
            )

        def again(number: int) -> np.ndarray:
            try:
                return read(names[number])
            except Exception as error:
                raise DataError(
                    f"--input must stay as it is while it is measured. Received: {names[number]}, which can no longer "
                    f"be read ({' '.join(str(error).split())})"
                ) from None

        return Photographs(tuple(names), Pictures(len(names), again))

    def outputs(self, model, sampler, data, command):
        """At most `count` photographs, evenly spaced; of --input all."""
        examples, config = data.examples, model.config
        if isinstance(examples, Photographs):
            return SuperResolutionOutputs(sampler, data, examples.names, examples.images, config.factor)
        rows = evenly(len(examples), data.count)
        images = with_channels(np.asarray(examples.images[rows]), 3)
        names, (height, width) = [examples.names[row] for row in rows], images.shape[1:3]
        kept = f"the middle {width} x {height} pixels"
        if self.keeps_size:
            kept += ", a smaller one continued as its mirror image"
        return SuperResolutionOutputs(sampler, data, names, list(images), config.factor, kept)

    def gallery(self, outputs):
        """Write low resolution, bicubic interpolation, enlargement and photograph of an evaluation side by side."""
        columns = {
            "low resolution": outputs.low,
            "bicubic": outputs.by_bicubic,
            "enlarged": outputs.enlarged,
            "photograph": outputs.truth,
        }
        self.write_gallery(ENLARGED, outputs.names, columns)

    def drawn(self, model, sampler):
        """Nothing: enlargements are near the photographs that they are made of, whatever was trained on."""
        return {}

    def real_images(self, examples: LabeledImages, config):
        """None, as for `drawn`."""
        return {}


@dataclasses.dataclass(frozen=True)
class Photographs:
    """Photographs of any sizes.

    Attributes:
        names: of the files.
        images: each (h, w, 3) uint8, read when it is looked at.
    """

    names: tuple[str, ...]
    images: Pictures

    def __len__(self) -> int:
        return len(self.names)
