"""Strips: their ends are the pictures of their end points drawn alone, their middles those of the points between."""

import numpy as np
import pytest
from PIL import Image

from engine.command import Sample
from panels.codes import code_rows
from serving.encoder import CaptionEncoder
from serving.joint import TEXT_FILE
from tests.engine.marked import built, marked, run_of

CAPTIONS = ("a red bird", "a small blue bird with a long bill")
STEPS = 5


@pytest.fixture(scope="module", autouse=True)
def world():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", marked)
        yield


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, encoder_folder):
    """A folder with a text encoder to whom no two captions are alike, as to a trained one."""
    encoder = CaptionEncoder.load(encoder_folder / TEXT_FILE)
    encoder.standardize([lines[0] for lines in marked("birds", "test", 32).captions])
    last = [layer for layer in encoder.network.layers if layer.weights][-1]
    last.set_weights([20 * weight for weight in last.get_weights()])
    folder = tmp_path_factory.mktemp("encoder")
    encoder.save(folder / TEXT_FILE)
    return folder


@pytest.fixture(scope="module")
def opened(tmp_path_factory, encoder):
    """(model, **changes) -> a run and its untrained model."""
    root, found = tmp_path_factory.mktemp("runs"), {}

    def opened(model, dataset, **changes):
        key = (model, *changes.values())
        if key not in found:
            run = run_of(model, dataset, root / "-".join(key), encoder, **changes)
            found[key] = run, built(run)
        return found[key]

    return opened


def rows_of(run, model, path, label_width, **command):
    """The pictures that `--mode=sample` writes: (rows, columns, 32, 32, 3), without labels and gaps."""
    command = {"seed": 7, "output": str(path)} | command
    picture = np.asarray(Image.open(run.parts.sample(model, Sample(**command))))[:, label_width:]
    if picture.ndim == 2:
        picture = picture[..., np.newaxis]
    rows, columns = picture.shape[0] // 66, picture.shape[1] // 66
    cells = picture.reshape(rows, 66, columns, 66, -1).swapaxes(1, 2)[:, :, :64:2, :64:2]
    return cells.astype(int)


def assert_same(one, other):
    assert np.abs(np.asarray(one).astype(int) - other).max() <= 1


def assert_differ(one, other):
    """Else one picture would be as good as any other."""
    assert np.abs(np.asarray(one).astype(int) - other).mean() > 3


def test_a_strip_between_captions_begins_and_ends_with_what_the_captions_draw_of_the_same_noise(opened, tmp_path):
    run, model = opened("gan_cls", "birds")
    captions = (*CAPTIONS, "a large white bird")
    alone = rows_of(run, model, tmp_path / "alone.png", 260, caption=captions, num_images=1)[:, 0]
    strips = rows_of(
        run, model, tmp_path / "strip.png", 260, caption=captions, num_images=STEPS, interpolate="captions"
    )
    assert strips.shape[:2] == (2, STEPS)
    sampler = run.sampler(model)
    embeddings = sampler.embed(list(captions))
    latent = sampler.latents(1, 7).numpy()
    for left, strip in enumerate(strips):
        assert_differ(alone[left], alone[left + 1])
        assert_same(strip[0], alone[left])
        assert_same(strip[-1], alone[left + 1])
        # A quarter of the way, on the straight line.
        between = 0.75 * embeddings[left] + 0.25 * embeddings[left + 1]
        quarter = sampler.draw({"embeddings": between[np.newaxis], "latent": latent}, 0)[0]
        assert_same(strip[1], quarter)
        assert_differ(strip[1], strip[2])


def test_a_strip_between_noises_begins_and_ends_with_each_captions_pictures_of_them(opened, tmp_path):
    run, model = opened("gan_cls", "birds")
    alone = rows_of(run, model, tmp_path / "alone.png", 260, caption=CAPTIONS, num_images=2)
    strips = rows_of(run, model, tmp_path / "strip.png", 260, caption=CAPTIONS, num_images=STEPS, interpolate="noise")
    sampler = run.sampler(model)
    first, second = sampler.latents(2, 7).numpy()
    # Of two normal noises, the middle of the arc is their sum, made longer: White 2016, section 2.1.
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    middle = (first + second) / np.sqrt(2 * (1 + cosine))
    assert not np.allclose(middle, (first + second) / 2, rtol=0.1)
    for caption, strip, ends in zip(CAPTIONS, strips, alone, strict=True):
        assert_differ(*ends)
        assert_same(strip[0], ends[0])
        assert_same(strip[-1], ends[1])
        embedding = sampler.embed([caption])
        assert_same(strip[STEPS // 2], sampler.draw({"embeddings": embedding, "latent": middle[np.newaxis]}, 0)[0])


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_a_strip_of_images_is_straight_for_uniform_noise_and_an_arc_for_normal(opened, tmp_path, distribution):
    run, model = opened("dcgan", "digits", latent_distribution=distribution)
    alone = rows_of(run, model, tmp_path / "alone.png", 0, num_images=2)[0]
    (strip,) = rows_of(run, model, tmp_path / "strip.png", 0, num_images=STEPS, interpolate="noise")
    assert_differ(*alone)
    assert_same(strip[0], alone[0])
    assert_same(strip[-1], alone[1])
    sampler = run.sampler(model)
    first, second = sampler.latents(2, 7).numpy()
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    middles = {"uniform": (first + second) / 2, "normal": (first + second) / np.sqrt(2 * (1 + cosine))}
    drawn = {name: sampler.draw({"latent": middle[np.newaxis]}, 0)[0] for name, middle in middles.items()}
    assert np.abs(drawn["uniform"].astype(int) - drawn["normal"]).max() > 1
    assert_same(strip[STEPS // 2], drawn[distribution])


def test_a_conditional_strip_has_a_row_for_each_label_in_the_order_of_the_command(opened, tmp_path):
    run, model = opened("acgan", "digits")
    labels = ("class 2", "class 0")
    strips = rows_of(run, model, tmp_path / "strip.png", 110, label=labels, num_images=STEPS, interpolate="noise")
    latents = run.sampler(model).latents(2, 7).numpy()
    for label, strip in zip((2, 0), strips, strict=True):
        ends = run.sampler(model).draw({"latent": latents, "label": [label, label]}, 0)
        assert_same(strip[[0, -1]], ends)
    assert_differ(strips[0], strips[1])
    # Without labels, all of them in their order.
    every = rows_of(run, model, tmp_path / "every.png", 110, num_images=2)
    assert_same(every[[2, 0]], strips[:, [0, -1]])


def test_the_strips_of_a_training_begin_and_end_with_the_first_sample_of_their_captions(opened):
    run, model = opened("gan_cls", "birds")
    pictures = run.parts.panels(model)()
    samples, strips = (
        pictures[name][:, 260:].reshape(-1, 66, pictures[name].shape[1] // 66 - 3, 66, 3)[:, :64, :, :64].swapaxes(1, 2)
        for name in ("samples", "interpolation")
    )
    assert (len(samples), len(strips)) == (6, 5)
    for left, strip in enumerate(strips):
        # Beside the real image, the samples; of these the first.
        assert_same(strip[0], samples[left][1])
        assert_same(strip[-1], samples[left + 1][1])
        assert_differ(samples[left][1], samples[left + 1][1])


def test_the_strips_of_codes_end_at_the_images_of_codes_drawn_alone(opened):
    run, model = opened("infogan", "digits")
    sampler, parts = run.sampler(model), model.config.latent_parts
    latent = sampler.latents(4, 3).numpy()
    rows = dict(enumerate(code_rows(sampler, parts, latent)))
    noise, categories = parts["noise"], parts["category"]
    for category in range(categories):
        label, images = rows[category]
        assert label == f"category {category}"
        for start, image in zip(latent, images, strict=True):
            alone = start.copy()
            alone[noise : noise + categories] = 0
            alone[noise + category] = 1
            assert_same(image, sampler.draw({"latent": alone[np.newaxis]}, 0)[0])
    for code in range(parts["codes"]):
        for row, start in enumerate(latent[:2]):
            label, images = rows[categories + 2 * code + row]
            assert label == f"code {code}, -2 to 2"
            for place, value in ((0, -2.0), (-1, 2.0), (1, -2.0 + 4 / 3)):
                alone = start.copy()
                alone[noise + categories + code] = value
                assert_same(images[place], sampler.draw({"latent": alone[np.newaxis]}, 0)[0])
            assert_differ(images[0], images[-1])
