"""Text to image: GAN-CLS and its relatives, from captions to pictures, scores and an exported model."""

import dataclasses
import json
import pathlib

import numpy as np
import tensorflow as tf

from callbacks.checkpoints import newest_whole
from callbacks.run_folder import RunError, RunFolder, written_aside
from metrics.text_to_image import attribute_figures, diversity_figures
from models.base import TrainedModel
from models.presets.config import override
from models.presets.text_to_image import END_TO_END
from pipelines.captioned import CaptionTable, matching_batches
from pipelines.embeddings import read, read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_float, to_uint8
from serving.export import export
from serving.pictures import between, captioned_rows, spherically_between
from serving.sampler import Sampler
from serving.text import CaptionEncoder
from tasks.attribute_judge import AttributeJudgeTask, judge_all, trained_judge
from tasks.base import Prepared, Task, fingerprint
from tasks.text_encoder import (
    ENCODER_FILE,
    TextEncoderTask,
    caption_counts,
    character_table,
    embedding_table,
    trained_encoder,
)

# The fixed grid of the training's pictures.
GRID_ROWS, GRID_SAMPLES, STRIP_STEPS = 6, 6, 8
CHAR_CNN_RNN = "char_cnn_rnn"
PAPER_TEXT_DIM = 1024


class TextToImageTask(Task):
    """Trains a text-conditional GAN; samples, scores and exports it."""

    # Texts: an encoder trained here, one from a folder, embeddings from a file, or one that learns with the GAN.

    @property
    def reads_embeddings(self) -> bool:
        """Whether the texts are embeddings from a file, so that captions cannot be encoded."""
        choice = self.request.config.text_encoder
        return choice not in (CHAR_CNN_RNN, END_TO_END) and not (pathlib.Path(choice) / ENCODER_FILE).exists()

    def encoder(self) -> CaptionEncoder:
        """The trained text encoder; the first time it is trained here, and says so."""
        choice = self.request.config.text_encoder
        if choice != CHAR_CNN_RNN:
            return trained_encoder(RunFolder(choice))
        task = TextEncoderTask(self.request.sibling(CHAR_CNN_RNN))
        if not (task.folder.path / ENCODER_FILE).exists():
            print(
                f"No text encoder for {self.request.dataset} yet: training one first, in {task.folder.path}.",
                flush=True,
            )
            task.train()
            print("The text encoder is ready; its embeddings are kept beside it.", flush=True)
        return trained_encoder(task.folder)

    def texts(self, examples: CaptionedImages, dry_run: bool = False) -> CaptionTable:
        """What the model reads of every caption."""
        choice = self.request.config.text_encoder
        if choice == END_TO_END:
            return character_table(examples)
        if self.reads_embeddings:
            rows = read_embeddings(choice, examples.names)
            return CaptionTable(np.concatenate(rows), np.array([len(row) for row in rows]))
        if dry_run and choice == CHAR_CNN_RNN:
            dim = self.request.sibling(CHAR_CNN_RNN).config.embedding_dim
            counts = caption_counts(examples)
            return CaptionTable(np.zeros((counts.sum(), dim), np.float32), counts)
        encoder = self.encoder()
        cache = self.request.sibling(CHAR_CNN_RNN).workdir if choice == CHAR_CNN_RNN else self.request.workdir
        return embedding_table(encoder, examples, pathlib.Path(cache))

    def prepare(self, dry_run: bool = False) -> Prepared:
        """Matching and mismatching pairs."""
        config = self.request.config
        if config.text_encoder == END_TO_END and not config.text_dim:
            config = override(config, {"text_dim": PAPER_TEXT_DIM})
        examples = self.load("train")
        texts = self.texts(examples, dry_run)
        if not self.reads_embeddings and config.text_encoder != END_TO_END and not dry_run:
            self.keep_encoder()
        batches = matching_batches(examples, config, texts)
        data = {
            "images": len(examples),
            "pixels": fingerprint(np.asarray(examples.images)),
            "texts": fingerprint(texts.rows, texts.counts),
        }
        return Prepared(override(config, batches.measured), batches, data)

    def keep_encoder(self):
        """Copy the text encoder into the run folder, so that the run can be sampled and exported by itself."""
        target = self.folder.path / ENCODER_FILE
        if not target.exists():
            with written_aside(target) as aside:
                self.encoder().save(aside)

    # Pictures while training.

    def pictures(self, model: TrainedModel):
        """A fixed grid of captions with their real images and samples, and strips between two captions."""
        examples = self.load("test", model.config.image_size)
        rows = np.linspace(0, len(examples) - 1, min(GRID_ROWS, len(examples))).astype(int)
        reals = center_crop(np.asarray(examples.images[rows]), model.config.image_size)
        latents = tf.random.stateless_normal((GRID_SAMPLES, model.config.latent_dim), [model.config.seed, 0]).numpy()
        embed = self.embedder(model, examples, rows)
        captions = [examples.captions[row][0] for row in rows]

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
                for left in range(len(rows) - 1)
            ]
            return {"samples": captioned_rows(samples), "interpolation": captioned_rows(strips)}

        return draw

    def embedder(self, model: TrainedModel, examples: CaptionedImages, rows: np.ndarray):
        """() -> (r, D) embeddings of the first caption of some rows, as the model now reads them."""
        if model.text_encoder is not None:
            characters = character_table(
                dataclasses.replace(
                    examples,
                    names=tuple(examples.names[row] for row in rows),
                    captions=tuple(examples.captions[row][:1] for row in rows),
                )
            ).rows
            return lambda: np.asarray(model.text_encoder(characters, training=False))
        if self.reads_embeddings:
            found = read_embeddings(self.request.config.text_encoder, [examples.names[row] for row in rows])
            fixed = np.stack([row[0] for row in found])
        else:
            encoder = trained_encoder(self.folder)
            fixed = encoder.embed_all([examples.captions[row][0] for row in rows])
        return lambda: fixed

    # After training.

    def finish(self, model: TrainedModel):
        """Export the trained model, and leave a grid of samples."""
        print(f"Exported to {self.export()}; pictures are in {self.folder.pictures}.", flush=True)

    def sampler(self) -> Sampler:
        """The run's generator, averaged if there is an average, with its text encoder."""
        model = self.trained_model()
        if model.text_encoder is not None:
            return Sampler(model.sampled_generator, CaptionEncoder(model.text_encoder))
        path = self.folder.path / ENCODER_FILE
        return Sampler(model.sampled_generator, CaptionEncoder.load(path) if path.exists() else None)

    def export(self) -> pathlib.Path:
        """Write a numbered SavedModel."""
        return export(self.sampler(), self.folder.exports)

    def sampled_texts(self, sampler: Sampler) -> tuple[list[str], np.ndarray]:
        """What `--mode=sample` draws: labels and (n, D) embeddings."""
        request = self.request
        if sampler.encoder is None:
            if not request.embeddings:
                raise RunError(
                    f"this model was trained on embeddings from a file, so it samples embeddings: --embeddings=FILE. "
                    f"Received: --caption={'; '.join(request.captions)}"
                )
            table = read(request.embeddings)
            texts = np.stack([rows.mean(axis=0) for rows in table.embeddings])
            if texts.shape[1] != sampler.text_dim:
                raise DataError(
                    f"embeddings must have the {sampler.text_dim} numbers that the model was trained on. "
                    f"Received: {texts.shape[1]} in {request.embeddings}"
                )
            return list(table.names), texts
        if not request.captions:
            raise RunError('--mode=sample needs a --caption="..." or a --captions_file. Received: neither')
        return list(request.captions), sampler.encoder.embed_all(list(request.captions))

    def sample(self) -> pathlib.Path:
        """Write a labelled grid, one row a caption, or a strip between two captions or two noises."""
        request, sampler = self.request, self.sampler()
        labels, texts = self.sampled_texts(sampler)
        rows = self.sampled_rows(sampler, labels, texts)
        grid = captioned_rows([(label, sampler.sample(text, latent)) for label, text, latent in rows])
        kind = f"interpolation-{request.interpolate}" if request.interpolate else "samples"
        path = pathlib.Path(request.output or self.folder.pictures / f"{kind}-seed-{request.sample_seed}.png")
        with written_aside(path) as aside:
            tf.io.write_file(str(aside), tf.io.encode_png(grid))
        print(f"Wrote {path}.")
        return path

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
        request, config = self.request, self.trained_config()
        sampler, examples = self.sampler(), self.load("test", config.image_size)
        rng = np.random.default_rng(request.sample_seed)
        chosen = self.chosen_captions(examples, rng)
        texts = self.evaluated_texts(sampler, examples, chosen)
        latents = sampler.latents(len(texts), request.sample_seed).numpy()
        drawn = np.asarray(to_float(sampler.sample(texts, latents)))
        real = np.asarray(to_float(center_crop(np.asarray(examples.images[chosen[:, 0]]), config.image_size)))
        figures = {
            "captions": len(chosen),
            "weights": "averaged" if config.average_decay else "last",
            "step": self.trained_step(),
            "diversity": self.diversity(sampler, examples, texts, rng),
        }
        if examples.truth is not None:
            judge_task = AttributeJudgeTask(self.judge_request())
            judge = trained_judge(judge_task)
            figures["named attributes seen"] = attribute_figures(
                lambda images: judge_all(judge, images), drawn, real, chosen, examples.truth, rng
            )
        path = self.folder.write_json("evaluation.json", figures)
        print(json.dumps(figures, indent=2))
        print(f"Wrote {path}.")
        return figures

    def chosen_captions(self, examples: CaptionedImages, rng: np.random.Generator) -> np.ndarray:
        """(n, 2) examples and captions to score: each image once at most, one caption of it."""
        count = min(self.request.num_captions, len(examples))
        images = rng.permutation(len(examples))[:count]
        counts = caption_counts(examples)[images]
        return np.stack([images, (rng.random(count) * counts).astype(int)], axis=1)

    def evaluated_texts(self, sampler: Sampler, examples: CaptionedImages, chosen: np.ndarray) -> np.ndarray:
        """(n, D) embeddings of the chosen captions."""
        if sampler.encoder is not None:
            return sampler.encoder.embed_all([examples.captions[image][caption] for image, caption in chosen])
        rows = read_embeddings(self.trained_config().text_encoder, [examples.names[image] for image, _ in chosen])
        return np.stack([row[caption % len(row)] for row, (_, caption) in zip(rows, chosen, strict=True)])

    def diversity(
        self, sampler: Sampler, examples: CaptionedImages, texts: np.ndarray, rng: np.random.Generator
    ) -> dict[str, float]:
        """How much samples of one caption differ, beside how much real images of one class do."""
        samples = []
        for text in texts[:20]:
            latent = sampler.latents(20, int(rng.integers(2**31))).numpy()
            samples.append(np.asarray(to_float(sampler.sample(np.repeat(text[np.newaxis], 20, 0), latent))))
        labels = np.zeros(len(examples), int) if examples.labels is None else examples.labels
        reals = []
        for label in np.unique(labels)[:20]:
            rows = np.flatnonzero(labels == label)[:20]
            if len(rows) > 1:
                pixels = center_crop(np.asarray(examples.images[rows]), self.trained_config().image_size)
                reals.append(np.asarray(to_float(pixels)))
        return diversity_figures(samples, reals)

    def judge_request(self):
        """The judge's run: the one named, or the one beside this run."""
        request = self.request.sibling("attribute_judge")
        return dataclasses.replace(request, workdir=self.request.judge) if self.request.judge else request

    def trained_step(self) -> int:
        """The step of the checkpoint that is scored."""
        return int(newest_whole(self.folder.checkpoints).stem.split("-")[1])


def generated(model: TrainedModel, texts: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """(n, side, side, 3) uint8 samples of the model as it is now."""
    images = model.sampled_generator({"latent": tf.constant(latents), "text": tf.constant(texts)}, training=False)
    return to_uint8(images).numpy()
