"""A generator that reads words, from training to serving: its texts are sequences, where others' are vectors."""

import numpy as np
import pytest
import tensorflow as tf

from engine.command import Train
from engine.folder import RunError
from serving.alignment import Alignment

# A fixture.
from tests.engine.test_edited_captions import world  # noqa: F401
from tests.worlds import tiny_run

pytestmark = pytest.mark.usefixtures("eager_steps", "world")


def test_a_generator_that_reads_words_is_used_as_any_other(tmp_path, encoder_folder):
    folder = tmp_path / "gan"
    tiny_run("gan_cls_plus", folder, encoder_folder, steps=1).train(Train(pictures_every=1))
    run = tiny_run("gan_cls_plus", folder, encoder_folder, steps=1)
    sampler = run.parts.sampler(run.trained_model())
    # The words of a caption, each as its encoder embeds it, and nothing after its end.
    texts = sampler.embed(["bird 1", "bird 2", "bird line 3 4"])
    aligned = Alignment.load(folder)
    read = aligned.read(aligned.reading.ids(tf.constant(["bird 1"])))["words"][0]
    np.testing.assert_allclose(texts[0], read, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(texts, axis=2).sum(axis=1), [2, 2, 4], rtol=1e-4)
    images = sampler.draw({"embeddings": texts, "latent": np.zeros((3, run.experiment.config.latent_dim), "f")}, 0)
    assert (images[0] != images[1]).any()
    pictures = [path.name for path in (folder / "pictures").glob("*.png")]
    assert {"interpolation-00000001.png", "samples-00000001.png"} <= set(pictures)
    served = tf.saved_model.load(str(folder / "export" / "1")).signatures["embeddings_and_noise_pixels"]
    given = {"embeddings": tf.constant(texts), "noise": tf.zeros((3, run.experiment.config.latent_dim))}
    np.testing.assert_array_equal(served(**given)["images"], images)
    served = tf.saved_model.load(str(folder / "export" / "1")).signatures["pixels"]
    captions = ["bird 1", "bird line 3 4"]
    drawn = np.concatenate([sampler.draw({"captions": [caption]}, 5) for caption in captions])
    np.testing.assert_array_equal(served(captions=tf.constant(captions), seed=tf.constant([5, 5]))["images"], drawn)
    # A style encoder reads whole captions.
    style = tiny_run("style_encoder", tmp_path / "style", text_to_image=str(folder))
    with pytest.raises(RunError, match=r"embeddings of whole captions, as gan_cls.* Received: .*attention=4"):
        style.parts.prepare(style.splits.train)


def test_no_run_is_asked_for_that_a_style_encoder_could_not_invert(tmp_path):
    style = tiny_run("style_encoder", tmp_path / "style", text_to_image="gan_cls_plus")
    with pytest.raises(RunError, match=r"embeddings of whole captions.* Received: .*gan_cls_plus-birds.*attention=4"):
        style.parts.prepare(style.splits.train)
