import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.examples import DataError
from pipelines.holdout import hold_out, split_rows
from pipelines.readers.points import load_ring
from pipelines.rows import ImageRows
from tests.worlds import captioned_images, labeled_images, paired_images, unpaired_images


@given(count=st.integers(2, 300), share=st.floats(0.001, 0.5), seed=st.integers(0, 99))
def test_each_row_is_kept_or_held_out_in_its_order(count, share, seed):
    if max(1, round(share * count)) >= count:
        return
    kept, held = split_rows(count, share, seed)
    assert len(held) == max(1, round(share * count))
    assert sorted([*kept, *held]) == list(range(count))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held) > 0).all()
    again = split_rows(count, share, seed)
    np.testing.assert_array_equal(again[1], held)


def test_the_rows_are_those_of_the_seeds_permutation():
    _, held = split_rows(100, 0.1, 7)
    assert held.tolist() == sorted(np.random.default_rng(7).permutation(100)[:10].tolist())
    assert held.tolist() != split_rows(100, 0.1, 8)[1].tolist()


@pytest.mark.parametrize(
    "examples", [captioned_images(), labeled_images(), paired_images()], ids=lambda examples: type(examples).__name__
)
def test_both_parts_are_tables_of_the_same_kind(examples):
    kept, held = hold_out(examples, 0.2, seed=3)
    rows = split_rows(len(examples), 0.2, 3)
    for part, chosen in ((kept, rows[0]), (held, rows[1])):
        assert type(part) is type(examples)
        assert part.names == tuple(examples.names[row] for row in chosen)
        if examples.labels is not None:
            np.testing.assert_array_equal(part.labels, examples.labels[chosen])
            assert part.class_names == examples.class_names
    assert {*kept.names, *held.names} == set(examples.names)


def test_ground_truth_and_captions_stay_with_their_images():
    examples = captioned_images()
    for part in hold_out(examples, 0.3, seed=0):
        rows = [examples.names.index(name) for name in part.names]
        np.testing.assert_array_equal(part.images, examples.images[rows])
        assert part.captions == tuple(examples.captions[row] for row in rows)
        np.testing.assert_array_equal(part.truth.attributes, examples.truth.attributes[rows])
        assert len(part.truth.mentions) == len(part.truth.style) == len(rows)


def test_each_side_of_unpaired_images_is_split_by_itself():
    examples = unpaired_images(count_a=40, count_b=10)
    kept, held = hold_out(examples, 0.25, seed=0)
    assert (len(kept.a), len(held.a), len(kept.b), len(held.b)) == (30, 10, 8, 2)
    assert {*kept.names_a, *held.names_a} == set(examples.names_a)
    assert {*kept.names_b, *held.names_b} == set(examples.names_b)
    np.testing.assert_array_equal(held.b, examples.b[[examples.names_b.index(name) for name in held.names_b]])


def test_a_mixture_never_runs_out_of_points():
    mixture = load_ring("train", 0, "", "")
    kept, held = hold_out(mixture, 0.1, seed=0)
    assert kept is mixture
    assert held is mixture


def test_memory_mapped_images_are_not_copied(tmp_path):
    examples = captioned_images()
    np.save(tmp_path / "images.npy", examples.images)
    mapped = dataclasses.replace(examples, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    for part, in_memory in zip(hold_out(mapped, 0.2, 0), hold_out(examples, 0.2, 0), strict=True):
        assert isinstance(part.images, ImageRows)
        assert part.images.images is mapped.images
        np.testing.assert_array_equal(part.images, in_memory.images)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_the_share_is_a_share(share):
    for examples in (labeled_images(), unpaired_images(), load_ring("train", 0, "", "")):
        with pytest.raises(DataError, match=r"must be between 0 and 1\. Received: (0|1|-0\.1|2|nan)$"):
            hold_out(examples, share, 0)


def test_something_must_be_left_to_train_on():
    with pytest.raises(DataError, match=r"at least one of the images must be left .* share of 0.1 .*Received: 1$"):
        hold_out(labeled_images(classes=1, per_class=1), 0.1, 0)
    with pytest.raises(DataError, match=r"at least one of the pairs must be left .* share of 0.9 .*Received: 3$"):
        hold_out(paired_images(3), 0.9, 0)
    with pytest.raises(DataError, match=r"at least one of the images of B must be left .*Received: 1$"):
        hold_out(unpaired_images(5, 1), 0.1, 0)
