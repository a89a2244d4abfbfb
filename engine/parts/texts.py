"""Where the texts of text to image come from: an encoder trained here or elsewhere, a file, or one that learns."""

import pathlib
import shutil
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.parts.parts import Parts, with_measured
from engine.parts.text_encoder import (
    caption_counts,
    caption_fingerprint,
    character_table,
    edit_table,
    embedding_table,
    read_table,
    trained_encoder,
)
from models.core.preset import Requirement
from models.text_to_image.configs import END_TO_END, READS_WORDS, TRAINED_FIRST, WORD_REGION, TextToImageConfig
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable
from pipelines.batches.text import encode_characters
from pipelines.embeddings.table import read_embeddings
from pipelines.examples import CaptionedImages
from serving.alignment import REGIONS_FILE, WORDS_FILE, Alignment
from serving.encoder import CaptionEncoder
from serving.joint import COMPATIBILITY_FILE, IMAGE_FILE, TEXT_FILE


class TextParts(Parts):
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
        if self.reads_embeddings and self.experiment.config.reads_words:
            raise RunError(
                f"{READS_WORDS} require a text encoder, not embeddings; gan_cls has none of them. "
                f"Received: {self.choice}"
            )
        if self.choice == END_TO_END or self.reads_embeddings:
            return None
        needed = super().required(requirement)
        if self.experiment.config.reads_words and getattr(needed.config, "alignment_dim", 0) == 0 and self.is_beside:
            raise RunError(
                f"{READS_WORDS} require --text_encoder={WORD_REGION}; gan_cls has none of them. Received: {self.choice}"
            )
        if self.is_beside:
            # Refused now rather than after minutes of training it.
            with_measured(self.experiment.config, {"text_dim": needed.config.embedding_dim})
        return needed

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

    @property
    def word_dim(self) -> int:
        """The size of the embedding of a word by that encoder."""
        needed, folder = self.encoder_run
        return Alignment.load(folder.path).word_dim if self.encoder else needed.config.alignment_dim

    def copied_encoder(self, config: TextToImageConfig) -> CaptionEncoder:
        """What embeds captions as the generator reads them, from the run folder: whole, or with attention by words."""
        if config.word_attention:
            return Alignment.load(self.folder.path).sequences()
        return trained_encoder(self.folder)

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

    def embedder(self, model, examples: CaptionedImages) -> Callable[[], np.ndarray]:
        """() -> (n, D) embeddings of the first caption of each example, as the model now reads them."""
        captions = [captions[0] for captions in examples.captions]
        if model.text_encoder is not None:
            characters = encode_characters(tf.constant(captions))
            return lambda: np.asarray(model.text_encoder({"characters": characters}, training=False))
        if self.reads_embeddings:
            fixed = np.stack([row[0] for row in read_embeddings(self.choice, examples.names)])
        else:
            fixed = self.copied_encoder(model.config).embed_all(captions)
        return lambda: fixed
