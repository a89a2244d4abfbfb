"""Text to image: GAN-CLS and its relatives, from captions to pictures."""

import dataclasses
import pathlib
import shutil
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from absl import logging

from engine.command import Evaluate, Explore, Sample
from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.parts.captions import by_captions, by_embeddings, sampled_rows, sampled_texts
from engine.parts.exploration import evaluated_subject, explore_run
from engine.parts.parts import Parts, Prepared, class_fingerprint, fingerprint, with_measured
from engine.parts.text_encoder import (
    caption_counts,
    caption_fingerprint,
    character_table,
    edit_table,
    embedding_table,
    flat_captions,
    read_table,
    trained_encoder,
)
from evaluation.captions import CaptionOutputs
from models.core.preset import Requirement
from models.text_to_image.configs import END_TO_END, READS_EDITS, TRAINED_FIRST, WORD_CNN, WORD_REGION
from panels.grids import captioned_rows
from panels.interpolation import lerp
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, matching_batches
from pipelines.batches.text import encode_characters
from pipelines.embeddings.table import read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_uint8
from pipelines.real_images import RealImages
from pipelines.rows import some_of
from serving.alignment import REGIONS_FILE, WORDS_FILE, Alignment
from serving.captions import CaptionSampler
from serving.encoder import CaptionEncoder
from serving.joint import COMPATIBILITY_FILE, IMAGE_FILE, TEXT_FILE
from serving.reading import Characters

# The fixed grid of the training's pictures.
GRID_ROWS, GRID_SAMPLES, STRIP_STEPS = 6, 6, 8
PAPER_TEXT_DIM = 1024


class TextToImageParts(Parts):
    """Texts come from an encoder trained here, one from a folder, a file of embeddings, or one that learns with the
    GAN.
    """

    # The trained encoder that embedded the captions, where one did.
    encoder: CaptionEncoder | None = None

    @property
    def choice(self) -> str:
        """The setting `text_encoder`."""
        return self.experiment.config.text_encoder

    @property
    def reads_embeddings(self) -> bool:
        """Whether the texts are embeddings from a file, so that captions cannot be encoded."""
        folder = RunFolder(self.choice)
        # A run without its encoder is an unfinished one, not a folder of embeddings.
        is_encoder = folder.record_path.exists() or (folder.path / TEXT_FILE).exists()
        return self.choice not in (*TRAINED_FIRST, END_TO_END) and not is_encoder

    @property
    def is_beside(self) -> bool:
        """Whether the texts are from the encoder of this dataset, in a folder beside the run's, which may be built."""
        return self.choice in TRAINED_FIRST

    def required(self, requirement: Requirement) -> Experiment | None:
        """A text encoder, unless one learns with the GAN or the texts are embeddings from a file."""
        if self.reads_embeddings and self.experiment.config.reads_edits:
            raise RunError(f"{READS_EDITS} require a text encoder, not embeddings. Received: {self.choice}")
        if self.choice == END_TO_END or self.reads_embeddings:
            return None
        needed = super().required(requirement)
        if self.experiment.config.reads_edits and getattr(needed.config, "alignment_dim", 0) == 0 and self.is_beside:
            raise RunError(f"{READS_EDITS} require --text_encoder={WORD_REGION}. Received: {self.choice}")
        if self.is_beside:
            # Refused now rather than after minutes of training it.
            with_measured(self.experiment.config, {"text_dim": needed.config.embedding_dim})
        return needed

    def prepare(self, examples, dry_run=False):
        """Images with matching and wrong texts."""
        config = self.experiment.config
        if self.choice == END_TO_END and not config.text_dim:
            # No data tells the size of an embedding that is learned with the GAN.
            config = dataclasses.replace(config, text_dim=PAPER_TEXT_DIM)
        if config.reads_edits:
            texts, edits = self.words(examples, dry_run)
            batches = matching_batches(examples, config, texts, edits)
            measured = {"text_dim": self.embedding_dim}
        else:
            texts = self.texts(examples, dry_run)
            batches = matching_batches(examples, config, texts)
            measured = batches.measured
        data = {
            "images": len(examples),
            "pixels": fingerprint(examples.images),
            "classes": class_fingerprint(examples),
            "texts": fingerprint(texts.rows, texts.counts),
        }
        return Prepared(with_measured(config, measured), batches, data)

    def texts(self, examples: CaptionedImages, dry_run: bool) -> CaptionTable:
        """What the model reads of every caption: characters, or an embedding."""
        if self.choice == END_TO_END:
            return character_table(examples)
        if self.reads_embeddings:
            rows = read_embeddings(self.choice, examples.names)
            return CaptionTable(np.concatenate(rows), np.array([len(row) for row in rows]))
        self.encoder = self.find_encoder()
        if dry_run:
            # Their size is all that a dry run shows.
            counts = caption_counts(examples)
            return CaptionTable(np.zeros((counts.sum(), self.embedding_dim), np.float32), counts)
        return embedding_table(self.encoder, examples, self.embeddings_folder)

    def find_encoder(self) -> CaptionEncoder | None:
        """The trained text encoder; None in a dry run before it is trained.

        Raises:
            RunError: the one beside this run was trained on other captions.
        """
        _, folder = self.encoder_run
        if self.is_beside and not (folder.path / TEXT_FILE).exists():
            return None
        if self.is_beside:
            self.check_captions(folder)
        return trained_encoder(folder)

    @property
    def embedding_dim(self) -> int:
        """The size of an embedding by the text encoder, which in a dry run may not be trained."""
        return self.encoder.embedding_dim if self.encoder else self.encoder_run[0].config.embedding_dim

    def words(self, examples: CaptionedImages, dry_run: bool) -> tuple[CaptionTable, CaptionTable]:
        """What the frozen encoder reads of every caption and of its edits; in a dry run, which shows their sizes alone,
        these are captions.

        Raises:
            RunError: the texts are not from an encoder that compares words with regions.
        """
        count, (needed, folder) = self.experiment.config.edited_captions, self.encoder_run
        self.encoder = self.find_encoder()
        if self.encoder is None:
            parts = type(self.run)(needed).parts
            reading = parts.reading(with_measured(needed.config, parts.measured(examples)))
        else:
            Alignment.check(folder.path)
            reading = self.encoder.reading
        words = read_table(reading, examples)
        if dry_run:
            return words, CaptionTable(np.repeat(words.rows, count, axis=0), np.full(len(words.rows), count))
        return words, edit_table(reading, examples, count, self.experiment.config.seed)

    @property
    def encoder_run(self) -> tuple[Experiment, RunFolder]:
        """The run of the text encoder, and its folder."""
        needed = self.required(self.experiment.preset.requirement("text_encoder"))
        return needed, RunFolder(needed.workdir)

    @property
    def embeddings_folder(self) -> pathlib.Path:
        """Where embeddings are cached."""
        cached = pathlib.Path(self.experiment.cache_dir) / "embeddings"
        return self.encoder_run[1].path if self.is_beside else cached

    def initialize(self, model):
        """The frozen encoders of words and regions are those beside the text encoder."""
        if model.config.reads_edits:
            model.attach(Alignment.load(self.encoder_run[1].path))

    def trained_on(self, batch, rows, examples):
        """An image with the captions that it is drawn with, as they are read."""
        if self.reads_embeddings:
            # Of which nobody knows the captions.
            drawn = [[examples.captions[row][0]] for row in rows["image"]]
        else:
            flat = flat_captions(examples)
            drawn = [[flat[row] for row in chosen] for chosen in rows["caption"]]
        if self.encoder is not None:
            as_read = self.encoder.reading.as_read
        else:
            # The words that an encoder knows are not known before it is trained.
            as_read = list if self.choice in (WORD_CNN, WORD_REGION) else Characters().as_read
        return [
            ("\n".join([examples.names[row], *dict.fromkeys(as_read(captions))]), [image])
            for row, image, captions in zip(rows["image"], batch["image"], drawn, strict=True)
        ]

    def check_captions(self, folder: RunFolder):
        """RunError if the encoder beside this run was trained on other captions."""
        whole = self.run.splits.load(self.train_split)
        if folder.need_record()["data"]["captions"] != caption_fingerprint(whole):
            beside = pathlib.Path(f"{folder.path.parent}-2") / self.folder.path.name
            raise RunError(
                "the text encoder beside this run was trained on other captions; use it all the same with "
                f"--text_encoder={folder.path}, or train another in a folder of its own with --workdir={beside}. "
                f"Received: captions that differ from those of {folder.path}"
            )

    def begin(self):
        """Copy the encoders into the run folder, so that the run can be sampled, exported and scored by itself."""
        if self.encoder is not None:
            with atomic_write(self.folder.path / TEXT_FILE) as aside:
                self.encoder.save(aside)
            needed = self.required(self.experiment.preset.requirement("text_encoder"))
            for name in (IMAGE_FILE, COMPATIBILITY_FILE, WORDS_FILE, REGIONS_FILE):
                # Not every encoder leaves all of them.
                if (source := pathlib.Path(needed.workdir) / name).exists():
                    with atomic_write(self.folder.path / name) as aside:
                        shutil.copyfile(source, aside)

    # Pictures while training.

    def panels(self, model):
        """A fixed grid of captions with their real images and samples, and strips between two captions."""
        examples, embed = self.shown(model)
        reals = center_crop(examples.images, model.config.image_size)
        latents = tf.random.stateless_normal((GRID_SAMPLES, model.config.latent_dim), [model.config.seed, 0])
        captions = [captions[0] for captions in examples.captions]

        def row(text: np.ndarray, latents: np.ndarray) -> np.ndarray:
            texts = np.broadcast_to(text, (len(latents), text.shape[-1])).astype(np.float32)
            inputs = {"latent": tf.constant(latents), "text": tf.constant(texts)}
            return to_uint8(model.sampled_generator(inputs, training=False)).numpy()

        def draw() -> dict[str, np.ndarray]:
            texts, still = embed(), np.repeat(latents[:1], STRIP_STEPS, 0)
            samples = [
                (caption, np.concatenate([real[np.newaxis], row(text, latents)]))
                for caption, real, text in zip(captions, reals, texts, strict=True)
            ]
            strips = [
                (
                    f"{captions[left]}  ->  {captions[left + 1]}",
                    row(lerp(texts[left], texts[left + 1], STRIP_STEPS), still),
                )
                for left in range(len(captions) - 1)
            ]
            return {"samples": captioned_rows(samples), "interpolation": captioned_rows(strips)}

        return draw

    def shown(self, model) -> tuple[CaptionedImages, Callable[[], np.ndarray]]:
        """The examples of the grid, and what embeds the first caption of each as the model now reads it."""
        examples = some_of(self.run.splits.unseen[0], GRID_ROWS)
        try:
            return examples, self.embedder(model, examples)
        except DataError as error:
            # A file of embeddings may hold the training split alone, as StackGAN's do.
            logging.warning("Pictures show training captions, as those to test on have no embeddings: %s", error)
            examples = some_of(self.run.splits.train, GRID_ROWS)
            return examples, self.embedder(model, examples)

    def embedder(self, model, examples: CaptionedImages) -> Callable[[], np.ndarray]:
        """() -> (n, D) embeddings of the first caption of each example, as the model now reads them."""
        captions = [captions[0] for captions in examples.captions]
        if model.text_encoder is not None:
            characters = encode_characters(tf.constant(captions))
            return lambda: np.asarray(model.text_encoder({"characters": characters}, training=False))
        if self.reads_embeddings:
            fixed = np.stack([row[0] for row in read_embeddings(self.choice, examples.names)])
        else:
            fixed = trained_encoder(self.folder).embed_all(captions)
        return lambda: fixed

    # After training.

    def sampler(self, model):
        """The generator, averaged if there is an average, with its text encoder."""
        encoder = None
        if model.text_encoder is not None:
            encoder = CaptionEncoder(model.text_encoder)
        elif (self.folder.path / TEXT_FILE).exists():
            # The copy in the run folder: where it came from may be gone.
            encoder = trained_encoder(self.folder)
        return CaptionSampler(model.sampled_generator, encoder, model.step)

    def sample(self, model, command: Sample):
        """Write a labelled grid, one row a caption, or a strip between two captions or two noises."""
        self.png_path(command)  # Refused before anything is drawn.
        sampler = self.sampler(model)
        labels, texts = sampled_texts(sampler, command)
        rows = [
            (label, sampler.draw({"embeddings": text, "latent": latent}, command.seed))
            for label, text, latent in sampled_rows(sampler, labels, texts, command)
        ]
        return self.write_png(captioned_rows(rows), command, model)

    def asked(self, sampler, command):
        """Captions, or embeddings from a file, each in turn."""

        def unseen():
            return self.run.splits.unseen

        if sampler.encoder is None:
            return by_embeddings(sampler, command, self.choice, unseen)
        return by_captions(sampler, command, unseen)

    # Evaluation.

    def has_judge(self, examples):
        """Of a rendered world, whose attributes are known."""
        return examples.truth is not None

    def evaluated(self, command: Evaluate):
        """Captions."""
        return command.num_captions

    def outputs(self, model, sampler, data, command):
        """A picture for each of some captions; their embeddings from --embeddings, or the file of the training."""
        file = command.embeddings or self.choice
        return CaptionOutputs(sampler, data, model.config.image_size, lambda names: read_embeddings(file, names))

    def real_images(self, examples, config):
        """In color."""
        return {"": RealImages(examples.images, examples.names, config.image_size, 3)}

    def explore(self, model, command: Explore):
        """Write the experiment's pictures and figures to the folder `explore` of the run."""
        return explore_run(self.folder, command.experiment, evaluated_subject(self, model, command))
