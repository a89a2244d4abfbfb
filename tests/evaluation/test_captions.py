"""Every number of an evaluation of captions, by a judge and a feature network whose answers are known."""

import numpy as np
import pytest

from evaluation.captions import CaptionDiversity, CaptionOutputs, NamedAttributes
from evaluation.distances import FeatureDistances
from evaluation.evaluator import Data, measure
from pipelines.examples import CaptionedImages, GroundTruth
from tests.evaluation.doubles import CELLS, SIDE, CaptionDouble, attribute_judge, extractor, in_range, pictures
from tests.metrics import reference

NAMES = ("wing color", "breast color", "belly color", "size")
COUNTS = (3, 2, 2, 2)
# What the judge sees in a picture of each kind.
SEEN = np.array([[0, 0, 0, 0], [1, 1, 0, 1], [2, 0, 1, 1], [0, 1, 1, 0]])


@pytest.fixture(scope="module")
def judge():
    return attribute_judge(SEEN, COUNTS)


def examples(kinds, attributes=None, mentions=None, labels=None, lines=2):
    """Pictures of kinds in the middle of a white frame; caption `line` of image `i` asks for kind 2 i + line."""
    images = np.pad(pictures(kinds, channels=3), ((0, 0), (3, 3), (3, 3), (0, 0)), constant_values=255)
    count, truth = len(kinds), None
    if attributes is not None:
        mentions = np.ones((count, lines, len(NAMES)), bool) if mentions is None else mentions
        values = tuple(tuple(map(str, range(size))) for size in COUNTS)
        truth = GroundTruth(NAMES, values, np.asarray(attributes), (), np.zeros((count, 0)), mentions)
    captions = tuple(tuple(f"kind {2 * row + line}" for line in range(lines)) for row in range(count))
    names = tuple(f"image {row}" for row in range(count))
    return CaptionedImages(images=images, names=names, captions=captions, labels=labels, truth=truth)


def outputs_of(given, asked, count=100, spread=0, has_encoder=False, **data):
    """The outputs of embeddings that ask for kinds: of image `i` the kind `asked[i]`."""
    data = Data(given, "test", count, **data)

    def embeddings(names):
        return [np.array([[asked[int(name.split()[1])], spread]] * 2) for name in names]

    return CaptionOutputs(CaptionDouble(has_encoder), data, SIDE, embeddings), data


def measured(evaluator, given, asked, **options):
    outputs, data = outputs_of(given, asked, **options)
    return measure([evaluator], outputs, data)


def test_named_attributes_of_samples_of_real_images_and_of_shuffled_captions(judge):
    # The judge sees what is true of three real images of four, and a kind of bird 1 in the fourth.
    given = examples([0, 1, 2, 1] * 2, SEEN[[0, 1, 2, 3] * 2])
    # Every caption draws kind 0: how often that is right does not depend on how the captions are shuffled.
    figures = measured(NamedAttributes(), given, np.zeros(8, int), judge=judge)
    # Wings 0, 1, 2, 0; breasts 0, 1, 0, 1 and bellies 0, 0, 1, 1 together; sizes 0, 1, 1, 0.
    samples = {"wing_color": 2 / 4, "breast_or_belly_color": 4 / 8, "size": 2 / 4}
    # Kind 1 in the place of 3: wings 1 for 0, breast right, belly 0 for 1, size 1 for 0.
    real = {"wing_color": 3 / 4, "breast_or_belly_color": 7 / 8, "size": 3 / 4}
    expected = {f"named_{group}": value for group, value in samples.items()}
    expected |= {f"named_{group}_of_shuffled": value for group, value in samples.items()}
    expected |= {f"named_{group}_of_real": value for group, value in real.items()}
    expected |= {
        "named_attributes": 1 / 2,
        "named_attributes_of_shuffled": 1 / 2,
        "named_attributes_of_real": (3 / 4 + 7 / 8 + 3 / 4) / 3,
    }
    assert figures == pytest.approx(expected)


def test_the_floor_is_of_other_captions_than_the_pictures_own(judge):
    kinds = np.arange(400) % 3
    figures = measured(NamedAttributes(), examples(kinds, SEEN[kinds]), kinds, judge=judge, count=400)
    assert figures["named_wing_color"] == figures["named_wing_color_of_real"] == figures["named_attributes"] == 1
    # Another caption has the same wings one time in three, and the same size five times in nine.
    assert figures["named_wing_color_of_shuffled"] == pytest.approx(1 / 3, abs=0.1)
    assert figures["named_size_of_shuffled"] == pytest.approx(5 / 9, abs=0.1)


def test_only_what_the_drawn_caption_mentions_counts(judge):
    kinds, mentions = np.arange(40) % 4, np.zeros((40, 1, 4), bool)
    # Wings are named of birds of kind 0 and right, sizes of those of kind 1 and wrong, with whatever picture they are
    # compared, as all pictures are of kind 0.
    mentions[kinds == 0, 0, 0] = mentions[kinds == 1, 0, 3] = True
    given = examples(kinds, SEEN[kinds], mentions, lines=1)
    figures = measured(NamedAttributes(), given, np.zeros(40, int), judge=judge)
    assert figures == {
        **dict.fromkeys(("named_wing_color", "named_wing_color_of_real", "named_wing_color_of_shuffled"), 1),
        **{"named_size": 0, "named_size_of_real": 1, "named_size_of_shuffled": 0},
        **{"named_attributes": 0.5, "named_attributes_of_real": 1, "named_attributes_of_shuffled": 0.5},
    }
    assert measured(NamedAttributes(), examples([0], SEEN[:1], mentions[2:3], lines=1), [0], judge=judge) == {}


def test_diversity_of_the_pictures_of_a_caption_and_of_the_real_images_of_a_class():
    # One class of a kind, one of three kinds, and one image alone, which has no distance.
    given = examples([4, 4, 0, 1, 2, 9], labels=np.array([5, 5, 1, 1, 1, 7]))
    figures = measured(CaptionDiversity(), given, np.zeros(6, int), spread=1)
    different = np.sqrt(2 * 2**2 / CELLS**2)
    # Twenty pictures of a caption, every other one of another kind: 100 of 190 pairs differ.
    assert figures == pytest.approx(
        {"diversity_within_caption": different * 100 / 190, "diversity_within_class_of_real": different / 2}
    )


@pytest.mark.parametrize("labels", [None, np.arange(4)])
def test_where_no_class_has_two_images_all_real_images_are_compared(labels):
    figures = measured(CaptionDiversity(), examples([0, 1, 1, 1], labels=labels), np.zeros(4, int))
    assert figures == pytest.approx(
        {"diversity_within_caption": 0, "diversity_within_class_of_real": np.sqrt(2 * 2**2 / CELLS**2) / 2}
    )


def test_the_frechet_distance_is_of_the_drawn_pictures_and_their_own_real_images():
    seen = []

    def features(images):
        seen.append(images)
        return images.reshape(len(images), -1)[:, ::24]

    given = examples([3, 1, 2, 0, 5])
    outputs, data = outputs_of(given, [4, 5, 6, 7, 8], count=3, features=extractor(features))
    figures = measure([FeatureDistances()], outputs, data)
    rows = outputs.chosen[:, 0]
    assert len(set(rows)) == 3
    # Without the frame.
    wanted = [in_range(pictures(np.array(kinds)[rows], 3)) for kinds in ([4, 5, 6, 7, 8], [3, 1, 2, 0, 5])]
    for found, images in zip(seen, wanted, strict=True):
        np.testing.assert_allclose(found, images, atol=1e-6)
    expected = reference.frechet_distance(*(images.reshape(3, -1)[:, ::24] for images in wanted))
    # Three images have no two subsets of two.
    assert figures == {"network_fd": pytest.approx(expected, rel=1e-4)}
    assert outputs.protocol() == {"captions": 3, "generated": 3, "real": 3}


def test_a_picture_is_of_the_chosen_caption_by_its_text_or_by_its_row_in_a_file():
    given = examples([0] * 8)
    for has_encoder in (True, False):
        outputs, _ = outputs_of(given, range(8), has_encoder=has_encoder, seed=1)
        if not has_encoder:
            outputs.embeddings = lambda names: [
                np.array([[2 * row, 0], [2 * row + 1, 0]]) for row in (int(name.split()[1]) for name in names)
            ]
        assert sorted(outputs.chosen[:, 0]) == list(range(8))
        # Either of the two captions of an image is chosen for some.
        assert set(outputs.chosen[:, 1]) == {0, 1}
        np.testing.assert_allclose(outputs.generated, in_range(pictures(outputs.chosen @ [2, 1], 3)), atol=1e-6)


def test_another_seed_chooses_other_captions():
    given = examples([0] * 6)
    one, same, other = (outputs_of(given, range(6), seed=seed)[0].chosen.tolist() for seed in (0, 0, 1))
    assert one == same != other
