"""Images from noise and optional labels."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from engine.command import DrawnCommand, Evaluate, Explore, Sample
from engine.folder import RunError
from engine.parts.asked import BATCH, Asked, numbers_of
from engine.parts.exploration import explore_run
from engine.parts.parts import Parts, Prepared, class_fingerprint, fingerprint, with_measured
from engine.requires import ensure
from evaluation.images import ImageOutputs
from evaluation.judges import judge_all
from evaluation.levels import PyramidOutputs, RealLevels, noise_of_levels
from experiments.subject import Subject
from models.generation.latent import latents
from models.judges.judge import ClassJudge
from panels.classes import class_rows
from panels.codes import code_rows
from panels.grids import captioned_rows, grid
from panels.interpolation import lerp, slerp_of
from pipelines.batches.labeled import real_batches, semi_supervised_batches
from pipelines.examples import DataError, LabeledImages
from pipelines.images import FloatImages, with_channels
from pipelines.real_images import RealImages
from pipelines.report import printable
from pipelines.rows import evenly, rows_of
from serving.latents import LatentSampler

# Of the training's pictures.
COLUMNS, ROWS = 8, 8
LABEL_WIDTH = 110  # pixels
# Classes in a picture of all.
MOST_ROWS = 20


def data_record(examples: LabeledImages) -> dict:
    """What the record of a run says of the images that it is trained on, and of their classes."""
    return {
        "images": len(examples),
        "pixels": fingerprint(examples.images),
        "classes": class_fingerprint(examples),
        "class_names": list(examples.class_names),
    }


def without_class(examples: LabeledImages, left_out: int) -> LabeledImages:
    """The images of all other classes; all where none is left out (-1).

    Raises:
        DataError: there is no such class, or there are none.
    """
    if left_out < 0:
        return examples
    if examples.labels is None:
        raise DataError(f"left_out_class needs images with classes. Received: {len(examples):,} images without classes")
    if left_out >= len(examples.class_names):
        raise DataError(
            f"left_out_class must be one of the classes 0 to {len(examples.class_names) - 1}. Received: {left_out}"
        )
    return rows_of(examples, np.flatnonzero(examples.labels != left_out))


def classed(images: np.ndarray, labels: np.ndarray | None, examples: LabeledImages) -> list:
    """Of each image the name of its class, where there are classes, and itself."""
    if labels is None:
        return [("", [image]) for image in images]
    return [(examples.class_names[label], [image]) for label, image in zip(labels, images, strict=True)]


def label_of(asked: str, names: Sequence[str]) -> int:
    """The label of a class, by its name (or as that is printed); by its number where no name is a number.

    Raises:
        RunError: there is no such class.
    """
    for known in (names, list(map(printable, names))):
        if asked in known:
            return known.index(asked)
    # Of folders 1, 2, 3 the number 1 would be folder 2.
    numbered = any(name.strip().lstrip("-").isdecimal() for name in names)
    if not numbered and asked.isdecimal() and len(asked) < 10 and int(asked) < len(names):
        return int(asked)
    shown = ", ".join(map(printable, names[:50])) + (", ..." if len(names) > 50 else "")
    by_number = "" if numbered else f", or its label, 0 to {len(names) - 1}"
    raise RunError(f"--label must be one of {shown}{by_number}. Received: {printable(asked)}")


class ImageParts(Parts):
    """Trains on images; draws grids, rows of classes and codes."""

    def load_side(self, image_size):
        """As they are trained on: nothing is cropped."""
        return image_size

    def prepare(self, examples, dry_run=False):
        """Images, with their labels where there are any."""
        config = self.experiment.config
        examples = without_class(examples, getattr(config, "left_out_class", -1))
        batches = self.make_batches(examples, config)
        return Prepared(with_measured(config, batches.measured), batches, data_record(examples))

    # (examples, config) -> what the model trains on.
    make_batches = staticmethod(real_batches)

    def trained_on(self, batch, rows, examples):
        """An image with its class."""
        images = batch["real"].reshape((-1, *batch["real"].shape[2:]))
        return classed(images, batch["label"].ravel() if "label" in batch else None, examples)

    def sampler(self, model):
        """The generator, averaged if there is an average."""
        return LatentSampler(
            model.sampled_generator,
            latents(model.config),
            model.config.classes,
            model.step,
            class_names=self.class_names,
            is_normal=model.config.latent_distribution == "normal",
            parts=model.config.latent_parts,
        )

    @property
    def class_names(self) -> list[str]:
        """Of the images that were trained on."""
        return self.run.record["data"]["class_names"]

    # Pictures.

    def panels(self, model):
        """A fixed grid: a row a class of a conditional generator; and of InfoGAN its codes."""
        names, sampler, config = self.class_names, self.sampler(model), model.config

        def draw() -> dict[str, np.ndarray]:
            if sampler.classes:
                chosen, latent = range(min(sampler.classes, MOST_ROWS)), sampler.latents(COLUMNS, config.seed).numpy()
                pictures = {"samples": captioned_rows(class_rows(sampler, names, chosen, latent), LABEL_WIDTH)}
            else:
                pictures = {"samples": grid(sampler.draw({"count": COLUMNS * ROWS}, config.seed), COLUMNS)}
            if "category" in config.latent_parts:
                latent = sampler.latents(COLUMNS, config.seed).numpy()
                pictures["codes"] = captioned_rows(code_rows(sampler, config.latent_parts, latent), LABEL_WIDTH)
            return pictures

        return draw

    def sample(self, model, command: Sample):
        """Write images of noise, of some or all classes, or a strip from one noise to another."""
        self.png_path(command)  # Refused before anything is drawn.
        sampler = self.sampler(model).truncated(command.truncation)
        return self.write_png(self.picture(sampler, command), command, model)

    def picture(self, sampler: LatentSampler, command: Sample) -> np.ndarray:
        """(h, w, 3) uint8: what --mode=sample asks for."""
        names, labels = self.class_names, self.labels(sampler, command)
        count, seed = command.num_images, command.seed
        if command.interpolate:
            latent = self.interpolation(sampler)(*sampler.latents(2, seed).numpy(), count)
        else:
            latent = sampler.latents(count, seed).numpy()
        if sampler.classes:
            chosen = labels or range(min(sampler.classes, MOST_ROWS))
            return captioned_rows(class_rows(sampler, names, chosen, latent), LABEL_WIDTH)
        return grid(sampler.draw({"latent": latent}, seed), count if command.interpolate else min(count, 10))

    def labels(self, sampler: LatentSampler, command: DrawnCommand) -> list[int]:
        """Those that --label names; RunError if there is no such class, or none at all."""
        if command.label and not sampler.classes:
            raise RunError(f"{self.experiment.model} is not conditional. Received: --label={command.label[0]}")
        return [label_of(name, self.class_names) for name in command.label]

    def asked(self, sampler, command):
        """Of each class in turn, or of those that --label names; where there are no classes, of noise alone."""
        labels = np.array(self.labels(sampler, command) or range(sampler.classes), np.int32)
        sampler = sampler.truncated(command.truncation)

        def draw(batch: int) -> np.ndarray:
            inputs = {"latent": sampler.latents(BATCH, command.seed, batch).numpy()}
            if len(labels):
                inputs["label"] = labels[numbers_of(batch) % len(labels)]
            return sampler.draw(inputs, command.seed)

        def row(number: int) -> tuple[int, str]:
            label = int(labels[number % len(labels)])
            return label, printable(self.class_names[label])

        if not len(labels):
            return Asked(draw)
        return Asked(draw, {"labels": labels.tolist()}, "labels.csv", ("label", "name"), row)

    def interpolation(self, sampler: LatentSampler) -> Callable:
        """(first, second, count) -> latents: slerp of noise from N(0, 1), otherwise lerp."""
        return slerp_of(sampler.is_noise) if sampler.is_normal else lerp

    # Evaluation and experiments.

    def evaluated(self, command: Evaluate):
        """Samples."""
        return command.num_samples

    def outputs(self, model, sampler, data, command):
        """Many samples, beside real images."""
        return ImageOutputs(sampler.truncated(command.truncation), data, model.config.channels, model)

    def real_images(self, examples, config):
        """With the channels that the model makes."""
        return {"": RealImages(examples.images, examples.names, config.image_size, config.channels)}

    def model_has(self, config):
        """What is asked for, InfoGAN's category, what the discriminator gives, a class that was left out."""
        has = {
            "condition": config.conditional,
            "category": config.latent_parts.get("category", 0) > 0,
            "asked_attributes": config.latent_parts.get("attributes", 0) > 0,
            "logits": config.discriminator_conditioning == "none" and not config.has_energy,
            "energy": config.has_energy,
            "classifier": config.classifies,
            "left_out_class": getattr(config, "left_out_class", -1) >= 0,
            "levels": len(getattr(config, "sizes", ())) > 1,
        }
        return frozenset(name for name, is_present in has.items() if is_present)

    def has_judge(self, examples):
        """Not of images without classes, nor of other classes than those trained on."""
        return self.run.trained_config().classes > 0 and list(examples.class_names) == self.class_names

    def accepts(self, judge, examples):
        """Of an attribute judge where the attributes are known; RunError where it sees other channels."""
        channels, is_of_classes = self.run.trained_config().channels, isinstance(judge, ClassJudge)
        goes_with = self.has_judge(examples) if is_of_classes else getattr(examples, "truth", None) is not None
        if goes_with and judge.config.channels != channels:
            raise RunError(
                f"the judge must see {channels} channels, as this run draws. Received: {judge.config.channels} channels"
            )
        return goes_with

    def explore(self, model, command: Explore):
        """Write the experiment's pictures and figures to the folder `explore` of the run."""
        return explore_run(self.folder, command.experiment, self.subject(model, command))

    def subject(self, model, command: Explore) -> Subject:
        """The run as experiments see it."""
        experiment, splits, sampler = self.experiment, self.run.splits, self.sampler(model)
        return Subject(
            model=model,
            sampler=sampler,
            model_name=experiment.model,
            dataset=experiment.dataset,
            seed=command.seed,
            interpolate=self.interpolation(sampler),
            load=lambda split, image_size: splits.train if split == "train" else splits.unseen[0],
            has_unseen=lambda: splits.unseen[1] == "test",
            judge=lambda: self.attribute_judge(command.judge),
            data_dir=experiment.data_dir,
            cache_dir=experiment.cache_dir,
        )

    def attribute_judge(self, named: str):
        """The judge of the birds' attributes and birds whose attributes are known; RunError where there is none."""
        requirement = self.experiment.preset.requirement("attribute_judge")
        needed = self.experiment.sibling(requirement.model, named, dataset="birds")
        ensure(needed, requirement, is_named=bool(named))
        judge = type(self.run)(needed)
        trained = judge.trained_model()
        return lambda images: judge_all(trained, images), judge.splits.load("test")


class PyramidParts(ImageParts):
    """Makes images level by level."""

    def panels(self, model):
        """And real images beside what each level makes of them at half the side."""
        draw, examples, sampler = super().panels(model), self.run.splits.unseen[0], self.sampler(model)
        chosen = evenly(len(examples), COLUMNS)
        images = with_channels(np.asarray(examples.images[chosen]), model.config.channels)
        labels = np.asarray(examples.labels)[chosen] if sampler.classes else None
        noise = noise_of_levels(sampler.latents(len(images), model.config.seed).numpy(), model.config)
        levels = RealLevels(model, FloatImages(images)[:], labels)

        def with_levels() -> dict[str, np.ndarray]:
            shown, rows = [], np.arange(len(images))
            for size, drawn in noise.items():
                made = levels.refined(size, levels.coarse(size), drawn, rows)
                for name, row in (("coarse", levels.upsampled(size)), ("refined", made), ("real", levels.real[size])):
                    times = levels.sizes[-1] // size
                    shown.append((f"{size} pixels: {name}", row.repeat(times, axis=1).repeat(times, axis=2)))
            return {**draw(), "levels": captioned_rows(shown, LABEL_WIDTH)} if shown else draw()

        return with_levels

    def outputs(self, model, sampler, data, command):
        """With those of each level."""
        return PyramidOutputs(sampler.truncated(command.truncation), data, model.config.channels, model)


class BinaryParts(ImageParts):
    """Makes images of black and white pixels, of images that are made such."""

    def prepare(self, examples, dry_run=False):
        """In black and white."""
        return super().prepare(in_black_and_white(examples), dry_run)

    def outputs(self, model, sampler, data, command):
        """Beside real images in black and white."""
        data = dataclasses.replace(data, examples=in_black_and_white(data.examples))
        return super().outputs(model, sampler, data, command)

    def real_images(self, examples, config):
        """In black and white."""
        return super().real_images(in_black_and_white(examples), config)


def in_black_and_white(examples: LabeledImages) -> LabeledImages:
    """Images whose pixels are 0 or 255, divided in the middle of the range."""
    return dataclasses.replace(examples, images=np.where(np.asarray(examples.images) > 127, 255, 0).astype(np.uint8))


class SemiSupervisedParts(ImageParts):
    """Trains a classifier, too, on images of which few have labels."""

    make_batches = staticmethod(semi_supervised_batches)

    def trained_on(self, batch, rows, examples):
        """An image with its class, as far as it is known."""
        return classed(batch["labeled"], batch["known_label"], examples)
