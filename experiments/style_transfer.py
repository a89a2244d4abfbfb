"""Style transfer: captions drawn in the style of real images (Reed et al. 2016, section 4.4 and figure 6)."""

import math

import numpy as np

from evaluation.evaluator import measure
from evaluation.styles import StyleVerification, TransferredAttributes
from experiments.result import Finding
from experiments.subject import Evaluated
from panels.grids import captioned_rows
from panels.styles import transfer_rows

# Of the picture: captions by images.
CAPTIONS, IMAGES = 8, 8


def run(subject: Evaluated) -> Finding:
    """A grid of captions by images of unseen classes; with figures of what styles know, and of what captions keep.

    Returns:
        Picture "transfers": the images, and below them a row a caption, of other images. Figures: those of
        `evaluation.styles`, where the pose, the background and the attributes are known.
    """
    outputs, data = subject.outputs, subject.data
    figures = measure([StyleVerification(), TransferredAttributes()], outputs, data)
    chosen, captions = outputs.samples.chosen, data.examples.captions
    images, rows = outputs.images[:IMAGES], np.arange(len(chosen))[IMAGES:][:CAPTIONS]
    # Of few examples the captions are those of the images.
    rows = rows if len(rows) else np.arange(len(chosen))[:CAPTIONS]
    labels = [captions[image][caption] for image, caption in chosen[rows]]
    grid = captioned_rows(transfer_rows(outputs.sampler, images, labels, outputs.samples.texts[rows], data.seed))
    return Finding(
        {"transfers": grid}, {key: value if math.isfinite(value) else None for key, value in figures.items()}
    )
