"""Characters of a class, with attributes that are measured from their pixels."""

import dataclasses

import numpy as np

from engine.command import DrawnCommand, Sample
from engine.parts.asked import BATCH
from engine.parts.generation import COLUMNS, LABEL_WIDTH, ImageParts
from metrics.glyphs import measured, standardized
from models.generation.class_configs import ATTRIBUTES
from panels.attributes import attribute_rows
from panels.grids import captioned_rows
from pipelines.batches.draws import Batches
from pipelines.batches.labeled import real_batches
from pipelines.examples import DataError, RenderedGlyphs
from pipelines.images import to_float
from pipelines.report import printable
from pipelines.rows import evenly
from serving.hints import Hints

# Characters of which the attributes are drawn, a row each.
SHOWN = 6


def attributes_of(examples: RenderedGlyphs) -> np.ndarray:
    """(n, A) the attributes of real characters: measured, and compared with those of the same character.

    Not those that they were drawn with: these are relative to what the font is by itself, so that a bold letter of
    one font and a plain one of another would be asked for by one number, and could not be told apart from pixels.
    Within a character they have the mean and the variance of the numbers that are asked for, uniform in [-1, 1].

    Raises:
        DataError: nothing can be measured in an image.
    """
    found = measured(to_float(np.asarray(examples.images)).numpy())
    if not np.isfinite(found).all():
        empty = np.flatnonzero(~np.isfinite(found).all(axis=1))
        raise DataError(
            "weight, slant and width need characters that fonts draw in black. "
            f"Received: {len(empty):,} without, the first {printable(examples.names[empty[0]])}"
        )
    return standardized(found, np.asarray(examples.labels))


def in_words(attributes: np.ndarray) -> str:
    """(A,) attributes with their names."""
    return ", ".join(f"{name} {value:.1f}" for name, value in zip(ATTRIBUTES, attributes, strict=True))


class AttributeParts(ImageParts):
    """Trains with attributes; draws rows of them."""

    @staticmethod
    def make_batches(examples: RenderedGlyphs, config) -> Batches:
        """With the attributes."""
        return real_batches(examples, config, attributes_of(examples))

    def trained_on(self, batch, rows, examples):
        """A character with its class and attributes."""
        attributes = batch["attributes"].reshape((-1, len(ATTRIBUTES)))
        shown = super().trained_on(batch, rows, examples)
        return [(f"{name}: {in_words(own)}", cell) for (name, cell), own in zip(shown, attributes, strict=True)]

    def with_asked(self, sampler, command: DrawnCommand):
        """The sampler with the attributes that --attribute asks for."""
        return sampler.fixed("attributes", {ATTRIBUTES.index(name): own for name, own in command.attributes().items()})

    def rows(self, sampler, labels, seed: int, columns: int) -> np.ndarray:
        """(h, w, 3) uint8: of each class its attributes, from the lowest to the highest."""
        named = [(printable(self.class_names[label]), label) for label in labels]
        noise = sampler.latents(1, seed).numpy()[0]
        return captioned_rows(attribute_rows(sampler, named, ATTRIBUTES, noise, columns), LABEL_WIDTH)

    def panels(self, model):
        """And the attributes of some classes."""
        draw, sampler = super().panels(model), self.sampler(model)
        labels = evenly(sampler.classes, SHOWN)
        return lambda: {**draw(), "attributes": self.rows(sampler, labels, model.config.seed, COLUMNS)}

    def picture(self, sampler, command: Sample):
        """The attributes of the classes of --label, or of some, from the lowest to the highest; with --attribute, what
        it asks for; or a strip between two random ones.
        """
        if command.interpolate or command.attribute:
            return super().picture(self.with_asked(sampler, command), command)
        labels = self.labels(sampler, command) or evenly(sampler.classes, SHOWN)
        return self.rows(sampler, labels, command.seed, command.num_images)

    def asked(self, sampler, command):
        """With random attributes, but for those of --attribute; the table has them."""
        sampler = self.with_asked(sampler, command)
        asked = super().asked(sampler, command)
        start, end = sampler.place("attributes")

        def row(number: int) -> tuple:
            latent = sampler.latents(BATCH, command.seed, number // BATCH)[number % BATCH, start:end]
            return *asked.row(number), *(f"{value:.3f}" for value in latent.numpy())

        settings = {**asked.settings, "attributes": command.attributes()}
        return dataclasses.replace(asked, settings=settings, columns=(*asked.columns, *ATTRIBUTES), row=row)

    def hints(self, config):
        """The names of the attributes."""
        return Hints(attributes=ATTRIBUTES)
