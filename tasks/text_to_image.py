"""Text to image: GAN-CLS and its relatives, from captions to pictures, scores and an exported model."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from evaluation.features import feature_network
from models.core.trained import TrainedModel
from models.text_to_image.configs import CHAR_CNN_RNN, END_TO_END
from panels.grids import between, captioned_rows, spherically_between
from pipelines.atomic import atomic_write
from pipelines.batches.captions import CaptionTable, matching_batches
from pipelines.batches.text import encode_characters
from pipelines.embeddings.table import EmbeddingTable, join, read, read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_uint8
from runs.folder import BusyError, RunError, RunFolder
from serving.export import export
from serving.sampler import Sampler
from serving.text import CaptionEncoder
from tasks.attribute_judge import AttributeJudgeTask, judge_all, trained_judge
from tasks.base import Prepared, Task, class_fingerprint, fingerprint, with_measured
from tasks.scores import Scores
from tasks.text_encoder import (
    ENCODER_FILE,
    TextEncoderTask,
    caption_counts,
    caption_fingerprint,
    character_table,
    embedding_table,
    some_of,
    trained_encoder,
)

# The fixed grid of the training's pictures.
GRID_ROWS, GRID_SAMPLES, STRIP_STEPS = 6, 6, 8
# Of what `--mode=sample` draws.
MOST_ROWS = 200
PAPER_TEXT_DIM = 1024


class TextToImageTask(Task):
    """Trains a text-conditional GAN; samples, scores and exports it."""

    # The trained encoder that embedded the captions, where one did.
    used_encoder: CaptionEncoder | None = None

    # Texts: an encoder trained here, one from a folder, embeddings from a file, or one that learns with the GAN.

    @property
    def reads_embeddings(self) -> bool:
        """Whether the texts are embeddings from a file, so that captions cannot be encoded."""
        choice = self.request.config.text_encoder
        folder = RunFolder(choice)
        # A run without its encoder is an unfinished one, not a folder of embeddings.
        is_encoder = folder.record_path.exists() or (folder.path / ENCODER_FILE).exists()
        return choice not in (CHAR_CNN_RNN, END_TO_END) and not is_encoder

    def encoder(self, examples: CaptionedImages) -> CaptionEncoder:
        """The trained text encoder of the dataset; the first time it is trained here, and says so."""
        choice = self.request.config.text_encoder
        if choice != CHAR_CNN_RNN:
            return trained_encoder(RunFolder(choice))
        task = TextEncoderTask(self.request.sibling(CHAR_CNN_RNN))
        if not (task.folder.path / ENCODER_FILE).exists():
            # Refused now rather than after minutes of training.
            with_measured(self.request.config, {"text_dim": task.request.config.embedding_dim})
            print(
                f"No text encoder for {self.request.dataset} yet: training one first, in {task.folder.path}.",
                flush=True,
            )
            try:
                task.train()
            except BusyError:
                raise
            except RunError as error:
                raise RunError(
                    f"the text encoder must be trained first, and could not be: {str(error).rstrip('.')}. To begin "
                    f"it anew, the old one moved aside: {task.request.command('--restart')}"
                ) from error
            print("The text encoder is ready; its embeddings are kept beside it.", flush=True)
        elif task.folder.need_record()["data"]["captions"] != caption_fingerprint(examples):
            beside = pathlib.Path(f"{task.folder.path.parent}-2") / self.folder.path.name
            raise RunError(
                "the text encoder beside this run was trained on other captions; use it all the same with "
                f"--text_encoder={task.folder.path}, or train another in a folder of its own with --workdir={beside}. "
                f"Received: captions that differ from those of {task.folder.path}"
            )
        return trained_encoder(task.folder)

    def texts(self, examples: CaptionedImages, dry_run: bool = False) -> CaptionTable:
        """What the model reads of every caption."""
        choice = self.request.config.text_encoder
        if choice == END_TO_END:
            return character_table(examples)
        if self.reads_embeddings:
            rows = read_embeddings(choice, examples.names)
            return CaptionTable(np.concatenate(rows), np.array([len(row) for row in rows]))
        if dry_run:
            own = TextEncoderTask(self.request.sibling(CHAR_CNN_RNN))
            untrained = choice == CHAR_CNN_RNN and not (own.folder.path / ENCODER_FILE).exists()
            dim = own.request.config.embedding_dim if untrained else self.encoder(examples).embedding_dim
            counts = caption_counts(examples)
            return CaptionTable(np.zeros((counts.sum(), dim), np.float32), counts)
        self.used_encoder = self.encoder(examples)
        own = self.request.sibling(CHAR_CNN_RNN).workdir
        cache = own if choice == CHAR_CNN_RNN else pathlib.Path(self.request.cache_dir) / "embeddings"
        return embedding_table(self.used_encoder, examples, pathlib.Path(cache))

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Matching and mismatching pairs."""
        config = self.request.config
        if config.text_encoder == END_TO_END and not config.text_dim:
            config = dataclasses.replace(config, text_dim=PAPER_TEXT_DIM)
        examples = self.load("train")
        texts = self.texts(examples, dry_run)
        batches = matching_batches(examples, config, texts)
        data = {
            "images": len(examples),
            "pixels": fingerprint(np.asarray(examples.images)),
            "classes": class_fingerprint(examples),
            "texts": fingerprint(texts.rows, texts.counts),
        }
        return Prepared(with_measured(config, batches.measured), batches, data)

    def begin(self):
        """Copy the text encoder into the run folder, so that the run can be sampled and exported by itself."""
        if self.used_encoder is not None:
            with atomic_write(self.folder.path / ENCODER_FILE) as aside:
                self.used_encoder.save(aside)

    # Pictures while training.

    def pictures(self, model: TrainedModel):
        """A fixed grid of captions with their real images and samples, and strips between two captions."""
        examples = some_of(self.load_unseen(model.config.image_size), GRID_ROWS)
        try:
            embed = self.embedder(model, examples)
        except DataError as error:
            # A file of embeddings may hold the training split alone, as StackGAN's do.
            logging.warning("Pictures show training captions, as those to test on have no embeddings: %s", error)
            examples = some_of(self.load("train", model.config.image_size), GRID_ROWS)
            embed = self.embedder(model, examples)
        reals = center_crop(examples.images, model.config.image_size)
        latents = tf.random.stateless_normal((GRID_SAMPLES, model.config.latent_dim), [model.config.seed, 0]).numpy()
        captions = [captions[0] for captions in examples.captions]

        def row(text: np.ndarray) -> np.ndarray:
            return generated(model, np.repeat(text[np.newaxis], len(latents), 0), latents)

        def strip(first: np.ndarray, second: np.ndarray) -> np.ndarray:
            return generated(model, between(first, second, STRIP_STEPS), np.repeat(latents[:1], STRIP_STEPS, 0))

        def draw() -> dict[str, np.ndarray]:
            texts = embed()
            samples = [
                (caption, np.concatenate([real[np.newaxis], row(text)]))
                for caption, real, text in zip(captions, reals, texts, strict=True)
            ]
            strips = [
                (f"{captions[left]}  ->  {captions[left + 1]}", strip(texts[left], texts[left + 1]))
                for left in range(len(captions) - 1)
            ]
            return {"samples": captioned_rows(samples), "interpolation": captioned_rows(strips)}

        return draw

    def embedder(self, model: TrainedModel, examples: CaptionedImages):
        """() -> (n, D) embeddings of the first caption of each example, as the model now reads them."""
        captions = [captions[0] for captions in examples.captions]
        if model.text_encoder is not None:
            characters = encode_characters(tf.constant(captions))
            return lambda: np.asarray(model.text_encoder({"characters": characters}, training=False))
        if self.reads_embeddings:
            found = read_embeddings(self.request.config.text_encoder, examples.names)
            fixed = np.stack([row[0] for row in found])
        else:
            fixed = trained_encoder(self.folder).embed_all(captions)
        return lambda: fixed

    # After training.

    def finish(self, model: TrainedModel):
        """Export the trained model, and leave a grid of samples."""
        self.export()
        print(f"Pictures are in {self.folder.pictures}.", flush=True)

    def sampler(self) -> Sampler:
        """The run's generator, averaged if there is an average, with its text encoder."""
        model = self.trained_model()
        encoder = None
        if model.text_encoder is not None:
            encoder = CaptionEncoder(model.text_encoder)
        elif (self.folder.path / ENCODER_FILE).exists():
            # The copy in the run folder: where it came from may be gone.
            encoder = trained_encoder(self.folder)
        return Sampler(model.sampled_generator, encoder, model.step)

    def export(self) -> pathlib.Path:
        """Write a numbered SavedModel."""
        sampler = self.sampler()
        path = export(sampler, self.folder.exports)
        takes = "captions, or embeddings" if sampler.encoder else f"text embeddings of {sampler.text_dim} numbers only"
        print(f"Exported the {self.weights(sampler.step)} to {path}; it takes {takes}.", flush=True)
        return path

    def sampled_texts(self, sampler: Sampler) -> tuple[list[str], np.ndarray]:
        """What `--mode=sample` draws: labels and (n, D) embeddings."""
        request = self.request
        if sampler.encoder is None:
            if not request.embeddings:
                raise RunError(
                    f"this model was trained on embeddings from a file, so it samples embeddings: --embeddings=FILE. "
                    f"Received: --caption={'; '.join(request.captions)}"
                )
            table = self.chosen_rows(read(request.embeddings))
            # One picture a name: the mean of its captions' embeddings.
            texts = np.stack([rows.mean(axis=0) for rows in table.embeddings])
            if texts.shape[1] != sampler.text_dim:
                raise DataError(
                    f"embeddings must have the {sampler.text_dim} numbers that the model was trained on. "
                    f"Received: {texts.shape[1]} in {request.embeddings}"
                )
            return list(table.names), texts
        if not request.captions:
            raise RunError('--mode=sample needs a --caption="..." or a --captions_file. Received: neither')
        if len(request.captions) > MOST_ROWS:
            raise RunError(f"one picture holds {MOST_ROWS} captions. Received: {len(request.captions):,}")
        return list(request.captions), sampler.encoder.embed_all(list(request.captions))

    def chosen_rows(self, table: EmbeddingTable) -> EmbeddingTable:
        """The rows of a file of embeddings that --caption names, or all of them if they fit one picture."""
        wanted = self.request.captions
        if wanted:
            return dataclasses.replace(table, names=wanted, embeddings=join(table, wanted))
        if len(table.names) > MOST_ROWS:
            raise RunError(
                f"one picture holds {MOST_ROWS} rows: say which images' embeddings with --caption=NAME. "
                f"Received: {len(table.names):,} names in {table.source}"
            )
        return table

    def sample(self) -> pathlib.Path:
        """Write a labelled grid, one row a caption, or a strip between two captions or two noises."""
        self.sampled_path()  # Refused before anything is drawn.
        sampler = self.sampler()
        labels, texts = self.sampled_texts(sampler)
        rows = self.sampled_rows(sampler, labels, texts)
        grid = captioned_rows([(label, sampler.sample(text, latent)) for label, text, latent in rows])
        return self.write_sampled(grid, sampler.step)

    def sampled_rows(
        self, sampler: Sampler, labels: list[str], texts: np.ndarray
    ) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """(label, texts, latents) of each row of the picture."""
        count, seed, kind = self.request.num_images, self.request.sample_seed, self.request.interpolate
        if kind == "captions":
            if len(labels) < 2:
                raise RunError(f"--interpolate=captions needs two captions. Received: {len(labels)}")
            latent = np.repeat(sampler.latents(1, seed).numpy(), count, axis=0)
            return [
                (f"{labels[left]}  ->  {labels[left + 1]}", between(texts[left], texts[left + 1], count), latent)
                for left in range(len(labels) - 1)
            ]
        if kind == "noise":
            latent = spherically_between(*sampler.latents(2, seed).numpy(), count)
        else:
            # One batch of noise for each caption, as the exported model draws it.
            latent = sampler.latents(count, seed).numpy()
        return [
            (label, np.repeat(text[np.newaxis], count, axis=0), latent)
            for label, text in zip(labels, texts, strict=True)
        ]

    def evaluate(self) -> dict:
        """Captions of unseen classes to pictures, scored; prints the figures and writes evaluation.json."""
        config = self.trained_config()
        examples = self.load("test", config.image_size)
        # What a judge or a network needs is missing more often than a run: ask for it before drawing.
        judge = trained_judge(AttributeJudgeTask(self.judge_request())) if examples.truth is not None else None
        network = feature_network(self.request.feature_network) if self.request.feature_network else None
        sampler = self.sampler()
        scores = Scores(sampler, examples, config, self.request, self.test_embeddings)
        figures = {
            "weights": self.weights(sampler.step),
            "captions": len(scores.chosen),
            "diversity": scores.diversity(),
        }
        if judge is not None:
            figures["named attributes seen"] = scores.named_attributes(lambda images: judge_all(judge, images))
        if network is not None:
            figures["Frechet distance"] = scores.frechet(network, self.request.feature_network)
        return self.write_figures(figures)

    def test_embeddings(self, names: list[str]) -> list[np.ndarray]:
        """The embeddings of images of the test split: from --embeddings, or the file of the training."""
        return read_embeddings(self.request.embeddings or self.trained_config().text_encoder, names)

    def judge_request(self):
        """The judge's run: the one named, or the one beside this run."""
        request = self.request.sibling("attribute_judge")
        return dataclasses.replace(request, workdir=self.request.judge) if self.request.judge else request


def generated(model: TrainedModel, texts: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """(n, side, side, 3) uint8 samples of the model as it is now."""
    images = model.sampled_generator({"latent": tf.constant(latents), "text": tf.constant(texts)}, training=False)
    return to_uint8(images).numpy()
