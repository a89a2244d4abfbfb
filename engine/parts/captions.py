"""What --mode=sample and --mode=generate draw: captions, or their embeddings from a file."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from absl import logging

from engine.command import Generate, Sample
from engine.experiment import captions_of
from engine.folder import RunError
from engine.parts.asked import BATCH, Asked, embedded, in_rounds, numbers_of
from engine.parts.parts import fingerprint
from panels.interpolation import Strip, between_latents, between_texts
from pipelines.embeddings.table import EmbeddingTable, join, read, read_embeddings
from pipelines.examples import CaptionedImages, DataError
from pipelines.report import printable
from serving.captions import CaptionSampler
from serving.reading import quoted, unknown_line

# Of the picture of --mode=sample.
MOST_ROWS = 200
# () -> the examples to test on, and which split they are (`engine.splits.Splits.unseen`).
Unseen = Callable[[], tuple[CaptionedImages, str]]


def sampled_texts(sampler: CaptionSampler, command: Sample) -> tuple[list[str], np.ndarray]:
    """What `--mode=sample` draws: labels and (n, D) embeddings."""
    captions = captions_of(command)
    if sampler.encoder is None:
        if not command.embeddings:
            raise RunError(
                "this model was trained on embeddings from a file, so it samples embeddings: --embeddings=FILE. "
                f"Received: --caption={'; '.join(captions)}"
            )
        table = chosen_rows(read(command.embeddings), captions)
        # One picture a name: the mean of its captions' embeddings.
        texts = np.stack([rows.mean(axis=0) for rows in table.embeddings])
        check_dimension(texts, sampler, command.embeddings)
        return list(table.names), texts
    if not captions:
        raise RunError('--mode=sample needs a --caption="..." or a --captions_file. Received: neither')
    if len(captions) > MOST_ROWS:
        raise RunError(f"one picture holds {MOST_ROWS} captions. Received: {len(captions):,}")
    warn_of_reading(captions, sampler)
    return list(captions), sampler.embed(list(captions))


def chosen_rows(table: EmbeddingTable, names: tuple[str, ...]) -> EmbeddingTable:
    """The rows of a file of embeddings that --caption names, or all of them if they fit one picture."""
    if names:
        return dataclasses.replace(table, names=names, embeddings=join(table, names))
    if len(table.names) > MOST_ROWS:
        raise RunError(
            f"one picture holds {MOST_ROWS} rows: choose images' embeddings with --caption=NAME. "
            f"Received: {len(table.names):,} names in {table.source}"
        )
    return table


def sampled_rows(sampler: CaptionSampler, labels: list[str], texts: np.ndarray, command: Sample) -> list[Strip]:
    """(label, (n, D) texts, (n, Z) latents) of each row of the picture."""
    count, seed = command.num_images, command.seed
    if command.interpolate == "captions":
        if len(labels) < 2:
            raise RunError(f"--interpolate=captions needs two captions. Received: {len(labels)}")
        return between_texts(labels, texts, sampler.latents(1, seed).numpy()[0], count)
    if command.interpolate == "noise":
        return between_latents(labels, texts, *sampler.latents(2, seed).numpy(), count)
    # One batch of noise for each caption, as the exported model draws it.
    latent = sampler.latents(count, seed).numpy()
    return [
        (label, np.repeat(text[np.newaxis], count, axis=0), latent) for label, text in zip(labels, texts, strict=True)
    ]


def by_captions(sampler: CaptionSampler, command: Generate, unseen: Unseen) -> Asked:
    """The captions that are given, in their order, or all of the split to test on; again and again."""
    if command.embeddings:
        raise RunError(
            "this model has a text encoder of its own, so it draws captions: --caption or --captions_file. "
            f"Received: --embeddings={command.embeddings}"
        )
    captions, split = list(captions_of(command)), "given"
    if captions:
        warn_of_reading(captions, sampler)
    else:
        examples, split = unseen()
        order = in_rounds([len(of_image) for of_image in examples.captions], command.seed)
        captions = [examples.captions[image][caption] for image, caption in order]
    settings = {
        "captions": split,
        "captions_fingerprint": fingerprint(np.frombuffer("\n".join(captions).encode(), np.uint8)),
    }
    draw = drawing(sampler, embedded(sampler.embed, captions), len(captions), command.seed)
    return Asked(draw, settings, "captions.csv", ("caption",), lambda number: (captions[number % len(captions)],))


def by_embeddings(sampler: CaptionSampler, command: Generate, trained: str, unseen: Unseen) -> Asked:
    """The embeddings in --embeddings, of the images that --caption names or of all; by default those of the split to
    test on, in the file that the model was trained on. Nobody knows their captions: the table names the images.

    Args:
        sampler: draws.
        command: names the file.
        trained: the file of the training.
        unseen: gives the images to test on.
    """
    chosen = captions_of(command)
    if command.embeddings:
        table = read(command.embeddings)
        names, rows = (chosen, join(table, chosen)) if chosen else (table.names, table.embeddings)
    elif chosen:
        raise RunError(
            "this model was trained on embeddings from a file, so it draws embeddings: --embeddings=FILE. "
            f"Received: --caption={'; '.join(chosen)}"
        )
    else:
        names = unseen()[0].names
        rows = read_embeddings(trained, names)
    check_dimension(rows[0], sampler, command.embeddings or trained)
    order = in_rounds([len(of_image) for of_image in rows], command.seed)
    texts = np.stack([rows[image][embedding] for image, embedding in order])

    def row(number: int) -> tuple[str, int]:
        image, embedding = order[number % len(order)]
        return printable(names[image]), embedding

    draw = drawing(sampler, lambda some: texts[some], len(texts), command.seed)
    return Asked(draw, {"embeddings_fingerprint": fingerprint(texts)}, "embeddings.csv", ("name", "embedding"), row)


def drawing(
    sampler: CaptionSampler, texts: Callable[[np.ndarray], np.ndarray], count: int, seed: int
) -> Callable[[int], np.ndarray]:
    """A function from a batch's number to its pictures: of `count` texts in turn, given by their rows."""

    def draw(batch: int) -> np.ndarray:
        latent = sampler.latents(BATCH, seed, batch).numpy()
        return sampler.draw({"embeddings": texts(numbers_of(batch) % count), "latent": latent}, seed)

    return draw


def check_dimension(texts: np.ndarray, sampler: CaptionSampler, file: str):
    """DataError unless (n, D) embeddings have the numbers that the generator takes."""
    if texts.shape[1:] != sampler.text_shape:
        raise DataError(
            f"embeddings must have the {sampler.text_shape[-1]} numbers that the model was trained on. "
            f"Received: {texts.shape[1]} in {file}"
        )


def warn_of_reading(captions: Sequence[str], sampler: CaptionSampler):
    """Warn of captions of which the encoder reads the beginning alone, and of words that it does not know."""
    reading = sampler.encoder.reading
    if cut := [caption for caption, is_cut in zip(captions, reading.cut(captions), strict=True) if is_cut]:
        logging.warning("%s", reading.cut_line(len(cut), quoted(cut)))
    if unknown := reading.unknown(captions):
        logging.warning("%s", unknown_line(unknown))
