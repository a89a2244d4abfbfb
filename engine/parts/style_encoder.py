"""The style encoder: a trained text-to-image generator, inverted; style transfer."""

import dataclasses
import functools
import json
import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from engine.command import Evaluate, Explore, Sample
from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.parts.captions import sampled_texts
from engine.parts.exploration import evaluated_subject, explore_run
from engine.parts.parts import Parts, Prepared, class_fingerprint, fingerprint, with_measured
from engine.parts.sources import find_sources
from engine.parts.text_encoder import caption_counts, embedding_table, trained_encoder
from engine.requires import ensure
from evaluation.captions import CaptionOutputs
from evaluation.styles import StyleOutputs
from models.core.config import from_plain, override
from models.style_encoder.configs import INVERTIBLE, described
from models.text_to_image.presets import PRESETS as TEXT_TO_IMAGE
from panels.grids import captioned_rows
from panels.styles import transfer_rows
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, text_batches
from pipelines.embeddings.table import read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, load_size
from pipelines.readers.decode import decode_rgb
from pipelines.rows import evenly, some_of
from serving.captions import CaptionSampler
from serving.encoder import CaptionEncoder
from serving.hints import Hints
from serving.joint import TEXT_FILE
from serving.styles import StyleSampler

# The fixed grid of the training's pictures: captions by images.
GRID_ROWS, GRID_STYLES = 6, 8
# Pictures and captions that the page of a server suggests.
HINTED = 4


class StyleEncoderParts(Parts):
    """Trains on captions and the images that another run's generator draws for them."""

    def required(self, requirement) -> Experiment:
        """The text-to-image run that the setting names, or the one of that model beside this run."""
        named = self.experiment.config.text_to_image
        if named in TEXT_TO_IMAGE:
            return self.experiment.sibling(named)
        model = (RunFolder(named).read_record() or {"model": requirement.model})["model"]
        if model not in TEXT_TO_IMAGE:
            raise RunError(
                f"text_to_image must be a run of {', '.join(INVERTIBLE)}. Received: {named}, of --model={model}"
            )
        return self.experiment.sibling(model, named)

    @functools.cached_property
    def inverted(self):
        """The run whose generator is inverted, as its record describes it; RunError if there is none."""
        requirement = self.experiment.preset.requirement("generator")
        needed = self.required(requirement)
        record, config = RunFolder(needed.workdir).read_record(), needed.preset.config
        if record is not None:
            config = from_plain(type(config), record["config"])
        if config.word_attention:
            # Of a run that is not there, too: it would be trained in vain.
            raise RunError(
                "a style encoder inverts generators of embeddings of whole captions, as gan_cls has them. "
                f"Received: {needed.workdir}, with word_attention={config.word_attention}"
            )
        ensure(needed, requirement, is_named=True)
        return type(self.run)(dataclasses.replace(needed, config=config))

    @functools.cached_property
    def inverted_model(self):
        """The trained model of that run."""
        return self.inverted.trained_model()

    def hints(self, config):
        """Of a built-in world some pictures and captions of unseen classes."""
        if not self.may_be_shown:
            return Hints()
        examples = self.shown_examples()
        rows = evenly(len(examples), HINTED)
        images = center_crop(np.asarray(examples.images[rows]), config.image_size)
        captions = tuple(examples.captions[row][0] for row in rows)
        return Hints(examples={"style": images}, captions=captions)

    def load_side(self, image_size):
        """A little larger than what the generator draws: known of a trained run, or from the other run."""
        return load_size(image_size or self.inverted.experiment.config.image_size)

    def prepare(self, examples, dry_run=False):
        """The embeddings of the training captions, by the generator's own text encoder."""
        inverted = self.inverted.experiment.config
        measured = {
            "image_size": inverted.image_size,
            "latent_dim": inverted.input_dim,
            "generator": described(self.inverted.experiment.model, dataclasses.asdict(inverted)),
        }
        config = with_measured(self.experiment.config, measured)
        if not config.captions_per_image:
            config = override(config, {"captions_per_image": inverted.captions_per_image})
        texts = self.texts(examples, dry_run)
        data = {
            "images": len(examples),
            "classes": class_fingerprint(examples),
            "texts": fingerprint(texts.rows, texts.counts),
        }
        return Prepared(config, text_batches(examples, config, texts), data)

    def texts(self, examples: CaptionedImages, dry_run: bool) -> CaptionTable:
        """The embedding of every caption; of a dry run, which shows their size alone, zeros."""
        if dry_run:
            counts = caption_counts(examples)
            return CaptionTable(np.zeros((counts.sum(), self.inverted.experiment.config.text_dim), np.float32), counts)
        if self.encoder is None:
            rows = read_embeddings(self.inverted.experiment.config.text_encoder, examples.names)
            return CaptionTable(np.concatenate(rows), np.array([len(row) for row in rows]))
        return embedding_table(self.encoder, examples, pathlib.Path(self.experiment.cache_dir) / "embeddings")

    @functools.cached_property
    def encoder(self) -> CaptionEncoder | None:
        """The text encoder of the generator, while training; None of one that was trained on embeddings from a file."""
        return self.inverted.parts.sampler(self.inverted_model).encoder

    def initialize(self, model, has_begun=False):
        """The generator is the other run's, as it is sampled."""
        model.generator.set_weights(self.inverted_model.sampled_generator.get_weights())

    def begin(self):
        """Copy the text encoder into the run folder: the run can be used by itself."""
        if self.encoder is not None:
            with atomic_write(self.folder.path / TEXT_FILE) as aside:
                self.encoder.save(aside)

    def panels(self, model):
        """A fixed grid of style transfer: captions by real images."""
        images, captions, texts = self.shown(model)
        sampler = self.sampler(model)
        return lambda: {"style_transfer": captioned_rows(transfer_rows(sampler, images, captions, texts))}

    def shown(self, model) -> tuple[np.ndarray, list[str], np.ndarray]:
        """Real images, and captions with their embeddings."""
        unseen = self.run.splits.unseen[0]
        images = center_crop(np.asarray(some_of(unseen, GRID_STYLES).images), model.config.image_size)
        examples = some_of(unseen, GRID_ROWS)
        try:
            texts = self.embedded(model, examples)
        except DataError as error:
            # A file of embeddings may hold the training split alone.
            logging.warning("Pictures show training captions, as those to test on have no embeddings: %s", error)
            examples = some_of(self.run.splits.train, GRID_ROWS)
            texts = self.embedded(model, examples)
        return images, [captions[0] for captions in examples.captions], texts

    def embedded(self, model, examples: CaptionedImages) -> np.ndarray:
        """(n, D) embeddings of the first caption of each example."""
        encoder = self.captions(model).encoder
        if encoder is not None:
            return encoder.embed_all([captions[0] for captions in examples.captions])
        return np.stack([rows[0] for rows in read_embeddings(embeddings_file(model.config), examples.names)])

    # After training.

    def captions(self, model) -> CaptionSampler:
        """The generator with the text encoder in the run folder, if there is one."""
        has_encoder = (self.folder.path / TEXT_FILE).exists()
        return CaptionSampler(model.generator, trained_encoder(self.folder) if has_encoder else None, model.step)

    def sampler(self, model):
        """The style encoder with the generator."""
        return StyleSampler(model.style_encoder, self.captions(model), model.step)

    def check_sample(self, command: Sample):
        """RunError for an --output that is no PNG file."""
        self.png_path(command)

    def sample(self, model, command: Sample):
        """Write a grid: each caption in the style of the images of --input, the first --num_images of a folder."""
        sampler = self.sampler(model)
        labels, texts = sampled_texts(sampler.captions, command)
        images = self.read_images(command, sampler)
        return self.write_png(
            captioned_rows(transfer_rows(sampler, images, labels, texts, command.seed)), command, model
        )

    def read_images(self, command: Sample, sampler: StyleSampler) -> np.ndarray:
        """(n, side, side, 3) uint8: the middle squares of the images of --input."""
        sources = find_sources(pathlib.Path(command.input), self.png_path(command), self.folder.path)
        if not sources.names:
            raise DataError(f"--input must be an image, or a folder of images. Received: {command.input}")
        read = []
        for name in sources.names[: command.num_images]:
            try:
                image = decode_rgb(str(sources.root / name))
            except Exception as error:
                # Pillow raises a dozen types.
                raise DataError(f"--input must be images that can be read. Received: {name} ({error})") from None
            read.append(sampler.squared(tf.constant(image[np.newaxis])).numpy()[0])
        return np.stack(read)

    # Evaluation.

    def has_judge(self, examples):
        """Of a rendered world, whose attributes are known."""
        return examples.truth is not None

    def evaluated(self, command: Evaluate):
        """Captions, each with a real image."""
        return command.num_captions

    def outputs(self, model, sampler, data, command):
        """Styles of real images, and captions in these styles; embeddings as of the generator's own run."""
        file = command.embeddings or embeddings_file(model.config)
        samples = CaptionOutputs(
            sampler.captions, data, model.config.image_size, lambda names: read_embeddings(file, names)
        )
        return StyleOutputs(sampler, data, samples)

    def explore(self, model, command: Explore):
        """Write the experiment's pictures and figures to the folder `explore` of the run."""
        return explore_run(self.folder, command.experiment, evaluated_subject(self, model, command))


def embeddings_file(config) -> str:
    """The file of embeddings that the generator was trained on, where its texts came from one."""
    return json.loads(config.generator)["config"]["text_encoder"]
