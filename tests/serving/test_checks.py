"""What a served model refuses, and in which words: of exports, of which nothing but the graph is run."""

import io
import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from serving.checks import guarded
from serving.export import export
from serving.guide import About
from serving.images import TranslationSampler, Translator
from serving.latents import LatentSampler
from serving.limits import Limits

LIMITS = Limits(rows=3, side=40, file_bytes=6000, caption_bytes=12)
SEEDS = np.array([1, 2, 3], np.int32)


def file_of(width, height, kind="png"):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def labeled(tmp_path_factory):
    """The signatures of an exported generator of 4 classes."""
    inputs = {"latent": keras.Input([3]), "label": keras.Input([], dtype="int32")}
    rows = keras.layers.Embedding(4, 12)(inputs["label"])
    image = keras.layers.Reshape([2, 2, 3])(keras.layers.Dense(12)(inputs["latent"]) + rows)
    sampler = LatentSampler(keras.Model(inputs, image), lambda count, seed: tf.zeros([count, 3]), 4)
    path = export(sampler, tmp_path_factory.mktemp("labeled"), About(limits=LIMITS))
    return tf.saved_model.load(str(path)).signatures


@pytest.fixture(scope="module")
def translating(tmp_path_factory):
    """Those of one that makes pictures negative."""
    image = keras.Input((None, None, 3))
    network = keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image))
    sampler = TranslationSampler({"AtoB": Translator(network, 8)})
    path = export(sampler, tmp_path_factory.mktemp("translating"), About(limits=LIMITS))
    return tf.saved_model.load(str(path)).signatures


def refusal(function, **inputs):
    """The sentence with which a request is refused."""
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        function(**{name: tf.constant(value) for name, value in inputs.items()})
    return re.search(r"assertion failed: \[(.*)\]", str(error.value))[1]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        (
            {"label": [0, 4, 1], "seed": SEEDS},
            "label must be 0 to 3. Received: 4 in row 1",
        ),
        ({"label": [-1], "seed": SEEDS[:1]}, "label must be 0 to 3. Received: -1 in row 0"),
        ({"label": [1, 2], "seed": SEEDS}, "label must have as many rows as seed, 3. Received: 2"),
        ({"label": [0] * 4, "seed": [0] * 4}, "seed must have at most 3 rows. Received: 4"),
        ({"label": 0, "seed": SEEDS[:1]}, "label must have the shape (B,). Received: []"),
        ({"label": [[0]], "seed": SEEDS[:1]}, "label must have the shape (B,). Received: [1 1]"),
    ],
)
def test_a_request_for_labels_is_refused_in_one_sentence(labeled, inputs, sentence):
    for name in ("serving_default", "pixels"):
        assert refusal(labeled[name], **inputs) == sentence


@pytest.mark.parametrize(
    ("latent", "sentence"),
    [
        (np.zeros((2, 4), "f"), "latent must have the shape (B, 3). Received: [2 4]"),
        (np.zeros(3, "f"), "latent must have the shape (B, 3). Received: [3]"),
        (np.array([[0, 0, 0], [0, np.nan, 0]], "f"), "latent must be finite. Received: NaN or infinity in row 1"),
        (np.array([[np.inf, 0, 0], [0, 0, 0]], "f"), "latent must be finite. Received: NaN or infinity in row 0"),
    ],
)
def test_latents_are_finite_and_of_the_right_width(labeled, latent, sentence):
    assert refusal(labeled["latent_and_label"], latent=latent, label=np.zeros(len(latent), np.int32)) == sentence


BAD_FILES = [
    (b"", "image_bytes must be JPEG or PNG files. Received: an empty file in row 1"),
    (b"no picture", "image_bytes must be JPEG or PNG files. Received: a file of another kind in row 1"),
    (file_of(9, 9, "gif"), "image_bytes must be JPEG or PNG files. Received: a GIF file in row 1"),
    (file_of(9, 9, "webp"), "image_bytes must be JPEG or PNG files. Received: a WebP file in row 1"),
    (file_of(9, 41), "image_bytes must have sides of 1 to 40 pixels. Received: 9 x 41 in row 1"),
    (file_of(41, 9, "jpeg"), "image_bytes must have sides of 1 to 40 pixels. Received: 41 x 9 in row 1"),
    # 58 kB that would be 48 MB of pixels.
    (file_of(4096, 4096)[:5000], "image_bytes must have sides of 1 to 40 pixels. Received: 4096 x 4096 in row 1"),
    (file_of(9, 9) + bytes(6000), "image_bytes must have at most 6000 bytes each. Received: {} in row 1"),
]


@pytest.mark.parametrize(("file", "sentence"), BAD_FILES)
def test_a_file_is_refused_by_its_first_bytes(translating, file, sentence):
    assert refusal(translating["serving_default"], image_bytes=[file_of(9, 9), file]) == sentence.format(len(file))


def test_pixels_have_sides_within_the_limit(translating):
    accepted = "images must have sides of 1 to 40 pixels. Received: "
    assert refusal(translating["pixels"], images=np.zeros((1, 3, 41, 3), np.uint8)) == f"{accepted}41 x 3"
    assert refusal(translating["pixels"], images=np.zeros((1, 0, 5, 3), np.uint8)) == f"{accepted}5 x 0"
    sentence = "images must have the shape (B, ?, ?, 3). Received: [1 3 4 1]"
    assert refusal(translating["pixels"], images=np.zeros((1, 3, 4, 1), np.uint8)) == sentence


def test_captions_have_a_length():
    spec = [tf.TensorSpec([None], tf.string, name="captions")]
    served = tf.function(
        guarded(lambda captions: {"length": tf.strings.length(captions)}, spec, LIMITS), input_signature=spec
    )
    # In bytes: what a limit is for is memory.
    sentence = "captions must have at most 12 bytes each. Received: 14 in row 1"
    assert refusal(served.get_concrete_function(), captions=["a red bird", "é" * 7]) == sentence
    np.testing.assert_array_equal(served(tf.constant(["a red bird", ""]))["length"], [10, 0])


def test_what_is_within_the_limits_is_served(labeled, translating):
    assert labeled["pixels"](label=tf.constant([0, 3, 1]), seed=tf.constant(SEEDS))["images"].shape == (3, 2, 2, 3)
    nothing = labeled["pixels"](label=tf.zeros([0], tf.int32), seed=tf.zeros([0], tf.int32))
    assert nothing["images"].shape == (0, 2, 2, 3)
    files = [file_of(40, 1), file_of(1, 40, "jpeg"), file_of(7, 9)]
    for file, png in zip(
        files, translating["serving_default"](image_bytes=tf.constant(files))["png_bytes"], strict=True
    ):
        assert tf.io.decode_png(png).shape == tf.io.decode_image(file).shape


def test_each_version_holds_a_request_of_each_signature_that_is_answered(tmp_path):
    inputs = {"latent": keras.Input([3]), "label": keras.Input([], dtype="int32")}
    rows = keras.layers.Embedding(4, 12)(inputs["label"])
    image = keras.layers.Reshape([2, 2, 3])(keras.layers.Dense(12)(inputs["latent"]) + rows)
    sampler = LatentSampler(keras.Model(inputs, image), lambda count, seed: tf.ones([count, 3]), 4)
    path = export(sampler, tmp_path / "export", About("cgan", limits=LIMITS))
    signatures = tf.saved_model.load(str(path)).signatures
    requests = {file.stem: json.loads(file.read_text()) for file in (path / "assets.extra" / "requests").iterdir()}
    assert set(requests) == set(signatures)
    for name, request in requests.items():
        assert request["signature_name"] == name
        (row,) = request["instances"]
        specs = signatures[name].structured_input_signature[1]
        given = {key: tf.constant([value], specs[key].dtype) for key, value in row.items()}
        (answer,) = signatures[name](**given).values()
        assert answer.shape[0] == 1
        guide = (tmp_path / "export" / "SERVING.md").read_text()
        assert f"curl -d @1/assets.extra/requests/{name}.json " in guide


def test_the_requests_that_warm_up_a_server_are_its_own(tmp_path):
    prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    image = keras.Input((None, None, 3))
    network = keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image))
    path = export(TranslationSampler({"AtoB": Translator(network, 8)}), tmp_path, About("pix2pix", limits=LIMITS))
    signatures = tf.saved_model.load(str(path)).signatures
    names = []
    for record in tf.data.TFRecordDataset(str(path / "assets.extra" / "tf_serving_warmup_requests")):
        request = prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        assert request.model_spec.name == "pix2pix"
        names.append(request.model_spec.signature_name)
        signatures[names[-1]](**{key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()})
    assert sorted(names) == sorted(signatures)
