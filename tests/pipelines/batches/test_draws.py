import numpy as np
import tensorflow as tf

from pipelines.batches.draws import reader


def test_a_memory_map_is_read_like_memory(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (7, 5, 5, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    rows = tf.constant([6, 0, 0, 3])
    for read in (reader(images), reader(mapped)):
        np.testing.assert_array_equal(read(rows), images[[6, 0, 0, 3]])
        (batch,) = tf.data.Dataset.from_tensors(rows).map(read)
        np.testing.assert_array_equal(batch, images[[6, 0, 0, 3]])
        assert tf.data.Dataset.from_tensors(rows).map(read).element_spec.shape[1:] == (5, 5, 3)
