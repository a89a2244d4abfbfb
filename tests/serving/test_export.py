"""The exported model, in a process that knows nothing but TensorFlow, against the sampler here."""

import io
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from models.text_encoder.networks import text_encoder
from models.text_to_image import networks as reed
from serving.captions import CaptionSampler
from serving.encoder import CaptionEncoder
from serving.export import export
from serving.guide import About
from serving.latents import LatentSampler
from serving.limits import Limits
from tests.worlds import SIDE, TEXT_DIM, tiny

CAPTIONS = ["a small yellow bird with a black crown", "A RED BIRD!", "", "ünïcode " * 60]
SEEDS = [7, -3, 7, 2**31 - 1]
# Calls every signature and keeps what it gives. The arguments: the model's folder, the file to write.
CLIENT = """
import sys
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
given = dict(np.load(sys.argv[2]))
captions = tf.constant([bytes(caption) for caption in given.pop("captions")]) if "captions" in given else None
embeddings, noise = tf.constant(given["embeddings"]), tf.constant(given["noise"])
inputs = {
    "embeddings_and_noise": dict(embeddings=embeddings, noise=noise),
    "embeddings_and_seed": dict(embeddings=embeddings, seed=tf.constant(given["seed"][:3])),
}
inputs["serving_default"] = inputs["embeddings_and_seed"]
if captions is not None:
    inputs["serving_default"] = dict(captions=captions, seed=tf.constant(given["seed"]))
    others = dict(other_captions=tf.reverse(captions, [0]), share=tf.constant([0.0, 1.0, 0.5, 1.0]))
    inputs["embed"] = dict(captions=captions)
    inputs["between"] = inputs["serving_default"] | others
results = {"names": sorted(model.signatures)}
for name in model.signatures:
    of = "serving_default" if name == "pixels" else name.removesuffix("_pixels")
    (key, value), = model.signatures[name](**inputs[of]).items()
    value = value.numpy()
    if key == "png_bytes":
        value = np.array([np.pad(np.frombuffer(png, np.uint8), (0, 20000 - len(png))) for png in value])
    results[name + " " + key] = value
assert not {"serving", "models", "pipelines"} & set(sys.modules)
np.savez(sys.argv[3], **results)
"""


def make_sampler(with_encoder=True):
    keras.utils.set_random_seed(1)
    generator = reed.generator(tiny("gan_cls", text_dim=TEXT_DIM))
    # Weights that make pictures of all tones instead of gray.
    for variable in generator.trainable_variables:
        if variable.name == "kernel":
            variable.assign(variable * 8)
    encoder = None
    if with_encoder:
        encoder = CaptionEncoder(text_encoder(tiny("char_cnn_rnn"), TEXT_DIM))
    return CaptionSampler(generator, encoder)


def call(folder, scratch, **given):
    np.savez(scratch / "given.npz", **given)
    arguments = [sys.executable, "-c", CLIENT, str(folder), str(scratch / "given.npz"), str(scratch / "found.npz")]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=scratch)
    assert result.returncode == 0, result.stderr
    return dict(np.load(scratch / "found.npz"))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(sampler, what a client got for CAPTIONS)"""
    scratch, sampler = tmp_path_factory.mktemp("client"), make_sampler()
    rng = np.random.default_rng(0)
    given = {
        "embeddings": rng.normal(size=(3, TEXT_DIM)).astype(np.float32),
        "noise": rng.normal(size=(3, 5)).astype(np.float32),
        "seed": np.array(SEEDS, np.int32),
    }
    captions = np.array([caption.encode() for caption in CAPTIONS])
    folder = export(sampler, scratch / "export")
    return sampler, given, call(folder, scratch, captions=captions, **given)


def assert_same_pixels(one, other):
    assert one.dtype == other.dtype == np.uint8
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
    # Else one gray would equal any other.
    assert np.ptp(other) > 100


def test_a_caption_with_a_seed_gives_the_first_picture_of_the_sampler_whatever_the_other_rows_are(exported):
    sampler, _, found = exported
    for row, (caption, seed) in enumerate(zip(CAPTIONS, SEEDS, strict=True)):
        wanted = sampler.draw({"captions": [caption] * 2}, seed)[:1]
        assert_same_pixels(found["pixels images"][row : row + 1], wanted)


def test_embeddings_give_the_pixels_of_the_sampler(exported):
    sampler, given, found = exported
    wanted = sampler.draw({"embeddings": given["embeddings"], "latent": given["noise"]}, 0)
    assert_same_pixels(found["embeddings_and_noise_pixels images"], wanted)
    for row, seed in enumerate(SEEDS[:3]):
        wanted = sampler.draw({"embeddings": given["embeddings"][row : row + 1]}, seed)
        assert_same_pixels(found["embeddings_and_seed_pixels images"][row : row + 1], wanted)


def test_embeddings_of_captions_are_those_of_the_sampler(exported):
    sampler, _, found = exported
    np.testing.assert_allclose(found["embed embeddings"], sampler.embed(CAPTIONS), atol=1e-6)
    assert np.ptp(found["embed embeddings"]) > 0.01


def test_between_two_captions_lie_their_embeddings(exported):
    sampler, _, found = exported
    texts, shares = sampler.embed(CAPTIONS), [0.0, 1.0, 0.5, 1.0]
    for row, (share, seed) in enumerate(zip(shares, SEEDS, strict=True)):
        text = (1 - share) * texts[row] + share * texts[-1 - row]
        assert_same_pixels(
            found["between_pixels images"][row : row + 1], sampler.draw({"embeddings": text[np.newaxis]}, seed)
        )


def test_each_signature_of_png_files_has_a_twin_with_the_same_pixels(exported):
    _, _, found = exported
    names = ["between", "embeddings_and_noise", "embeddings_and_seed", "serving_default"]
    twins = {name: "pixels" if name == "serving_default" else f"{name}_pixels" for name in names}
    assert found["names"].tolist() == sorted([*twins, *twins.values(), "embed"])
    for name, twin in twins.items():
        # Pixels are several times as large in JSON: each signature gives one of the two.
        assert [key for key in found if key.startswith(f"{name} ")] == [f"{name} png_bytes"]
        for png, pixels in zip(found[f"{name} png_bytes"], found[f"{twin} images"], strict=True):
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png.tobytes()))), pixels)


def test_a_model_of_embeddings_has_no_captions(tmp_path):
    sampler = make_sampler(with_encoder=False)
    folder = export(sampler, tmp_path / "export")
    given = {"embeddings": np.eye(3, TEXT_DIM, dtype=np.float32), "noise": np.ones((3, 5), np.float32)}
    found = call(folder, tmp_path, seed=np.array(SEEDS, np.int32), **given)
    assert found["names"].tolist() == [
        "embeddings_and_noise",
        "embeddings_and_noise_pixels",
        "pixels",
        "serving_default",
    ]
    assert_same_pixels(found["pixels images"][:1], sampler.draw({"embeddings": given["embeddings"][:1]}, 7))


def test_versions_count_up_and_nothing_unfinished_is_left(tmp_path, monkeypatch):
    sampler = make_sampler(with_encoder=False)
    assert export(sampler, tmp_path / "export") == tmp_path / "export" / "1"
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", lambda self, target: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            export(sampler, tmp_path / "export")
    # What a killed export leaves has no number, and does not stand in the way.
    assert not (tmp_path / "export" / "2").exists()
    assert export(sampler, tmp_path / "export") == tmp_path / "export" / "2"
    assert sorted(path.name for path in (tmp_path / "export").iterdir()) == ["1", "2", "SERVING.md"]


def test_any_number_of_texts_is_sampled_in_batches():
    sampler = make_sampler()
    # More than the 64 that are drawn at once.
    texts = np.random.default_rng(0).normal(size=(70, TEXT_DIM)).astype(np.float32)
    latents = sampler.latents(70, 1).numpy()
    whole = sampler.draw({"embeddings": texts}, 1)
    parts = [
        sampler.draw({"embeddings": texts[rows], "latent": latents[rows]}, 0)
        for rows in (slice(0, 3), slice(3, 67), slice(67, None))
    ]
    assert whole.shape == (70, SIDE, SIDE, 3)
    assert_same_pixels(np.concatenate(parts), whole)
    assert sampler.encoder.embed_all([]).shape == (0, TEXT_DIM)
    np.testing.assert_allclose(
        sampler.encoder.embed_all(CAPTIONS, batch_size=3), sampler.encoder.embed_all(CAPTIONS), atol=1e-6
    )


def test_the_encoder_is_read_as_it_was_written(tmp_path):
    encoder = make_sampler().encoder
    encoder.save(tmp_path / "encoder.keras")
    loaded = CaptionEncoder.load(tmp_path / "encoder.keras")
    np.testing.assert_array_equal(loaded.embed_all(CAPTIONS), encoder.embed_all(CAPTIONS))
    assert tf.executing_eagerly()


@pytest.fixture(scope="module")
def labeled(tmp_path_factory):
    """An export of a conditional generator, whose classes have names of all kinds."""
    names = ("0", "red fox", "a|b*c", "caf\udce9", "zwei\nZeilen", "été")
    inputs = {"latent": keras.Input([3]), "label": keras.Input([], dtype="int32")}
    rows = keras.layers.Embedding(len(names), 12)(inputs["label"])
    image = keras.layers.Reshape([2, 2, 3])(keras.layers.Dense(12)(inputs["latent"]) + rows)
    sampler = LatentSampler(
        keras.Model(inputs, image), lambda count, seed: tf.zeros([count, 3]), len(names), class_names=names
    )
    folder = tmp_path_factory.mktemp("labeled") / "export"
    export(sampler, folder, About("cgan", "cgan on folder, weights of step 8"))
    about = About("cgan", "cgan on folder, averaged weights of step 9", Limits(rows=3, side=50, file_bytes=70))
    return export(sampler, folder, about)


def test_the_names_of_the_labels_travel_with_each_version(labeled):
    names = ["0", "red fox", "a|b*c", "caf\\xe9", "zwei\\nZeilen", "été"]
    for version in (labeled, labeled.parent / "1"):
        found = json.loads((version / "assets.extra" / "classes.json").read_text(encoding="utf-8"))
        assert found == {str(label): name for label, name in enumerate(names)}
    served = tf.saved_model.load(str(labeled)).signatures["pixels"]
    assert served(label=tf.constant([5]), seed=tf.constant([1]))["images"].shape[0] == 1


def test_the_guide_says_what_goes_in_and_what_comes_out(labeled):
    guide = (labeled.parent / "SERVING.md").read_text(encoding="utf-8")
    assert "Version 2: cgan on folder, averaged weights of step 9." in guide
    for line in (
        "| `serving_default` | `seed` (B,) int32, `label` (B,) int32 | `png_bytes` (B,) string |",
        "| `latent_and_label_pixels` | `latent` (B, 3) float32, `label` (B,) int32 | `images` (B, 2, 2, 3) uint8 |",
        "- rows of a batch: 3",
        "| 0 | 0 |",
        "| 1 | red fox |",
        r"| 2 | a\|b\*c |",
        r"| 3 | caf\\xe9 |",
        r"| 4 | zwei\\nZeilen |",
        "| 5 | été |",
    ):
        assert line in guide.splitlines()


def test_what_takes_no_labels_has_no_table_of_them(tmp_path):
    folder = export(make_sampler(with_encoder=False), tmp_path / "export")
    assert not (folder / "assets.extra" / "classes.json").exists()
    guide = (tmp_path / "export" / "SERVING.md").read_text()
    assert "Labels" not in guide
    assert f"| `serving_default` | `embeddings` (B, {TEXT_DIM}) float32, `seed` (B,) int32 |" in guide
