"""Every number of an evaluation of judges who see what is written in the pictures."""

import numpy as np
import pytest

from evaluation.evaluator import Data, measure
from evaluation.judges import AttributeAccuracy, ClassAccuracy, JudgeOutputs
from pipelines.examples import CaptionedImages, GroundTruth, LabeledImages
from tests.evaluation.doubles import attribute_judge, class_judge, pictures

# More than are looked at in one batch.
KINDS = np.arange(300) % 3


def test_the_accuracy_of_a_class_judge_is_of_the_middle_of_all_images_of_the_split():
    images = np.pad(pictures(KINDS, channels=3), ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
    # Kinds 0 and 1 are taken for what they are, 2 for class 0; every sixth label is another's.
    labels = KINDS.copy()
    labels[::6] = 2
    names = tuple(map(str, range(300)))
    data = Data(LabeledImages(images=images, names=names, labels=labels, class_names=("a", "b", "c")), "test", 1)
    outputs = JudgeOutputs(class_judge([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]]), data, 1)
    assert outputs.protocol() == {"real": 300}
    # Of 300, 100 are of kind 2 and 50 of kind 0 have the label 2.
    assert measure([ClassAccuracy()], outputs, data) == {"accuracy": 0.5}


def test_the_accuracy_of_an_attribute_judge_by_attribute_and_their_mean():
    seen = np.array([[0, 1], [1, 1], [2, 0]])
    attributes = seen[KINDS].copy()
    attributes[:75, 0] = 3 - attributes[:75, 0] % 3
    attributes[:30, 1] = 1 - attributes[:30, 1]
    wrong = np.mean(attributes != seen[KINDS], axis=0)
    values = (("a", "b", "c", "d"), ("x", "y"))
    truth = GroundTruth(("wing color", "size"), values, attributes, (), np.zeros((300, 0)), np.ones((300, 1, 2), bool))
    names, captions = tuple(map(str, range(300))), (("a bird",),) * 300
    data = Data(CaptionedImages(images=pictures(KINDS, 3), names=names, captions=captions, truth=truth), "test", 1)
    outputs = JudgeOutputs(attribute_judge(seen, (4, 2)), data, 3)
    assert wrong[1] == 0.1 != wrong[0]
    assert measure([AttributeAccuracy()], outputs, data) == pytest.approx(
        {"wing_color_accuracy": 1 - wrong[0], "size_accuracy": 0.9, "accuracy": (1 - wrong[0] + 0.9) / 2}
    )
