import io

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import projector_config_pb2

from experiments.embedding import embedding, in_the_plane, neighbor_agreement
from experiments.projector import projector_contents
from tests.experiments import toys


def tones(count, channels=1, seed=0):
    """Images of three tones, and which."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    noise = rng.normal(0, 0.1, (count, toys.SIDE, toys.SIDE, channels))
    return ((labels - 1.0)[:, None, None, None] * 0.8 + noise).astype(np.float32), labels


@pytest.mark.parametrize("channels", [1, 3])
def test_images_with_different_features_lie_apart(channels):
    images, labels = tones(90, channels)
    generated, _ = tones(30, channels, seed=1)
    names = ("dark", "gray", "bright")
    finding = embedding(toys.discriminator(channels), images, labels, generated, names, cells=8)
    assert finding.figures["same_label"] > 0.95
    assert finding.figures["same_label_chance"] == pytest.approx(1 / 3, abs=0.05)
    # Generated images are among the real ones.
    assert finding.figures["generated_near_generated"] < 0.5
    assert finding.figures["generated_near_generated_chance"] == pytest.approx(29 / 119)
    assert finding.pictures["points"].shape == (700, 900, 3)
    height, width, _ = finding.pictures["thumbnails"].shape
    assert (height, width) == (20 + 8 * 12, max(8 * 12, width))


def test_the_plane_is_a_function_of_the_seed():
    features = np.random.default_rng(0).normal(size=(30, 4, 3))
    plane = in_the_plane(features)
    assert plane.shape == (30, 2)
    assert (plane.min(), plane.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(plane, in_the_plane(features))


def test_the_share_of_neighbors_with_the_same_label():
    points = np.array([[0.0], [1.0], [10.0], [11.5]])
    assert neighbor_agreement(points, np.array([0, 0, 1, 1]), neighbors=1) == (1.0, pytest.approx(1 / 3))
    assert neighbor_agreement(points, np.array([0, 1, 0, 1]), neighbors=1)[0] == 0.0
    assert neighbor_agreement(points, np.array([0, 0, 1, 2]), np.array([True, True, False, False]), 1)[0] == 1.0
    # All at one place: each still has others for neighbors.
    assert neighbor_agreement(np.zeros((40, 2)), np.arange(40))[0] == 0.0


@pytest.mark.parametrize("channels", [1, 3])
def test_the_projector_is_what_tensorboard_reads(tmp_path, channels):
    images, labels = tones(11, channels)
    features = np.random.default_rng(0).normal(size=(11, 2, 3))
    folder = tmp_path
    for name, content in projector_contents(features, images, labels, ("a\tb", "c d\n", "e")).items():
        (folder / name).write_bytes(content)
    config = text_format.Parse(
        (folder / "projector_config.pbtxt").read_text(), projector_config_pb2.ProjectorConfig()
    ).embeddings[0]
    table = np.loadtxt(folder / config.tensor_path, delimiter="\t")
    np.testing.assert_allclose(table, features.reshape(11, 6), rtol=1e-5)
    names = (folder / config.metadata_path).read_text().splitlines()
    assert names == [("a b", "c d", "e")[label] for label in labels]
    width, height = config.sprite.single_image_dim
    sprite = np.asarray(Image.open(folder / config.sprite.image_path))
    # Eleven images in a square of four by four.
    assert sprite.shape == (4 * height, 4 * width, 3) == (32, 32, 3)
    expected = np.clip(np.rint((images[5] + 1) * 127.5), 0, 255)
    np.testing.assert_array_equal(sprite[8:16, 8:16], np.broadcast_to(expected, (8, 8, 3)))


def test_the_configuration_is_written_last():
    images, labels = tones(3)
    contents = projector_contents(np.zeros((3, 2)), images, labels, ("a", "b", "c"))
    assert list(contents)[-1] == "projector_config.pbtxt"
    assert Image.open(io.BytesIO(contents["sprite.png"])).size == (16, 16)


def test_the_projector_needs_a_label_and_an_image_per_row():
    images, labels = tones(3)
    with pytest.raises(ValueError, match="equal length"):
        projector_contents(np.zeros((2, 2)), images, labels, ("a", "b", "c"))
