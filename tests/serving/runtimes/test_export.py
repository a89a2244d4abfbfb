"""Networks as files for other programs: the programs run them, and what they give is held against the sampler."""

import importlib.util
import json

import keras
import numpy as np
import pytest

from engine.command import FORMATS as FORMATS_OF_FLAG
from engine.command import SAVED_MODEL, CommandError, Export
from models.image_to_image import pix2pix_networks
from models.registry import PRESETS
from pipelines.examples import DataError
from pipelines.images import to_uint8
from serving.guide import About
from serving.runtimes.export import export_to
from serving.runtimes.portable import Portable, portable
from serving.runtimes.runtimes import RUNTIMES, Onnx
from serving.sampler import Alone, Sampler
from tests.worlds import examples_of, tiny, tiny_run, write_encoder, write_untrained

FORMATS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            any(importlib.util.find_spec(package) is None for package in runtime.packages),
            reason=f"without the packages of {name}",
        ),
    )
    for name, runtime in RUNTIMES.items()
]
# One of each kind: words with attention, dropout in training alone, labels, convolutions, codes, points.
DRAWN = ("gan_cls_plus", "stackgan", "gan", "cgan", "dcgan", "infogan", "gan_2d")


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """A function from a preset to a tiny run that has learned nothing."""
    folder = tmp_path_factory.mktemp("runs")
    encoder, made = write_encoder(folder), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", examples_of)

        def of(name, **changes):
            key = "-".join([name, *map(str, changes.values())])
            if key not in made:
                # Averages would be those of the weights as they began, whose pictures are all gray.
                changes |= {"average_decay": 0.0} if getattr(PRESETS[name].config, "average_decay", 0) else {}
                made[key] = write_untrained(tiny_run(name, folder / key, encoder, **changes), contrast=30.0)
            return made[key]

        yield of


def exported(run, name):
    """(sampler, what computes each file, by its stem)"""
    path = run.export(Export(format=name))
    runtime = RUNTIMES[name]
    about = json.loads((path / "model.json").read_text())
    assert about["model"] == run.experiment.model
    assert {file.name for file in path.iterdir()} == {*about["files"], "model.json"}
    computed = {
        file.removesuffix(runtime.suffix): runtime.computed(path / file, *facts["outputs"])
        for file, facts in about["files"].items()
    }
    return run.parts.sampler(run.trained_model()), computed, about["files"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("preset", DRAWN)
def test_what_is_drawn_is_what_the_sampler_draws(preset, name, run_of):
    sampler, computed, files = exported(run_of(preset), name)
    (file,) = computed
    (facts,) = files.values()
    assert file == "generator"
    rng = np.random.default_rng(5)
    rows = 1 if RUNTIMES[name].fixed else 4
    given = {"latent": rng.normal(size=(rows, sampler.latent_dim)).astype(np.float32)}
    asked = dict(given)
    if "text" in facts["inputs"]:
        asked["text"] = given["embeddings"] = rng.normal(size=(rows, *sampler.text_shape)).astype(np.float32)
    if "label" in facts["inputs"]:
        asked["label"] = given["label"] = (np.arange(rows) % sampler.classes).astype(np.int32)
    found, wanted = computed[file](asked), sampler.draw(given, 0)
    if facts["output"] == "points":
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    else:
        assert facts["output"] == "images in [-1, 1]"
        assert np.abs(np.asarray(to_uint8(found), int) - wanted).max() <= 1
    # Other noise, another picture.
    assert np.abs(computed[file](asked | {"latent": -asked["latent"]}) - found).max() > 1e-3
    for key in set(asked) - {"latent"}:
        changed = asked[key][::-1] if key == "label" and rows > 1 else 1 - asked[key]
        assert np.abs(computed[file](asked | {key: changed}) - found).max() > 1e-4


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("preset", ["cyclegan", "pixel_dt"])
def test_a_translation_is_that_of_the_sampler(preset, upsampling, name, run_of):
    sampler, computed, files = exported(run_of(preset, upsampling=upsampling), name)
    assert set(computed) == set(sampler.directions)
    for direction, file in computed.items():
        sides = files[f"{direction}{RUNTIMES[name].suffix}"]["inputs"]["image"][1:3]
        # Where they are free, of another shape than those that were compared.
        height, width = (side or 32 + 8 * place for place, side in enumerate(sides))
        image = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
        found = file({"image": image[np.newaxis].astype(np.float32) / 127.5 - 1})
        wanted = sampler.translate(image, 0, direction)
        assert np.abs(np.asarray(to_uint8(found)[0], int) - wanted).max() <= 1
        assert np.ptp(wanted) > 50


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("changes", [{"adds_to_bicubic": True}, {"generator_normalization": "none"}], ids=str)
def test_an_enlargement_is_that_of_the_sampler(changes, name, run_of):
    sampler, computed, files = exported(run_of("srresnet", **changes), name)
    ((direction, file),) = computed.items()
    sides = files[f"{direction}{RUNTIMES[name].suffix}"]["inputs"]["image"][1:3]
    height, width = (side or 9 + 2 * place for place, side in enumerate(sides))
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    found = file({"image": image[np.newaxis].astype(np.float32) / 127.5 - 1})
    wanted = sampler.translate(image, 0, direction)
    assert wanted.shape == (4 * height, 4 * width, 3)
    assert np.abs(np.asarray(to_uint8(found)[0], int) - wanted).max() <= 1
    assert np.ptp(wanted) > 50


@pytest.mark.parametrize("name", FORMATS)
def test_pix2pix_leaves_without_its_dropout_and_with_all_else(name, run_of):
    run = run_of("pix2pix")
    _, computed, files = exported(run, name)
    (stem,) = computed
    assert stem == "AtoB_without_dropout"
    config = run.trained_config()
    (facts,) = files.values()
    assert list(facts["inputs"]) == ["image"]
    same = pix2pix_networks.generator(tiny("pix2pix", dropout=0.0))
    same.set_weights(run.trained_model().sampled("generator").get_weights())
    image = np.random.default_rng(1).uniform(-1, 1, (1, *config.sides, 3)).astype(np.float32)
    wanted = same({"image": image, "seed": np.zeros((1, 2), np.int32)}).numpy()
    np.testing.assert_allclose(computed[stem]({"image": image}), wanted, atol=1e-4)
    assert wanted.std() > 0.1
    if not RUNTIMES[name].fixed:
        assert facts["multiple"] == config.side_multiple


def test_without_dropout_to_leave_out_the_name_does_not_say_so(run_of):
    generator = pix2pix_networks.generator(tiny("pix2pix", dropout=0.0))
    assert portable("AtoB", Alone(generator, sides=(32, 32)), fixed=True).name == "AtoB"
    generator = pix2pix_networks.generator(tiny("pix2pix", dropout=0.5))
    assert portable("AtoB", Alone(generator, sides=(32, 32)), fixed=True).name == "AtoB_without_dropout"


@pytest.mark.parametrize("name", FORMATS)
def test_a_style_encoder_brings_the_generator_of_its_styles(name, run_of):
    sampler, computed, files = exported(run_of("style_encoder"), name)
    assert set(computed) == {"style_encoder", "generator"}
    side = sampler.image_size
    images = np.random.default_rng(2).integers(0, 256, (1, side, side, 3), np.uint8)
    style = computed["style_encoder"]({"image": images.astype(np.float32) / 127.5 - 1})
    np.testing.assert_allclose(style, sampler.styles_of(images), rtol=1e-3, atol=1e-4)
    suffix = RUNTIMES[name].suffix
    assert files[f"style_encoder{suffix}"]["output"] == "style"
    assert files[f"generator{suffix}"]["inputs"]["latent"][1] == style.shape[1]


class OneNetwork(Sampler):
    """A network alone."""

    def __init__(self, network):
        super().__init__([network], 0)
        self.network = network

    def alone(self):
        return {"generator": Alone(self.network)}


@pytest.fixture
def sampler():
    latent = keras.Input((3,), name="latent")
    return OneNetwork(keras.Model({"latent": latent}, keras.layers.Dense(4, "tanh")(latent)))


def with_answers(change):
    """ONNX whose program gives something else than it should."""

    class Wrong(Onnx):
        def computed(self, path, output):
            right = super().computed(path, output)
            return lambda inputs: change(right(inputs))

    return Wrong()


WRONG = {
    "a difference of 0.0": lambda found: found + 0.01,
    # Of several rows alone.
    "a difference of nan": lambda found: np.where(len(found) > 1, np.nan, found),
    "a difference of inf": lambda found: found[:, :3],
}


@pytest.mark.parametrize("received", WRONG)
def test_a_file_that_gives_something_else_is_not_kept(received, sampler, tmp_path):
    pytest.importorskip("tf2onnx", reason="without the packages of onnx")
    kept, _ = export_to(RUNTIMES["onnx"], sampler, tmp_path, About())
    with pytest.raises(DataError, match="generator.onnx is not kept: .* Received: " + received):
        export_to(with_answers(WRONG[received]), sampler, tmp_path, About())
    assert list(tmp_path.iterdir()) == [kept]
    written, (line,) = export_to(RUNTIMES["onnx"], sampler, tmp_path, About("mine"))
    assert written.name == "2"
    assert "latent (?, 3) float32 -> generated (?, 4) float32, images in [-1, 1]; as TensorFlow up to" in line


def test_a_network_that_hardly_varies_is_kept_and_one_without_numbers_is_not(tmp_path):
    pytest.importorskip("tf2onnx", reason="without the packages of onnx")
    latent = keras.Input((3,), name="latent")
    dense = keras.layers.Dense(4)
    network = OneNetwork(keras.Model({"latent": latent}, dense(latent)))
    dense.set_weights([np.full((3, 4), 1e-6), np.full(4, 0.6)])
    export_to(RUNTIMES["onnx"], network, tmp_path, About())
    dense.set_weights([np.full((3, 4), np.nan), np.zeros(4)])
    with pytest.raises(DataError, match="the model must give finite numbers"):
        export_to(RUNTIMES["onnx"], network, tmp_path, About())
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_model_without_networks_of_its_own_is_told_in_one_line(sampler, tmp_path):
    class Nothing(Onnx):
        packages = ()

    sampler.alone = dict
    with pytest.raises(DataError, match=r"needs a model whose networks can be computed alone\. Received: signals"):
        export_to(Nothing(), sampler, tmp_path, About("signals"))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_as_such(sampler, tmp_path):
    class Full(Onnx):
        packages = ()

        def write(self, portable, path, about):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        export_to(Full(), sampler, tmp_path, About())
    assert not list(tmp_path.iterdir())


def test_words_are_of_length_one_or_missing():
    text, latent = keras.Input((6, 3), name="text"), keras.Input((4,), name="latent")
    network = keras.Model({"latent": latent, "text": text}, {"generated": keras.layers.Flatten()(text)})
    lengths = np.concatenate([np.linalg.norm(each["text"], axis=2) for each in Portable("x", network).examples({})])
    assert np.all(np.isclose(lengths, 1, atol=1e-6) | (lengths == 0))
    assert sorted({int(row.sum().round()) for row in lengths}) == [3, 6]


def test_every_format_of_the_flag_is_one_that_is_written():
    assert list(FORMATS_OF_FLAG) == [SAVED_MODEL, *RUNTIMES]
    with pytest.raises(CommandError, match=r"limits are of --format=saved_model.*Received: --format=onnx --max_rows=3"):
        Export(format="onnx", max_rows=3)
    Export(format="saved_model", max_rows=3)


def test_what_no_converter_takes_is_told_in_one_line(sampler, tmp_path):
    class Unable(Onnx):
        def write(self, portable, path, about):
            path.write_bytes(b"half")
            raise KeyError("Op\nStrange")

    pytest.importorskip("tf2onnx", reason="without the packages of onnx")
    with pytest.raises(DataError) as error:
        export_to(Unable(), sampler, tmp_path, About())
    assert "generator.onnx cannot be made" in str(error.value)
    assert "Strange" in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_missing_packages_are_named_before_anything_is_written(sampler, tmp_path):
    class Elsewhere(Onnx):
        packages = ("tf2onnx_that_is_not_there", "json")

    with pytest.raises(DataError, match=r"--format=onnx needs .*pip install tf2onnx-that-is-not-there .* Received: "):
        export_to(Elsewhere(), sampler, tmp_path / "onnx", About())
    assert not (tmp_path / "onnx").exists()


def test_an_onnx_file_says_what_it_is_and_names_its_free_sizes(run_of):
    onnx = pytest.importorskip("onnx", reason="without the packages of onnx")
    path = run_of("cyclegan").export(Export(format="onnx"))
    model = onnx.load(path / "AtoB.onnx")
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["model"] == "cyclegan"
    assert told["output"] == "images in [-1, 1]"
    assert "cyclegan on" in told["weights"]
    sizes = [size.dim_param or size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == [1, "height", "width", 3]
