"""The command line as its user meets it: every refusal is one line, at once, before TensorFlow is imported."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from tensorflow import errors

import main
from callbacks.checkpoints import TrainingError
from engine.errors import errors_in_one_line
from models.registry import PRESETS
from pipelines.registry import DATASETS
from tests.worlds import write_captioned_folder, write_random_embeddings

MAIN = str(pathlib.Path(__file__).parent.parent / "main.py")
# Runs main.py and prints, however it ended, whether TensorFlow was imported.
PROBE = f"""
import atexit, runpy, sys
atexit.register(lambda: print("\\nTensorFlow imported:", "tensorflow" in sys.modules))
sys.path.insert(0, {os.path.dirname(MAIN)!r})
sys.argv[0] = {MAIN!r}
runpy.run_path({MAIN!r}, run_name="__main__")
"""


def run(folder, *arguments, code=PROBE, timeout=240):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=folder, timeout=timeout
    )


def refusal(folder, *arguments):
    """The one line with which the command is refused, before TensorFlow."""
    result = run(folder, *arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout.strip() == "TensorFlow imported: False"
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert not list(folder.iterdir())
    return line


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--model=gan_cl"], ["did you mean gan_cls?", *PRESETS, "Received: gan_cl"]),
        (["--dataset=brids"], ["did you mean birds?", *DATASETS, "Received: brids"]),
        (["--model=xyz"], ["--model", "accepted are", *PRESETS]),
        (["--mode=trian"], ["trian", "train", "sample", "evaluate", "export"]),
        (["--modle=gan_cls"], ["modle"]),
        (["gan_cls"], ["Received: gan_cls"]),
        (["--model", "gan_cls", "--dry_run", "true"], ["Received: true"]),
        (["--set=generator_widht=3"], ["'generator_widht'", "did you mean generator_width", "=3"]),
        (["--set=qqqq=3"], ["accepted are", "generator_width", "Received: qqqq=3"]),
        (["--set=generator_width=wide"], ["generator_width must be", "int", "'wide'"]),
        (["--set=generator_width=0"], ["generator_width must be at least 1", "Received: 0"]),
        (["--model=attribute_judge", "--set=value_counts=3"], ["value_counts must be"]),
        (["--learning_rate=inf"], ["learning_rate must be at most", "inf"]),
        (["--mode=train", "--caption=a bird"], ["--caption is accepted with --mode=sample", "--mode=train"]),
        (["--set=generator_width"], ["--set takes field=value", "Received: generator_width"]),
        (["--set==3"], ["--set takes field=value"]),
        (["--set=seed=1", "--seed=2"], ["seed is given twice"]),
        (["--set=mismatch_weight=nan"], ["mismatch_weight must be at least 0", "nan"]),
        (["--set=adversarial=squares"], ["adversarial must be one of", "hinge", "Received: squares"]),
        (
            ["--model=gan_int", "--set=adversarial=relativistic"],
            ["adversarial must be one of minimax, non_saturating", "hinge", "Received: relativistic"],
        ),
        (["--set=adversarial=hinge", "--set=label_smoothing=0.1"], ["label_smoothing goes with", "hinge"]),
        (["--set=penalty=gradient"], ["discriminator_normalization=layer or none"]),
        (["--model=gan_int", "--batch_size=5"], ["even batch_size", "Received: 5"]),
        (["--memory=lots"], ["--memory must be a size such as 4GiB", "50%", "Received: lots"]),
        (["--mode=sample", "--memory=120%"], ["--memory must be a size", "Received: 120%"]),
        (["--batch_size=many"], ["batch_size", "many"]),
        (["--batch_size=1"], ["batch_size must be at least 2", "Received: 1"]),
        (["--learning_rate=-1"], ["learning_rate must be at least 0", "Received: -1"]),
        (["--precision=float64"], ["precision must be one of", "mixed_bfloat16", "float64"]),
        (["--model=pix2pix", "--direction=BtoC"], ["direction must be one of AtoB, BtoA", "BtoC"]),
        (["--direction=BtoA"], ["no hyper-parameter 'direction'"]),
        (["--model=cyclegan", "--direction=BtoA"], ["no hyper-parameter 'direction'"]),
        (
            ["--model=cyclegan", "--dataset=birds"],
            ["cyclegan needs unpaired, which birds does not give", "birds_night"],
        ),
        (["--model=pixel_dt", "--dataset=lookbook"], ["--dataset=lookbook needs --data_dir"]),
        (["--model=pix2pix", "--image_size=48"], ["image_size must be a power of two", "48"]),
        (["--model=pix2pix", "--dataset=cub"], ["pix2pix needs pairs", "birds_parts", "pairs", "--dataset=cub"]),
        (["--model=pix2pix", "--dataset=pairs"], ["--dataset=pairs needs --data_dir"]),
        (["--image_size=50"], ["image_size must be", "Received: 50"]),
        (["--seed=-1"], ["seed", "-1"]),
        (["--seed=99999999999"], ["seed", "2147483647", "99999999999"]),
        (["--mode=sample", "--seed=2147483648"], ["seed", "2147483647", "2147483648"]),
        (["--set=seed=2147483648"], ["seed must be at most 2147483647", "2147483648"]),
        (["--dataset=captions"], ["--dataset=captions needs --data_dir", "Received: no --data_dir"]),
        (["--mode=sample", "--model=char_cnn_rnn"], ["accepted for char_cnn_rnn are", "Received: sample"]),
        (["--mode=export", "--model=attribute_judge"], ["accepted for attribute_judge are", "Received: export"]),
        (["--mode=sample", f"--workdir={'x' * 5000}"], ["run.json must be a file that can be read", "too long"]),
        (["--text_encoder=nowhere.npz"], ["or word_cnn or word_region or end_to_end or the path", "nowhere.npz"]),
        (["--model=char_cnn_rnn", "--set=image_encoder=no.keras"], ["image_encoder must be small_cnn or", "no.keras"]),
        (["--mode=sample", "--num_images=1001"], ["num_images", "1000", "1001"]),
        (["--mode=generate", "--num_images=1000001"], ["--num_images must be at most 1000000. Received: 1000001"]),
        (["--mode=generate", "--num_images=0"], ["--num_images must be at least 1. Received: 0"]),
        (["--mode=generate", "--interpolate=noise"], ["--interpolate is accepted with --mode=sample", "generate"]),
        (
            ["--mode=generate", "--model=pix2pix"],
            ["pix2pix translates images", "--mode=sample --input=FILE or DIR. Received: --mode=generate"],
        ),
        (
            ["--mode=generate", "--model=style_encoder"],
            ["style_encoder draws captions in the style of images, with --mode=sample --input", "--mode=generate"],
        ),
        (["--mode=generate", "--model=gan_2d"], ["gan_2d draws no pictures", "Received: --mode=generate"]),
        (["--mode=generate", "--model=class_judge"], ["accepted for class_judge are train, evaluate", "generate"]),
        (["--devices=-1"], ["devices"]),
        (["--checkpoint_every=0"], ["checkpoint_every"]),
        (["--model=dcgan", "--set=penalty=r3"], ["penalty must be one of", "r1", "r3"]),
        (["--model=dcgan", "--set=penalty=r1"], ["discriminator_normalization=layer or none", "penalty=r1"]),
        (["--model=dcgan", "--set=augmentation=color,flips"], ["some of color,translation,cutout. Received: flips"]),
        (["--model=gan_2d", "--set=augmentation=color"], ["augmentation is of images", "Received: color"]),
        (["--model=dcgan", "--image_size=30"], ["image_size must be 4, 5, 6 or 7 times a power of two", "30"]),
        (["--model=dcgan", "--set=channels=2"], ["channels must be one of 0, 1, 3", "2"]),
        (["--model=infogan", "--set=conditioning=projection"], ["conditioning must be none", "projection"]),
        (["--model=acgan", "--set=conditioning=none"], ["conditioning must be one of concatenation, projection"]),
        (["--model=attribute_font", "--set=flip=true"], ["flip must be false", "leans the other way. Received: True"]),
        (["--model=attribute_font", "--dataset=digits"], ["needs styles, which digits does not give", "glyphs, hanzi"]),
        (["--mode=sample", "--attribute=bold=1"], ["one of weight, slant, width, =, and a number", "bold=1"]),
        (["--mode=sample", "--attribute=weight"], ["a number from -1 to 1. Received: weight"]),
        (["--mode=generate", "--attribute=slant=1.5"], ["a number from -1 to 1. Received: slant=1.5"]),
        (
            ["--mode=sample", "--attribute=width=0", "--attribute=width=1"],
            ["--attribute=width is given twice. Received: width=1 and width=0"],
        ),
        (["--model=attribute_font", "--attribute=weight=1"], ["--attribute is accepted with --mode=sample", "train"]),
        (["--model=gan", "--set=decay_steps=5"], ["the learning rate falls in one way only", "decay_steps"]),
        (["--model=gan_2d", "--dataset=digits"], ["gan_2d needs points", "ring_2d", "--dataset=digits"]),
        (["--model=dcgan", "--dataset=folder"], ["--dataset=folder needs --data_dir"]),
        (["--model=dcgan", "--mode=explore"], ["--mode=explore needs an --experiment", "latent_walk"]),
        (["--model=dcgan", "--experiment=dropping"], ["--experiment is accepted with --mode=explore", "--mode=train"]),
        (["--model=pix2pix", "--mode=explore", "--experiment=dropping"], ["accepted for pix2pix are", "explore"]),
        (
            ["--mode=explore", "--experiment=dropping"],
            ["is for models whose input is noise", "gan_cls_plus are interpol"],
        ),
        (["--model=dcgan", "--label=7"], ["--label is accepted with --mode=sample", "--mode=train"]),
        (["--model=attribute_judge", "--dataset=cub"], ["attribute_judge needs attributes", "birds", "--dataset=cub"]),
        (["--mode=sample", "--caption=a bird"], ["there is no run here; train first", "runs/gan_cls_plus-birds"]),
        (["--mode=evaluate", "--dataset=cub"], ["there is no run here", "runs/gan_cls_plus-cub"]),
        (["--mode=export", "--workdir=nowhere"], ["there is no run here", "nowhere"]),
        (["--mode=sample", "--learning_rate=1"], ["takes its hyper-parameters from the run", "learning_rate"]),
        (["--mode=evaluate", "--set=latent_dim=3"], ["takes its hyper-parameters from the run. Received: set"]),
        (["--mode=evaluate", "--num_images=3"], ["--num_images is accepted with --mode=sample", "--mode=evaluate"]),
        (
            ["--mode=export", "--judge=x"],
            ["--judge is accepted with --mode=train, evaluate or explore", "--mode=export"],
        ),
        (["--mode=sample", "--evaluate_every=5"], ["--evaluate_every is accepted with --mode=train", "--mode=sample"]),
        (["--checkpoint=best"], ["--checkpoint is accepted with --mode=sample, generate, evaluate", "--mode=train"]),
        (["--evaluate_every=-1"], ["--evaluate_every must be at least 0. Received: -1"]),
        (["--evaluate_every=often"], ["evaluate_every", "often"]),
        (["--evaluate_every=5", "--evaluate_samples=1"], ["--evaluate_samples must be at least 2. Received: 1"]),
        (["--keep_best=diversity"], ["--keep_best", "needs --evaluate_every. Received: --evaluate_every=0"]),
        (["--keep_best=l1", "--evaluate_every=0"], ["needs --evaluate_every. Received: --evaluate_every=0"]),
        (["--validation_share=0.6"], ["--validation_share must be at most 0.5. Received: 0.6"]),
        (["--validation_share=-0.1"], ["--validation_share must be at least 0.0. Received: -0.1"]),
        (["--validation_share=nan"], ["--validation_share must be at least 0.0. Received: nan"]),
        (["--mode=sample", "--checkpoint=first"], ["--checkpoint must be last, best or a step. Received: first"]),
        (["--mode=evaluate", "--checkpoint=-5"], ["--checkpoint must be last, best or a step. Received: -5"]),
        (["--mode=export", "--checkpoint="], ["--checkpoint must be last, best or a step"]),
    ],
)
def test_refused_in_one_line_before_tensorflow(tmp_path, arguments, wanted):
    line = refusal(tmp_path, *arguments)
    for part in wanted:
        assert part in line


def test_help_is_there_without_tensorflow(tmp_path):
    result = run(tmp_path, "--helpfull")
    assert "TensorFlow imported: False" in result.stdout
    for name in (*PRESETS, *DATASETS, "--set", "--captions_file"):
        assert name in result.stdout
    # absl wraps the lines, and a line may begin with any word of these.
    shown = " ".join(result.stdout.split())
    for part in (
        "--mode=train: Steps between evaluations while training, each of which leaves a checkpoint. 0: none.",
        "--mode=sample, generate, evaluate, export, explore, report: Which checkpoint of the run: last, best",
        "Images a row, or steps of an interpolation; of --mode=generate, files. Default: 8, of --mode=generate 10,000.",
        "--mode=explore: The experiment to run. One of latent_walk, vector_arithmetic,",
        "--mode=evaluate: Captions to evaluate, of models that draw captions. Default: 1000.",
    ):
        assert part in shown
    assert "Traceback" not in result.stderr


def test_the_short_help_lists_the_flags(tmp_path):
    result = run(tmp_path, "--help")
    for name in ("--model", "--dataset", "--mode", "--set"):
        assert f"  {name}: " in result.stdout or f"  {name};" in result.stdout
    assert "TensorFlow imported: False" in result.stdout


def test_another_keras_backend_is_refused(tmp_path):
    result = subprocess.run(
        [sys.executable, MAIN], capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"KERAS_BACKEND": "jax"}
    )
    assert result.returncode == 2
    assert result.stderr == "error: Keras must run on TensorFlow. Received: KERAS_BACKEND=jax\n"


def test_a_run_of_another_model_is_not_taken_for_the_one_asked_for(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    record = {"model": "text_gan", "dataset": "cub", "config": {"batch_size": 8}}
    (folder / "run.json").write_text(json.dumps(record))
    result = run(tmp_path, "--mode=export", "--workdir=run", "--model=gan_cls")
    assert "run holds a run of --model=text_gan. Received: --model=gan_cls" in result.stderr
    result = run(tmp_path, "--mode=export", "--workdir=run", "--dataset=birds")
    assert "run holds a run of --dataset=cub. Received: --dataset=birds" in result.stderr
    for content in (b"{", b"\xff", b'{"model": "gone", "dataset": "cub", "config": {}}'):
        (folder / "run.json").write_bytes(content)
        result = run(tmp_path, "--mode=export", "--workdir=run")
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
    (folder / "run.json").write_text(json.dumps(record | {"config": {"no_longer_known": 1}}))
    result = run(tmp_path, "--mode=export", "--workdir=run")
    assert result.returncode == 2
    assert "no_longer_known" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def write_record(folder, model="gan_cls", **config):
    """A run folder of which nothing but the record is there."""
    folder.mkdir(parents=True)
    record = {"model": model, "dataset": PRESETS[model].default_dataset, "config": config}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize(
    ("model", "arguments", "wanted"),
    [
        ("gan_cls", ["--mode=sample"], ['needs a --caption="..." or a --captions_file', "Received: neither"]),
        ("gan_cls", ["--mode=sample", "--embeddings=x.npz"], ['needs a --caption="..."']),
        (
            "gan_cls",
            ["--mode=sample", "--interpolate=captions", "--caption=a bird"],
            ["--interpolate=captions needs two captions. Received: 1"],
        ),
        ("char_cnn_rnn", ["--mode=sample", "--caption=a bird"], ["accepted for char_cnn_rnn are train, evaluate"]),
        (
            "gan_cls",
            ["--mode=evaluate", "--feature_network=no.keras"],
            ["--feature_network must be inception or the path", "no.keras"],
        ),
        ("pix2pix", ["--mode=sample"], ["needs --input, an image or a folder of images. Received: no --input"]),
        ("pix2pix", ["--mode=sample", "--input=.", "--caption=a bird"], ["pix2pix translates images", "captions"]),
        (
            "gan_cls",
            ["--mode=sample", "--input=.", "--caption=a bird"],
            ["gan_cls draws from captions, not from images", "--input=."],
        ),
        ("pix2pix", ["--mode=sample", "--input=nowhere"], ["--input must be the path", "nowhere"]),
        (
            "pix2pix",
            ["--mode=sample", "--direction=BtoA"],
            ["--mode=sample of cyclegan", "Received: pix2pix"],
        ),
        (
            "cyclegan",
            ["--mode=export", "--direction=BtoA"],
            ["--direction is accepted with --mode=train or sample. Received: --mode=export"],
        ),
        ("cyclegan", ["--mode=sample", "--input=.", "--direction=AtoA"], ["--direction: did you mean", "AtoA"]),
        ("char_cnn_rnn", ["--mode=export"], ["accepted for char_cnn_rnn are train, evaluate"]),
        ("dcgan", ["--mode=generate", "--caption=a bird"], ["dcgan draws from noise alone (and --label)", "captions"]),
        ("dcgan", ["--mode=generate", "--embeddings=x.npz"], ["--embeddings is for models that draw from captions"]),
        ("dcgan", ["--mode=sample", "--attribute=weight=1"], ["--attribute is for attribute_font. Received", "dcgan"]),
        ("gan_cls", ["--mode=sample", "--caption=a", "--attribute=width=0"], ["--attribute is for attribute_font."]),
        ("gan_cls", ["--mode=generate", "--label=1"], ["--label is for models that draw from noise. Received"]),
        ("gan_cls", ["--mode=generate", "--captions_file=none.txt"], ["--captions_file", "none.txt"]),
    ],
)
def test_what_a_run_cannot_do_is_refused_before_tensorflow(tmp_path, model, arguments, wanted):
    folder = write_record(tmp_path / "run", model)
    (tmp_path / "here").mkdir()
    line = refusal(tmp_path / "here", f"--workdir={folder}", *arguments)
    for part in wanted:
        assert part in line


# Prints what the command line resolves to.
RESOLVE = f"""
import json, sys
sys.path.insert(0, {os.path.dirname(MAIN)!r})
import absl.flags, flags
from engine.command import Sample
from engine.experiment import captions_of, resolve
flags.define()
absl.flags.FLAGS(sys.argv)
command = flags.parse(absl.flags.FLAGS)
fields = vars(command) | vars(resolve(command))
captions = {{"captions": captions_of(command)}} if isinstance(command, Sample) else {{}}
print(json.dumps(fields | captions, default=vars))
"""


def resolved(folder, *arguments):
    result = run(folder, *arguments, code=RESOLVE)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_run_on_a_path_may_sample_embeddings(tmp_path):
    write_record(tmp_path / "run", text_encoder="vectors.npz")
    (tmp_path / "vectors.npz").touch()
    for arguments in (["--embeddings=vectors.npz"], ["--embeddings=vectors.npz", "--interpolate=captions"], []):
        assert resolved(tmp_path, "--mode=sample", "--workdir=run", *arguments)["captions"] == []


def test_captions_are_read_as_those_to_train_on(tmp_path):
    write_record(tmp_path / "run")
    (tmp_path / "captions.txt").write_text("\ufeffa red\ufeffbird\n\u200bone\n \ufffd \n", encoding="utf-8")
    arguments = ["--mode=sample", "--workdir=run", "--caption= a\tblue  bird ", "--captions_file=captions.txt"]
    assert resolved(tmp_path, *arguments)["captions"] == ["a blue bird", "a red bird", "\u200bone"]


def test_the_cache_is_the_runs_while_it_is_there(tmp_path):
    folder = write_record(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text()) | {"cache_dir": str(tmp_path / "cache")}
    (folder / "run.json").write_text(json.dumps(record))
    arguments = ["--mode=evaluate", "--workdir=run"]
    assert resolved(tmp_path, *arguments)["cache_dir"] == "data"
    (tmp_path / "cache").mkdir()
    assert resolved(tmp_path, *arguments)["cache_dir"] == str(tmp_path / "cache")
    assert resolved(tmp_path, *arguments, "--cache_dir=other")["cache_dir"] == "other"


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    write_record(home / "run")
    (home / "captions.txt").write_text("a bird")
    for name in ("embeddings", "feature_network", "encoder", "a.keras"):
        (home / name).touch()
    paths = {
        "sample": ("workdir", "data_dir", "cache_dir", "output", "embeddings"),
        "evaluate": ("workdir", "data_dir", "cache_dir", "embeddings", "judge", "feature_network"),
    }
    for mode, names in paths.items():
        places = [f"--{name}=~/{'run' if name == 'workdir' else name}" for name in names]
        places += ["--captions_file=~/captions.txt"] if mode == "sample" else []
        fields = resolved(tmp_path, f"--mode={mode}", *places)
        assert {name: fields[name] for name in names} == {name: str(home / name) for name in names} | {
            "workdir": str(home / "run")
        }
        assert fields.get("captions", ["a bird"]) == ["a bird"]
    for argument in ("--text_encoder=~/encoder", "--set=text_encoder=~/encoder"):
        assert resolved(tmp_path, argument)["config"]["text_encoder"] == str(home / "encoder")
    assert resolved(tmp_path, "--model=gan_cls", "--text_encoder=end_to_end")["config"]["text_encoder"] == "end_to_end"
    image_encoder = resolved(tmp_path, "--model=char_cnn_rnn", "--set=image_encoder=~/a.keras")["config"][
        "image_encoder"
    ]
    assert image_encoder == str(home / "a.keras")


# With TensorFlow: what becomes of its errors.

OUT_OF_MEMORY = "Graph execution error:\n\nDetected at node x\nOOM when allocating tensor with shape[9]\n\n\t [[x]]"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (errors.ResourceExhaustedError(None, None, OUT_OF_MEMORY), "image_size), or a full disk: OOM when allocating"),
        (
            errors.ResourceExhaustedError(None, None, "a.png; No space left on device"),
            "or a full disk: a.png; No space",
        ),
        (errors.NotFoundError(None, None, "a.png"), "could not read or write: a.png"),
        (errors.PermissionDeniedError(None, None, "a.png"), "could not read or write: a.png"),
        (errors.DataLossError(None, None, "truncated\nrecord"), "could not read or write: truncated record"),
        (errors.AlreadyExistsError(None, None, "a.png"), "could not read or write: a.png"),
        (errors.UnavailableError(None, None, "a.png"), "could not read or write: a.png"),
        (OSError("disk"), "could not read or write: disk"),
        (TrainingError("loss became nan\nat step 7"), "error: loss became nan at step 7"),
    ],
)
def test_what_a_user_can_mend_is_one_line(capsys, error, wanted):
    with pytest.raises(SystemExit) as raised, errors_in_one_line(main.fail):
        raise error
    assert raised.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert wanted in line
    assert "Detected at" not in line


@pytest.mark.parametrize("kind", [errors.InvalidArgumentError, errors.InternalError, errors.FailedPreconditionError])
def test_a_bug_is_not_hidden(kind):
    with pytest.raises(kind), errors_in_one_line(main.fail):
        raise kind(None, None, "shapes differ")


# One small run, then what is made of it.

SMALL = ("--set=generator_width=4", "--set=discriminator_width=4", "--set=text_projection_dim=4")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with data and a run of 3 steps on embeddings from a file, of which captions cannot be sampled."""
    folder = tmp_path_factory.mktemp("command")
    write_captioned_folder(folder / "images", 6)
    write_random_embeddings(folder / "embeddings.npz", 6)
    result = run(folder, *train_arguments(folder), "--workdir=run")
    assert result.returncode == 0, result.stderr
    return folder


def train_arguments(folder):
    return (
        *("--model=gan_cls", "--dataset=captions", f"--data_dir={folder / 'images'}"),
        *(f"--text_encoder={folder / 'embeddings.npz'}",),
        *("--image_size=32", "--batch_size=4", "--steps=3", *SMALL),
    )


def test_training_leaves_pictures_and_an_export(trained):
    names = {path.relative_to(trained / "run").as_posix() for path in (trained / "run").rglob("*")}
    assert {"run.json", "checkpoints/step-00000003.keras", "pictures/samples-00000000.png"} <= names
    assert {"pictures/samples-00000003.png", "export/1/saved_model.pb"} <= names


def test_what_a_run_on_embeddings_samples(trained):
    result = run(trained, "--mode=sample", "--workdir=run", "--caption=a bird")
    assert result.returncode == 2
    assert "it samples embeddings: --embeddings=FILE. Received: --caption=a bird" in result.stderr
    assert "Traceback" not in result.stderr
    result = run(trained, "--mode=sample", "--workdir=run", "--embeddings=embeddings.npz", "--output=mine.png")
    assert result.returncode == 0, result.stderr
    assert (trained / "mine.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("content", [None, b"\xff\xfe not text", b"\n  \n", b"\x00\n"])
def test_a_captions_file_without_captions(trained, tmp_path, content):
    file = tmp_path / "captions.txt"
    if content is not None:
        file.write_bytes(content)
    result = run(trained, "--mode=sample", "--workdir=run", f"--captions_file={file}")
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "TensorFlow imported: False" in result.stdout


def test_dry_run(trained, tmp_path):
    result = run(trained, *train_arguments(trained), f"--workdir={tmp_path / 'run'}", "--dry_run")
    assert result.returncode == 0, result.stderr
    for part in (
        "generator_width = 4",
        "given; the preset's is 128: channels of the generator's last hidden stage; Torch code, ngf",
        "mismatch_weight = 0.5",
        "text_dim = 6",
        "  generator: ",
        "  discriminator: ",
        "6 training images",
        "image: float32 (4, 32, 32, 3)",
        "wrong_image: float32 (4, 32, 32, 3)",
        "text: float32 (4, 6)",
        "3 steps in all",
    ):
        assert part in result.stdout
    # So that a training begins in it as in a new one.
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["data.png"]


def test_data_that_is_not_there(tmp_path):
    result = run(tmp_path, "--dataset=captions", "--data_dir=nowhere")
    assert result.returncode == 2
    assert "data_dir must be an existing folder" in result.stderr
    assert "Traceback" not in result.stderr


INTERRUPTED_AT_THE_START = f"""
import sys
sys.path.insert(0, {os.path.dirname(MAIN)!r})
import main

def interrupted(devices):
    raise KeyboardInterrupt

main.prepare_tensorflow = interrupted
main.command_line.define()
main.app.run(main.main, argv=["main.py"], flags_parser=main.parse)
"""


def test_ctrl_c_while_tensorflow_is_imported_is_one_line(tmp_path):
    result = run(tmp_path, code=INTERRUPTED_AT_THE_START)
    assert (result.returncode, result.stderr.strip()) == (130, "Interrupted; the same command resumes it.")
