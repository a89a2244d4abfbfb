"""Characters of a weight, slant and width that are asked for: do they have these?"""

import numpy as np

from evaluation.evaluator import Evaluator
from metrics.glyphs import measured, r_squared
from models.generation.class_configs import ATTRIBUTES
from pipelines.images import to_float
from pipelines.rows import evenly

# Real characters in which the rule is looked at.
COMPARED = 10_000


class AskedAttributes(Evaluator):
    """R^2 of asked against measured attributes (`metrics.glyphs`), over samples with random ones, each class in turn.

    Beside it that of the rule itself: of how real characters were drawn against what is measured in them, of the same
    character in the same font, as fonts are heavy, slanted or wide by themselves.
    """

    needs = frozenset({"asked_attributes", "rendered_styles"})
    higher = ("attribute_r_squared", *(f"{name}_r_squared" for name in ATTRIBUTES))

    def measure(self, outputs, data):
        """The mean of all attributes, then of each."""
        examples = data.examples
        rows = evenly(len(examples), COMPARED)
        real = measured(to_float(np.asarray(examples.images[rows])).numpy())
        kinds = np.asarray(examples.labels)[rows] * (1 + examples.fonts.max()) + examples.fonts[rows]
        asked, found = outputs.asked_attributes, measured(outputs.generated[:])
        shares = [r_squared(asked[:, place], found[:, place], outputs.asked) for place in range(len(ATTRIBUTES))]
        yield "attribute_r_squared", np.mean(shares)
        for place, (name, share) in enumerate(zip(ATTRIBUTES, shares, strict=True)):
            yield f"{name}_r_squared", share
            yield f"{name}_r_squared_of_rule", r_squared(examples.styles[rows, place], real[:, place], kinds)
