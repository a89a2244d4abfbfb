"""Text to image: GAN-CLS and its relatives, from captions to pictures."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from absl import logging

from engine.command import Evaluate, Explore, Sample
from engine.parts.captions import by_captions, by_embeddings, sampled_rows, sampled_texts
from engine.parts.exploration import evaluated_subject, explore_run
from engine.parts.parts import Prepared, class_fingerprint, fingerprint, with_measured
from engine.parts.text_encoder import flat_captions
from engine.parts.texts import TextParts
from evaluation.captions import CaptionOutputs
from models.text_to_image.configs import END_TO_END, WORD_CNN, WORD_REGION
from panels.grids import captioned_rows
from panels.interpolation import lerp
from pipelines.batches.captions import matching_batches
from pipelines.embeddings.table import read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.images import center_crop, to_uint8
from pipelines.real_images import RealImages
from pipelines.rows import evenly, some_of
from serving.alignment import Alignment
from serving.captions import CaptionSampler
from serving.encoder import CaptionEncoder
from serving.hints import Hints
from serving.joint import TEXT_FILE
from serving.reading import Characters

# The fixed grid of the training's pictures.
GRID_ROWS, GRID_SAMPLES, STRIP_STEPS = 6, 6, 8
PAPER_TEXT_DIM = 1024
# Captions that the page of a server suggests.
HINTED = 4


class TextToImageParts(TextParts):
    """Images with their texts, pictures of samples, a generator with its text encoder."""

    def hints(self, config):
        """Of a built-in world some captions of unseen classes."""
        if not self.may_be_shown:
            return Hints()
        examples = self.shown_examples()
        rows = evenly(len(examples), HINTED)
        return Hints(captions=tuple(examples.captions[row][0] for row in rows))

    def prepare(self, examples, dry_run=False):
        """Images with matching and wrong texts."""
        config = self.experiment.config
        if self.choice == END_TO_END and not config.text_dim:
            # No data tells the size of an embedding that is learned with the GAN.
            config = dataclasses.replace(config, text_dim=PAPER_TEXT_DIM)
        if config.reads_words:
            texts, edits = self.words(examples, dry_run)
            batches = matching_batches(examples, config, texts, edits)
            measured = {"text_dim": self.embedding_dim}
            if config.word_attention:
                measured |= {"read_words": texts.rows.shape[1], "word_dim": self.word_dim}
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

    def initialize(self, model, has_begun=False):
        """The frozen encoders of words and regions are those beside the text encoder."""
        if model.config.reads_words:
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

    # Pictures while training.

    def panels(self, model):
        """A fixed grid of captions with their real images and samples, and strips between two captions."""
        examples, embed = self.shown(model)
        reals = center_crop(examples.images, model.config.image_size)
        latents = tf.random.stateless_normal((GRID_SAMPLES, model.config.input_dim), [model.config.seed, 0])
        captions = [captions[0] for captions in examples.captions]

        def row(texts: np.ndarray, latents: np.ndarray) -> np.ndarray:
            inputs = {"latent": tf.constant(latents), "text": tf.constant(texts, tf.float32)}
            return to_uint8(model.sampled_generator(inputs, training=False)).numpy()

        def draw() -> dict[str, np.ndarray]:
            texts, still = embed(), np.repeat(latents[:1], STRIP_STEPS, 0)
            samples = [
                (
                    caption,
                    np.concatenate([real[np.newaxis], row(np.repeat(text[np.newaxis], GRID_SAMPLES, 0), latents)]),
                )
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

    # After training.

    def sampler(self, model):
        """The generator, averaged if there is an average, with its text encoder."""
        encoder = None
        if model.text_encoder is not None:
            encoder = CaptionEncoder(model.text_encoder)
        elif (self.folder.path / TEXT_FILE).exists():
            # The copy in the run folder: where it came from may be gone.
            encoder = self.copied_encoder(model.config)
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
