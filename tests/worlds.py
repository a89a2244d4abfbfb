"""Tiny synthetic data, configurations and runs for the tests of models and runs."""

import dataclasses
import json
import pathlib

import keras
import numpy as np

from callbacks.checkpoints import save
from engine.command import Train
from engine.experiment import Experiment
from engine.record import report_of, run_record
from engine.run import Run
from metrics.verification import BACKGROUND, POSE
from models.generation.class_configs import ATTRIBUTES
from models.registry import PRESETS
from models.text_encoder.networks import image_encoder, text_encoder
from models.text_encoder.word_cnn import WordCNN
from pipelines.embeddings.table import write_embeddings
from pipelines.examples import (
    CaptionedImages,
    Examples,
    GroundTruth,
    LabeledImages,
    PairedImages,
    RenderedGlyphs,
    UnpairedImages,
)
from pipelines.images import load_size
from pipelines.readers.points import load_ring
from pipelines.registry import DATASETS
from serving.alignment import Alignment
from serving.joint import COMPATIBILITY_FILE, COSINE, IMAGE_FILE, INNER_PRODUCT, TEXT_FILE, Compatibility
from tests.pipelines.files import write_noise, write_text

SIDE = 32
# As small as the networks go; each configuration takes the fields that it has.
TINY = {
    "batch_size": 4,
    "image_size": SIDE,
    "latent_dim": 5,
    "text_projection_dim": 4,
    "captions_per_image": 2,
    "generator_width": 4,
    "discriminator_width": 4,
    "embedding_dim": 6,
    "convolution_width": 4,
    "recurrent_width": 5,
    "image_encoder_width": 4,
    "width": 4,
    "blocks": 1,
    "pool_size": 3,
    "code_dim": 5,
    "discriminator_steps": 2,
    "categories": 3,
    "code_units": 4,
    "hidden_units": 6,
    "word_dim": 5,
    "unknown_buckets": 3,
    "vocabulary_size": 50,
    "alignment_dim": 3,
    "read_characters": 66,
    "generator_dropout": 0.2,
    "labels": 6,
    "conditioning_dim": 3,
    "residual_blocks": 1,
    # Within 0.08, the embeddings of narrow encoders hardly differ.
    "initial_range": 0.0,
}
TEXT_DIM = 6
# Within the folder of an encoder, that of one which reads words.
WORDS = "words"


def ground_truth(labels: np.ndarray, captions: int) -> GroundTruth:
    values = (("black", "white", "red"), ("black", "red"), ("small", "large"))
    return GroundTruth(
        attribute_names=("breast color", "wing color", "size"),
        attribute_values=values,
        attributes=np.stack([labels % len(names) for names in values], axis=1).astype(np.int32),
        style_names=(*POSE, *BACKGROUND),
        style=np.random.default_rng(0).integers(0, 2, (len(labels), len(POSE) + len(BACKGROUND))).astype(np.float32),
        mentions=np.ones((len(labels), captions, len(values)), bool),
    )


def captioned_images(
    classes: int = 6, per_class: int = 3, captions: int = 2, seed: int = 0, side: int = load_size(SIDE)
) -> CaptionedImages:
    """Noise pictures of birds: classes, captions and ground truth."""
    labels = np.repeat(np.arange(classes), per_class).astype(np.int32)
    return CaptionedImages(
        images=np.random.default_rng(seed).integers(0, 256, (len(labels), side, side, 3), np.uint8),
        names=tuple(f"class {label}/{index}" for index, label in enumerate(labels)),
        captions=tuple(tuple(f"bird {index}, line {line}" for line in range(captions)) for index in range(len(labels))),
        labels=labels,
        class_names=tuple(f"class {label}" for label in range(classes)),
        truth=ground_truth(labels, captions),
    )


def paired_images(count: int = 10, seed: int = 0, side: int = 36) -> PairedImages:
    """Noise pictures (A) and the same ones inverted (B)."""
    a = np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)
    return PairedImages(a=a, b=255 - a, names=tuple(f"pair {index}" for index in range(count)))


def unpaired_images(count_a: int = 10, count_b: int = 7, seed: int = 0, side: int = 36) -> UnpairedImages:
    """Dark noise pictures (A) and bright ones (B)."""
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 128, (count, side, side, 3), np.uint8) for count in (count_a, count_b))
    names_a, names_b = (tuple(f"{name} {index}" for index in range(n)) for name, n in (("a", count_a), ("b", count_b)))
    return UnpairedImages(a=a, b=255 - b, names_a=names_a, names_b=names_b)


def labeled_images(
    classes: int = 3, per_class: int = 8, seed: int = 0, side: int = SIDE, split: str = "train"
) -> LabeledImages:
    """Gray noise pictures, brighter from class to class."""
    labels = np.arange(classes * per_class, dtype=np.int32) % classes
    noise = np.random.default_rng(seed).integers(0, 100, (len(labels), side, side, 1))
    return LabeledImages(
        images=(noise + 50 * labels[:, np.newaxis, np.newaxis, np.newaxis]).astype(np.uint8),
        names=tuple(f"{split}/{index}" for index in range(len(labels))),
        labels=labels,
        class_names=tuple(f"class {label}" for label in range(classes)),
    )


def as_glyphs(labeled: LabeledImages) -> RenderedGlyphs:
    """Pictures as if they were characters in two fonts."""
    count, fields = len(labeled), {field.name: getattr(labeled, field.name) for field in dataclasses.fields(labeled)}
    return RenderedGlyphs(
        **fields,
        style_names=ATTRIBUTES,
        styles=np.random.default_rng(count).uniform(-1, 1, (count, len(ATTRIBUTES))).astype(np.float32),
        fonts=np.arange(count, dtype=np.int32) // 3 % 2,
    )


def examples_of(dataset: str, split: str, side: int, *arguments) -> Examples:
    """Stands in for `pipelines.registry.load`: tiny examples of the dataset's kind."""
    gives = DATASETS[dataset].gives
    if "points" in gives:
        return load_ring(split, side, "", "")
    if "styles" in gives:
        return as_glyphs(labeled_images(side=side, seed=int(split == "test"), split=split))
    if "image" in gives and not {"captions", "attributes"} & gives:
        return labeled_images(side=side, seed=int(split == "test"), split=split)
    if "pairs" in gives:
        return paired_images(side=side)
    return unpaired_images(side=side) if "unpaired" in gives else captioned_images(side=side)


def write_encoder(folder: pathlib.Path) -> pathlib.Path:
    keras.utils.set_random_seed(0)
    config = tiny("char_cnn_rnn")
    text_encoder(config, TEXT_DIM).save(folder / TEXT_FILE)
    image_encoder(config).save(folder / IMAGE_FILE)
    Compatibility(INNER_PRODUCT).write(folder / COMPATIBILITY_FILE)
    write_word_encoder(folder / WORDS)
    return folder


def write_word_encoder(folder: pathlib.Path):
    """What a run of `word_region` leaves, of captions as `captioned_images` has them."""
    folder.mkdir()
    model = word_region(TEXT_DIM, SIDE, ("bird", "line", *map(str, range(9))), 4)
    model.text_encoder.save(folder / TEXT_FILE)
    model.image_encoder.save(folder / IMAGE_FILE)
    Compatibility(COSINE).write(folder / COMPATIBILITY_FILE)
    Alignment(model.text_network, model.image_network).save(folder)


def word_region(text_dim: int, side: int, vocabulary: tuple[str, ...], read_words: int) -> WordCNN:
    """The tiny model of an encoder that compares words with regions."""
    sizes = {"embedding_dim": text_dim, "image_size": side, "vocabulary": vocabulary, "read_words": read_words}
    return WordCNN(tiny("word_region", **sizes))


def frozen_encoders(text_dim: int, side: int, read_words: int) -> Alignment:
    """Of three words and three unknown ones."""
    model = word_region(text_dim, side, ("red", "blue", "bird"), read_words)
    for seed, variable in enumerate(model.trainable_variables):
        # Strong enough that every word changes the embedding; of Keras's own, many units are never active.
        inputs = max(np.prod(variable.shape[:-1]), 1)
        drawn = np.random.default_rng(seed).normal(size=variable.shape, scale=inputs**-0.5)
        variable.assign(np.abs(drawn) if len(variable.shape) == 1 else drawn)
    return Alignment(model.text_network, model.image_network)


def tiny(model: str, **changes):
    """A preset's own configuration with the smallest networks, on data that no preset knows; what is 0 stays so."""
    config = PRESETS[model].config
    smallest = {name: value for name, value in TINY.items() if getattr(config, name, 0)}
    if getattr(config, "reads_words", False):
        smallest["captions_per_image"] = 1
    if getattr(config, "network", "") == "weight_normalized":
        # Of few rectified units, a quarter of the first's, all may be off.
        smallest["discriminator_width"] = 64
    return dataclasses.replace(config, **(smallest | changes))


def of_earlier_run(name: str, image_size: int = SIDE, **changes) -> dict[str, object]:
    """What the configuration of a model on top of another takes from that one's run; nothing of all others.

    Args:
        name: its preset.
        image_size: of the model's images.
        changes: of the other's tiny configuration.
    """
    fields = {field.name for field in dataclasses.fields(PRESETS[name].config)}
    if "generator" in fields:
        inverted = tiny("gan_cls", image_size=image_size, **changes)
        described = {"model": "gan_cls", "config": dataclasses.asdict(inverted)}
        return {"generator": json.dumps(described), "image_size": image_size, "latent_dim": inverted.latent_dim}
    if "first_generator" in fields:
        first = tiny("stackgan_stage1", image_size=image_size // 2, **changes)
        return {"first_generator": json.dumps(dataclasses.asdict(first)), "latent_dim": first.latent_dim}
    return {}


def ablations(model: str) -> dict[str, set[str]]:
    """By name, the presets that begin with a model's, and the fields in which each differs from it."""
    published = PRESETS[model].config
    return {
        name: {
            field.name
            for field in dataclasses.fields(published)
            if getattr(preset.config, field.name) != getattr(published, field.name)
        }
        for name, preset in PRESETS.items()
        if name.startswith(f"{model}_")
    }


def tiny_run(model: str, folder: pathlib.Path, encoder: pathlib.Path | str = "", **changes) -> Run:
    """A run of the tiny configuration, with changes, whose text encoder is the tiny one; `folder` takes it.

    Where the preset needs words, the encoder is the one within the other's folder.
    A style encoder inverts a tiny generator, and a second stage has a tiny first one, which are written beside it.
    """
    fields = {field.name for field in dataclasses.fields(PRESETS[model].config)}
    if "text_encoder" in fields:
        if getattr(PRESETS[model].config, "reads_words", False) and (pathlib.Path(encoder) / WORDS).exists():
            encoder = pathlib.Path(encoder) / WORDS
        changes.setdefault("text_encoder", str(encoder))
    if "srresnet" in fields:
        # What it begins with is tested by itself.
        changes.setdefault("srresnet", "none")
    if "text_to_image" in fields and "text_to_image" not in changes:
        changes["text_to_image"] = str(folder.parent / f"generator-of-{folder.name}")
        write_untrained(tiny_run("gan_cls", pathlib.Path(changes["text_to_image"]), encoder))
    if "first_stage" in fields and "first_stage" not in changes:
        changes["first_stage"] = str(folder.parent / f"first-stage-of-{folder.name}")
        first = tiny_run("stackgan_stage1", pathlib.Path(changes["first_stage"]), encoder, image_size=SIDE // 2)
        write_untrained(first, requires=first.ensure_required(Train())).folder.write_finished(0)
    return Run(Experiment(model, PRESETS[model].default_dataset, tiny(model, **changes), str(folder)))


def write_untrained(run: Run, step: int = 0, contrast: float = 1.0, requires: dict | None = None) -> Run:
    """Leave a run folder as training does, of a model that has learned nothing; of more contrast pictures differ."""
    prepared = run.parts.prepare(run.splits.train)
    model = run.build(prepared)
    model.generator.set_weights([contrast * weight for weight in model.generator.get_weights()])
    record = run_record(run.experiment, prepared.config, prepared.data, requires or {}, 1, 0.0)
    record |= report_of(run.splits.train)
    with run.folder.made():
        run.folder.write_record(record)
        save(model, run.folder.checkpoints, step)
        run.parts.begin()
    return run


def write_captioned_folder(folder: pathlib.Path, count: int = 40) -> pathlib.Path:
    """Images with a text file beside each, as `--dataset=captions` reads them; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        write_noise(folder / f"{index:02}.png", index, 40)
        write_text(folder / f"{index:02}.txt", f"bird {index}\na picture of bird {index}\n")
    return folder


def write_random_embeddings(path: pathlib.Path, count: int = 40, dim: int = TEXT_DIM) -> pathlib.Path:
    """Precomputed embeddings for `write_captioned_folder`'s images; returns the file."""
    rows = np.random.default_rng(1).normal(size=(count, 2, dim)).astype(np.float32)
    write_embeddings(path, [f"{index:02}" for index in range(count)], list(rows))
    return path
