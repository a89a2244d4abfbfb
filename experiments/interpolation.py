"""From sentence to sentence with the noise fixed, and from noise to noise with the sentence fixed (Reed et al. 2016,
section 5.6 and figure 8): are the steps even, and do the ends show what is asked?
"""

import functools
from collections.abc import Callable

import numpy as np

from evaluation.captions import CaptionOutputs
from evaluation.evaluator import Data
from evaluation.judges import judge_all, judge_extractor
from experiments.result import Finding, ratio
from experiments.subject import Evaluated
from metrics.text_to_image import attribute_accuracy
from panels.grids import captioned_rows
from panels.interpolation import Strip, between_latents, between_texts

# How many strips of each kind are measured and shown, and images in each.
STRIPS, SHOWN, STEPS = 40, 6, 12


def run(subject: Evaluated) -> Finding:
    """Strips between captions of unseen classes, and between two noises for such captions.

    Returns:
        Pictures "sentences" and "noises". Figures for each: "largest_over_mean_step", the largest of a strip's steps
        over their mean (1 where all are alike, STEPS - 1 where everything changes in one), the mean over the strips, in
        the judge's features if there is a judge, and "..._in_pixels"; "named_attributes_at_ends", the mean over the
        groups of `metrics.text_to_image`, of the caption that each end was drawn for.
    """
    outputs, data = subject.outputs, subject.data
    count = min(STRIPS, len(outputs.chosen) - 1)
    captions = [data.examples.captions[image][caption] for image, caption in outputs.chosen[: count + 1]]
    texts, latents = outputs.texts[: count + 1], outputs.sampler.latents(2, data.seed).numpy()
    kinds = {
        "sentences": (between_texts(captions, texts, latents[0], STEPS), (0, 1)),
        "noises": (between_latents(captions[:count], texts[:count], *latents, STEPS), (0, 0)),
    }
    pictures, figures = {}, {}
    for kind, (strips, ends) in kinds.items():
        images = np.stack([drawn(outputs, strip) for strip in strips])
        pictures[kind] = captioned_rows([(strip[0], row) for strip, row in zip(strips[:SHOWN], images, strict=False)])
        figures[kind] = smoothness(images, data) | attributes_at_ends(images, outputs, data, ends)
    return Finding(pictures, {"strips": count, "steps": STEPS, **figures})


def drawn(outputs: CaptionOutputs, strip: Strip) -> np.ndarray:
    """(STEPS, h, w, 3) uint8 images of a strip."""
    _, texts, latents = strip
    return outputs.sampler.draw({"embeddings": texts, "latent": latents}, outputs.data.seed)


def smoothness(images: np.ndarray, data: Data) -> dict[str, float | None]:
    """How even the steps of (strips, steps, h, w, 3) uint8 images are: see `run`."""
    spaces: dict[str, Callable] = {"_in_pixels": lambda pictures: pictures.reshape(len(pictures), -1)}
    if data.judge is not None:
        spaces[""] = judge_extractor(data.judge)
    flat = images.reshape(-1, *images.shape[2:]).astype(np.float32) / 127.5 - 1.0
    return {
        f"largest_over_mean_step{name}": largest_over_mean_step(space(flat).reshape(*images.shape[:2], -1))
        for name, space in spaces.items()
    }


def largest_over_mean_step(points: np.ndarray) -> float | None:
    """The mean over strips of the largest step over the mean step; strips that do not move at all are left out.

    Args:
        points: (strips, steps, d).
    """
    steps = np.linalg.norm(np.diff(np.asarray(points, np.float64), axis=1), axis=2)
    found = [ratio(strip.max(), strip.mean()) for strip in steps]
    found = [value for value in found if value is not None]
    return float(np.mean(found)) if found else None


def attributes_at_ends(
    images: np.ndarray, outputs: CaptionOutputs, data: Data, ends: tuple[int, int]
) -> dict[str, float]:
    """The share of the attributes that captions name which the judge sees at both ends of strips; {} without a judge.

    Args:
        images: (strips, steps, h, w, 3) uint8.
        outputs: of which strip i begins with the chosen caption i.
        data: with the judge, and the attributes of each example.
        ends: which caption after i each end was drawn for.
    """
    truth = data.examples.truth
    if data.judge is None or truth is None:
        return {}
    judge = functools.partial(judge_all, data.judge)
    chosen = np.concatenate([outputs.chosen[end : end + len(images)] for end in ends])
    pictures = np.concatenate([images[:, 0], images[:, -1]]).astype(np.float32) / 127.5 - 1.0
    seen, mentions = judge(pictures), truth.mentions[chosen[:, 0], chosen[:, 1]]
    shares = attribute_accuracy(seen, truth.attributes[chosen[:, 0]], mentions, truth.attribute_names)
    return {"named_attributes_at_ends": float(np.mean(list(shares.values())))} if shares else {}
