import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.batches.draws import reader
from pipelines.images import center_crop, in_channels, with_channels
from pipelines.real_images import RealImages
from pipelines.rows import ImageRows, image_rows, in_chunks, rows_of, some_of
from tests.worlds import as_glyphs, captioned_images, labeled_images, paired_images, unpaired_images

ROWS = np.array([6, 0, 3, 3])


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (9, 6, 6, 3), np.uint8)


@pytest.fixture
def mapped(images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    return np.load(tmp_path / "images.npy", mmap_mode="r")


KEYS = st.one_of(
    st.integers(-4, 3),
    st.slices(4),
    st.lists(st.integers(-4, 3), max_size=6).map(lambda rows: np.array(rows, np.int64)),
    st.lists(st.booleans(), min_size=4, max_size=4).map(np.array),
    st.just(Ellipsis),
    st.just(None),
)
OTHERS = st.lists(st.one_of(st.slices(6), st.integers(-3, 2)), max_size=3)


@settings(max_examples=200, deadline=None)
@given(key=KEYS, others=OTHERS)
def test_a_view_is_indexed_like_an_array(key, others):
    images = np.random.default_rng(0).integers(0, 256, (9, 6, 6, 3), np.uint8)
    whole = (key, *others)
    view, array = ImageRows(images, ROWS), images[ROWS]
    np.testing.assert_array_equal(view[whole], array[whole])
    np.testing.assert_array_equal(view[key], array[key])


def test_a_view_looks_like_an_array(images, mapped):
    view = ImageRows(mapped, ROWS)
    assert (view.shape, view.dtype, len(view)) == ((4, 6, 6, 3), np.uint8, 4)
    np.testing.assert_array_equal(np.asarray(view), images[ROWS])
    assert np.asarray(view, np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.stack(list(view)), images[ROWS])
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(view, copy=False)


def test_a_view_reads_no_more_than_it_is_asked_for(images):
    class Counting:
        """Notes which rows are read."""

        shape, dtype, read = images.shape, images.dtype, []

        def __len__(self):
            return len(images)

        def __getitem__(self, key):
            self.read.append(np.ravel(key[0]).tolist())
            return images[key]

    view = ImageRows(Counting(), ROWS)
    assert (len(view), view.shape) == (4, (4, 6, 6, 3))
    view[1:3]
    view[2, :4]
    assert Counting.read == [[0, 3], [3]]


def test_functions_of_images_take_a_view(images, mapped):
    view = ImageRows(mapped, ROWS)
    assert with_channels(view, 3) is view
    np.testing.assert_array_equal(with_channels(view, 1), with_channels(images[ROWS], 1))
    np.testing.assert_array_equal(with_channels(ImageRows(mapped[..., :1], ROWS), 3), images[ROWS][..., [0, 0, 0]])
    np.testing.assert_array_equal(center_crop(view, 4), center_crop(images[ROWS], 4))
    (batch,) = tf.data.Dataset.from_tensors(tf.constant([2, 0])).map(reader(view))
    np.testing.assert_array_equal(batch, images[[3, 6]])
    np.testing.assert_array_equal(reader(view)(tf.constant([1])), images[[0]])


def test_many_images_in_memory_are_not_copied(images, monkeypatch):
    few = reader(images)(tf.constant([2, 2, 8])).numpy()
    monkeypatch.setattr("pipelines.rows.COPIED", images.nbytes - 1)
    monkeypatch.setattr("pipelines.batches.draws.COPIED", images.nbytes - 1)
    view = image_rows(images, ROWS)
    assert isinstance(view, ImageRows)
    assert view.images is images
    np.testing.assert_array_equal(np.asarray(view), images[ROWS])
    read = reader(images)
    np.testing.assert_array_equal(read(tf.constant([2, 2, 8])).numpy(), few)
    # What is read is a copy of these rows of the one array.
    images[2] = 0
    assert not read(tf.constant([2])).numpy().any()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_has_the_channels_of_the_whole_set(images, channels):
    for array in (images, images[..., :1]):
        np.testing.assert_array_equal(in_channels(tf.constant(array), channels), with_channels(array, channels))


def test_all_rows_are_read_some_at_a_time(images, mapped, monkeypatch):
    monkeypatch.setattr("pipelines.rows._AT_ONCE", 2 * images[0].nbytes)
    for array in (images, mapped, ImageRows(mapped, np.arange(9))):
        starts, parts = zip(*((start, np.array(part)) for start, part in in_chunks(array)), strict=True)
        assert starts == (0, 2, 4, 6, 8)
        np.testing.assert_array_equal(np.concatenate(parts), images)


def test_rows_of_images_are_copied_only_from_memory(images, mapped):
    assert image_rows(mapped, range(9)) is mapped
    assert image_rows(images, range(9)) is images
    assert type(image_rows(images, ROWS)) is np.ndarray
    view = image_rows(mapped, ROWS)
    assert isinstance(view, ImageRows)
    # A view of a view reads the file, not the view.
    nested = image_rows(view, [1, 0])
    assert nested.images is mapped
    np.testing.assert_array_equal(nested, images[[0, 6]])
    # An array that begins with the same rows is not the whole.
    assert len(image_rows(images, range(8))) == 8


def test_all_columns_of_a_table_are_taken_together():
    examples = captioned_images()
    some = rows_of(examples, ROWS)
    assert type(some) is type(examples)
    assert len(some) == 4
    np.testing.assert_array_equal(some.images, examples.images[ROWS])
    np.testing.assert_array_equal(some.labels, examples.labels[ROWS])
    assert some.names == tuple(examples.names[row] for row in ROWS)
    assert some.captions == tuple(examples.captions[row] for row in ROWS)
    assert some.class_names == examples.class_names
    assert some.truth.attribute_names == examples.truth.attribute_names
    for name in ("attributes", "style", "mentions"):
        np.testing.assert_array_equal(getattr(some.truth, name), getattr(examples.truth, name)[ROWS])


def test_what_a_table_does_not_have_stays_missing():
    captioned = dataclasses.replace(captioned_images(), truth=None, labels=None, class_names=())
    some = rows_of(captioned, ROWS)
    assert (some.truth, some.labels, some.class_names) == (None, None, ())
    assert rows_of(paired_images(), ROWS).labels is None


def test_styles_and_fonts_stay_with_their_characters():
    glyphs = as_glyphs(labeled_images())
    some = rows_of(glyphs, ROWS)
    np.testing.assert_array_equal(some.styles, glyphs.styles[ROWS])
    np.testing.assert_array_equal(some.fonts, glyphs.fonts[ROWS])
    assert some.fonts.tolist() == [0, 0, 1, 1]
    assert some.style_names == glyphs.style_names


def test_pairs_stay_together_and_sides_apart():
    pairs = dataclasses.replace(paired_images(), labels=np.arange(10) // 3)
    some = rows_of(pairs, ROWS)
    np.testing.assert_array_equal(some.a, 255 - some.b)
    np.testing.assert_array_equal(some.labels, [2, 0, 1, 1])
    sides = rows_of(unpaired_images(), (np.array([9, 1]), np.array([5])))
    assert (sides.names_a, sides.names_b) == (("a 9", "a 1"), ("b 5",))
    np.testing.assert_array_equal(sides.a, unpaired_images().a[[9, 1]])
    np.testing.assert_array_equal(sides.b, unpaired_images().b[[5]])


def test_some_are_spread_evenly_and_in_memory(mapped):
    examples = dataclasses.replace(labeled_images(), images=np.asarray(labeled_images().images))
    some = some_of(examples, 3)
    assert some.names == ("train/0", "train/11", "train/23")
    assert len(some_of(examples, 1000)) == len(examples)
    large = dataclasses.replace(examples, images=mapped, names=tuple("abcdefghi"), labels=None, class_names=())
    for count in (4, 9):
        assert type(some_of(large, count).images) is np.ndarray
    assert (some_of(unpaired_images(), 8).names_a[-1], len(some_of(unpaired_images(), 8).b)) == ("a 9", 7)
    assert len(some_of(paired_images(), 4)) == 4


def test_real_images_are_the_middle_in_the_models_channels(images, mapped):
    names = [f"image {row}" for row in range(9)]
    for kept in (images, mapped):
        gray = RealImages(kept, names, (2, 4), 1)
        assert (gray.shape, gray.dtype, len(gray)) == ((9, 2, 4, 1), np.uint8, 9)
        wanted = with_channels(images[:, 2:4, 1:5], 1)
        np.testing.assert_array_equal(gray[:], wanted)
        some = gray.take(ROWS)
        np.testing.assert_array_equal(some[1:3], wanted[ROWS[1:3]])
        np.testing.assert_array_equal(some[np.array([3, 0])], wanted[ROWS[[3, 0]]])
        assert some.names == ("image 6", "image 0", "image 3", "image 3")
