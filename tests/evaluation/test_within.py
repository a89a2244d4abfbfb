"""MS-SSIM among the images of one class, and of one caption."""

import numpy as np
import pytest

from evaluation.captions import CaptionOutputs
from evaluation.evaluator import Data, measure, protocol_of
from evaluation.images import ImageOutputs
from evaluation.within import ConditionalSimilarity, WithinClassSimilarity
from metrics.similarity import multi_scale_similarity
from pipelines.examples import CaptionedImages, LabeledImages
from tests.evaluation.doubles import LatentDouble

SIDE = 22
NOISE = np.random.default_rng(0).integers(0, 256, (12, SIDE, SIDE, 1), np.uint8)
KEY = "ms_ssim_within_class"


def measured(generated, real, labels, side_of=ConditionalSimilarity):
    names = tuple(map(str, range(len(real))))
    examples = LabeledImages(images=real, names=names, labels=labels, class_names=("a", "b"))
    data = Data(examples, "test", len(generated), model_has=frozenset({"condition"}))
    outputs = ImageOutputs(LatentDouble(generated, classes=2), data, 1)
    return measure([side_of()], outputs, data), protocol_of([side_of()], outputs, data)


def test_a_class_of_one_picture_is_alike_and_one_of_noise_is_not():
    # Asked for 0, 1, 0, ...: of class 0 always one picture, of class 1 another one each time.
    generated = NOISE.copy()
    generated[::2] = NOISE[0]
    pairs = [(one, other) for one in range(1, 12, 2) for other in range(1, 12, 2) if one != other]
    noise = np.mean([multi_scale_similarity(*(NOISE[[row]] / 127.5 - 1 for row in pair))[0] for pair in pairs])
    assert noise < 0.2
    # Real images of one class are alike in both classes, whatever their order.
    labels = np.array([1, 1, 0, 0, 1, 0])
    figures, protocol = measured(generated, NOISE[labels], labels)
    assert figures == {KEY: pytest.approx((1 + noise) / 2, abs=0.03), f"{KEY}_of_real": pytest.approx(1)}
    assert protocol == {"ms_ssim_scales": 2}


def test_an_image_is_never_beside_itself():
    figures, _ = measured(NOISE[:4], NOISE[:3], np.array([0, 1, 1]))
    assert figures[KEY] < 0.5
    # A class of one image says nothing.
    pair = multi_scale_similarity(NOISE[1:2] / 127.5 - 1, NOISE[2:3] / 127.5 - 1)[0]
    assert figures[f"{KEY}_of_real"] == pytest.approx(pair, abs=1e-5)


def test_of_images_smaller_than_the_window_there_is_none():
    assert measured(NOISE[:4, :8, :8], NOISE[:4, :8, :8], np.array([0, 0, 1, 1])) == ({}, {})


def test_the_pictures_of_a_caption_are_compared_with_each_other():
    real = np.repeat(NOISE, 3, axis=3)

    class Sampler:
        encoder = None

        def draw(self, inputs, seed):
            # Of an even caption always one picture, of an odd one noise.
            kinds = np.asarray(inputs["embeddings"], int)[:, 0]
            noise = np.random.default_rng(seed).integers(0, 256, (len(kinds), SIDE, SIDE, 3), np.uint8)
            return np.where((kinds % 2)[:, np.newaxis, np.newaxis, np.newaxis], noise, real[0])

    examples = CaptionedImages(
        images=real,
        names=tuple(map(str, range(12))),
        captions=(("a bird",),) * 12,
        labels=np.repeat(np.arange(6), 2),
    )
    data = Data(examples, "test", 12)
    outputs = CaptionOutputs(Sampler(), data, SIDE, lambda names: [np.array([[int(name)]]) for name in names])
    figures = measure([WithinClassSimilarity()], outputs, data)
    assert figures["ms_ssim_within_caption"] == pytest.approx(0.5, abs=0.1)
    assert figures["ms_ssim_within_class_of_real"] < 0.2
