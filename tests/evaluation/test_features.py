"""Networks by name or file, and how images are resized for them."""

import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from evaluation import features, names
from evaluation.extractor import Extractor, resized
from evaluation.features import INCEPTION_SIDE, feature_network, inception
from evaluation.names import NetworkName, network_name, snake_case
from pipelines.examples import DataError


def network(size=None, classes=0):
    """A small network: the mean color as features, and the softmax of it as classes."""
    image = keras.Input((size, size, 3))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    return keras.Model(image, {"features": mean, "probabilities": keras.layers.Softmax()(mean)} if classes else mean)


def images(side=12, count=5, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, side, side, 3)).astype(np.float32)


def pillow_resized(image, side):
    """clean-fid's protocol: each channel by itself, as floats, by Pillow's bicubic filter."""
    channels = [
        Image.fromarray(image[..., channel], mode="F").resize((side, side), Image.Resampling.BICUBIC)
        for channel in range(image.shape[-1])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=-1)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (375, 500), (299, 299)])
def test_images_are_resized_as_pillow_resizes_floats(height, width):
    image = np.random.default_rng(0).uniform(0, 255, (height, width, 3)).astype(np.float32)
    found = resized(tf.constant(image[np.newaxis]), INCEPTION_SIDE)[0].numpy()
    # Of 255; without antialiasing the larger one would differ by 100.
    assert np.abs(found - pillow_resized(image, INCEPTION_SIDE)).max() < 0.01
    # Neither rounded nor clipped.
    assert found.max() > 255 or (height, width) == (299, 299)


@pytest.fixture(scope="module")
def random_inception():
    keras.utils.set_random_seed(0)
    return inception(None, "inception")


def test_inception_is_resized_to_and_gives_pooled_features_and_classes(random_inception):
    assert random_inception.resize == "antialiased bicubic to 299 x 299"
    assert random_inception.name == NetworkName("InceptionV3-Keras")
    pictures = images(64, 2)
    (found,) = random_inception.batches(pictures)
    assert found["features"].shape == (2, 2048)
    assert random_inception.has_probabilities
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-4)
    # What it sees is what Pillow makes of them.
    seen = np.stack([pillow_resized(picture, 299) for picture in pictures])
    np.testing.assert_allclose(random_inception(seen), found["features"], atol=1e-4)


def test_inceptions_weights_may_be_downloaded_by_hand(random_inception, tmp_path, monkeypatch):
    path = tmp_path / "by_hand.weights.h5"
    random_inception.network.network.save_weights(path)
    found = feature_network(str(path))
    assert found.weights == random_inception.weights
    assert (found.side, found.has_probabilities) == (INCEPTION_SIDE, True)
    # Others than Keras's own are not called so.
    assert found.name.key("fd") == "by_hand_weights_fd"
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(names.INCEPTION_FILES, path.name, md5)
    assert network_name(str(path)).title("fd") == "InceptionV3-Keras FD"


def test_without_a_network_one_line_says_what_would_be_downloaded_and_how_else_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(features, "is_reachable", lambda url: False)
    monkeypatch.setattr(features, "inception", lambda *arguments: pytest.fail("it was downloaded"))
    with pytest.raises(DataError) as raised:
        feature_network("inception")
    message = str(raised.value)
    assert "\n" not in message
    for part in ("no network", "96 MB", features.INCEPTION_URL, "--feature_network=", "downloaded by hand"):
        assert part in message
    assert message.endswith("Received: --feature_network=inception")


def test_with_a_network_the_download_is_announced_and_weights_that_are_there_are_taken(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(features, "is_reachable", lambda url: True)
    taken = []
    monkeypatch.setattr(features, "inception", lambda *arguments: taken.append(arguments))
    feature_network("inception")
    announced = capsys.readouterr().out
    for part in ("Downloading", "96 MB", features.INCEPTION_URL, str(tmp_path / "models")):
        assert part in announced
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / features.INCEPTION_FILE).touch()
    monkeypatch.setattr(features, "is_reachable", lambda url: pytest.fail("the network was asked"))
    feature_network("inception")
    assert taken == [("imagenet", "inception")] * 2
    assert not capsys.readouterr().out


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_file_or_folder_of_one_size_gets_images_of_it(tmp_path, is_folder):
    path = tmp_path / ("model" if is_folder else "model.keras")
    made = network(6, classes=3)
    if is_folder:
        made.export(path, verbose=False)
    else:
        made.save(path)
    found = feature_network(str(path))
    pictures = images()
    (batch,) = found.batches(pictures)
    expected = np.stack([pillow_resized(picture, 6) for picture in pictures]).mean(axis=(1, 2))
    np.testing.assert_allclose(batch["features"], expected, atol=1e-5)
    np.testing.assert_allclose(batch["probabilities"].sum(axis=1), 1, atol=1e-5)
    assert (found.resize, found.has_probabilities) == ("antialiased bicubic to 6 x 6", True)
    assert found.name.name == path.name


def test_a_network_of_any_size_gets_images_as_they_are_gray_ones_in_three_channels(tmp_path):
    network().save(tmp_path / "model.keras")
    found = feature_network(str(tmp_path / "model.keras"))
    assert (found.resize, found.has_probabilities) == ("none", False)
    gray = images()[..., :1]
    np.testing.assert_allclose(found(gray), np.repeat(gray.mean(axis=(1, 2)), 3, axis=1), atol=1e-6)


def test_many_images_are_seen_in_batches_that_fit_memory():
    sizes = []

    def counted(batch):
        sizes.append(batch.shape)
        return {"features": batch[:, 0, 0]}

    assert Extractor(counted, NetworkName("x"), side=0)(images(32, 600)).shape == (600, 3)
    assert [shape[0] for shape in sizes] == [128, 128, 128, 128, 88]
    sizes.clear()
    Extractor(counted, NetworkName("x"), side=299)(images(8, 5))
    assert [shape[:2] for shape in sizes] == [(2, 299), (2, 299), (1, 299)]


def test_a_network_that_is_named_sees_fewer_images_at_a_time(tmp_path):
    """Those of photographs take gigabytes otherwise."""
    network().save(tmp_path / "model.keras")
    found = feature_network(str(tmp_path / "model.keras"))
    assert [len(batch["features"]) for batch in found.batches(images(64, 40))] == [16, 16, 8]


def test_only_weights_of_the_graph_of_2015_known_by_checksum_are_called_by_its_name(tmp_path, monkeypatch):
    path = tmp_path / "inception-2015-12-05.keras"
    network().save(path)
    # The name of a file is no evidence.
    assert network_name(str(path)).key("fd") == "inception_2015_12_05_fd"
    monkeypatch.setattr(names, "INCEPTION_2015_FILES", frozenset({hashlib.sha256(path.read_bytes()).hexdigest()}))
    assert network_name(str(path)).key("fd") == "fid"
    network().export(tmp_path / "folder", verbose=False)
    assert network_name(str(tmp_path / "folder")).key("fd") == "folder_fd"


def test_what_is_no_network(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.h5").write_text("no weights")
    two = keras.Model({"a": keras.Input((4, 4, 3), name="a"), "b": (b := keras.Input((2,), name="b"))}, b)
    archive = keras.export.ExportArchive()
    archive.track(two)
    specs = [tf.TensorSpec((None, 4, 4, 3), name="a"), tf.TensorSpec((None, 2), name="b")]
    archive.add_endpoint("serving_default", lambda a, b: two({"a": a, "b": b}), specs)
    archive.write_out(str(tmp_path / "two"), verbose=False)
    accepted = r"must be a \.keras file, a SavedModel folder.*inception\. Received: "
    for name in ("empty", "text.h5", "two"):
        with pytest.raises(DataError, match=accepted) as raised:
            feature_network(str(tmp_path / name))
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("InceptionV3-Keras", "inception_v3_keras"),
        ("mobilenet_v2_imagenet.keras", "mobilenet_v2_imagenet"),
        ("My Net (2)", "my_net_2"),
        ("2nd.keras", "network_2_nd"),
        ("数.keras", "network"),
    ],
)
def test_keys_are_in_snake_case(name, key):
    assert snake_case(name) == key
