"""data.png: what is trained on, seen by a person; each image of these data sets says by its tone which one it is."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from callbacks.checkpoints import checkpoint_steps
from engine.command import CommandError, Train
from engine.folder import RunError
from pipelines.embeddings.table import write_embeddings
from pipelines.examples import DataError
from pipelines.images import to_uint8
from pipelines.readers.files import SHEET_MARK
from tests.engine.marked import COUNTERPART, COUNTS, TRAIN, marked, run_of

TONES = range(TRAIN, TRAIN + COUNTS[TRAIN])


@pytest.fixture(autouse=True)
def world(monkeypatch):
    monkeypatch.setattr("pipelines.registry.load", marked)


@pytest.fixture
def cells_of(tmp_path, monkeypatch, encoder_folder):
    """(model, dataset) -> of each example on its sheet the text, and the tones of its pictures."""

    def cells_of(model, dataset, encoder=encoder_folder, **config):
        drawn = []
        monkeypatch.setattr("engine.parts.parts.sheet", lambda title, cells: drawn.extend(cells))
        run = run_of(model, dataset, tmp_path / "run", encoder, **config)
        run.parts.sheet(run.parts.prepare(run.splits.train, dry_run=True), run.splits.train)
        assert len(drawn) == 9
        return [(text, [tone(picture) for picture in pictures]) for text, pictures in drawn]

    return cells_of


def tone(picture):
    pixels = picture if picture.dtype == np.uint8 else to_uint8(picture).numpy()
    assert pixels.min() == pixels.max()
    return int(pixels.min())


@pytest.mark.parametrize(("model", "dataset"), [("pix2pix", "birds_parts"), ("pixel_dt", "birds_plate")])
@pytest.mark.parametrize("direction", ["AtoB", "BtoA"])
def test_both_sides_of_a_pair_are_those_of_the_pair_that_is_named(cells_of, model, dataset, direction):
    cells = cells_of(model, dataset, direction=direction, batch_size=2)
    for text, (first, second) in cells:
        there, back = (first, second) if direction == "AtoB" else (second, first)
        assert back == there + COUNTERPART
        assert text == f"train {there}: {direction[0]} (input), {direction[-1]} (target)"
    assert len({text for text, _ in cells}) == 9


def test_both_sides_without_pairs(cells_of):
    sides = [tones for _, tones in cells_of("cyclegan", "birds_night", batch_size=1)]
    assert all(a in TONES and b - COUNTERPART in TONES for a, b in sides)
    assert any(b != a + COUNTERPART for a, b in sides)


@pytest.mark.parametrize("text_encoder", ["end_to_end", "folder", "char_cnn_rnn", "word_cnn", "file"])
def test_a_caption_is_one_of_its_image(cells_of, tmp_path, encoder_folder, text_encoder):
    file = tmp_path / "rows.npz"
    write_embeddings(file, [f"train {tone}" for tone in TONES], [np.ones((3, 6), np.float32)] * len(TONES))
    encoder = {"folder": encoder_folder, "file": file}.get(text_encoder, text_encoder)
    for text, (tone,) in cells_of("gan_cls", "birds", encoder):
        name, *captions = text.split("\n")
        assert name == f"train {tone}"
        assert captions
        assert set(captions) <= {f"bird {tone}", f"a bird {tone}"}


def test_a_caption_is_shown_as_it_is_read(cells_of, monkeypatch):
    def load(*arguments):
        examples = marked(*arguments)
        captions = tuple((f"Übrig {tone} " + 300 * "x",) for tone in TONES)
        return dataclasses.replace(examples, captions=captions)

    monkeypatch.setattr("pipelines.registry.load", load)
    for text, (tone,) in cells_of("word_cnn", "birds", read_words=3):
        # Each tone is there once, the long word in all captions.
        assert text == f"train {tone}\nübrig ·{tone} {300 * 'x'}"
    for text, (tone,) in cells_of("char_cnn_rnn", "birds"):
        # Of the first letter, two bytes that no symbol of the alphabet stands for; cut after 201.
        assert text == f"train {tone}\n" + f"··brig {tone} {300 * 'x'}"[:201]


@pytest.mark.parametrize("model", ["acgan", "class_judge"])
def test_a_class_is_named_by_its_image(cells_of, model):
    assert all(text == f"class {(tone - TRAIN) % 3}" for text, (tone,) in cells_of(model, "digits"))


def test_attributes_are_named_by_their_picture(cells_of):
    for text, (tone,) in cells_of("attribute_judge", "birds"):
        assert text.splitlines()[0] == f"breast color: {('black', 'white', 'red')[(tone - TRAIN) % 3]}"


@pytest.mark.parametrize("model", ["gan_1d", "gan_2d"])
def test_points_are_a_picture(tmp_path, model):
    run = run_of(model, run_of(model, "normal_1d", tmp_path, "").preset.default_dataset, tmp_path, "")
    picture = run.parts.sheet(run.parts.prepare(run.splits.train), run.splits.train)
    assert picture.shape[2] == 3


# The file.


def judge(folder, **config):
    return run_of("class_judge", "digits", folder, "", **({"steps": 1} | config))


@pytest.fixture
def without_steps(monkeypatch):
    """A training takes no step, but leaves a checkpoint."""
    monkeypatch.setattr(
        "engine.run.Run.fit",
        lambda self, command, model, *_: model.save(self.folder.checkpoints / "step-00000001.keras"),
    )
    monkeypatch.setattr("engine.run.restore", lambda model, folder: folder.mkdir(exist_ok=True))


def size(path):
    with Image.open(path) as picture:
        picture.load()
        return picture.size


def test_a_dry_run_draws_it_and_leaves_a_folder_in_which_a_training_starts(tmp_path, capsys):
    folder = tmp_path / "run"
    judge(folder).train(Train(dry_run=True))
    assert [path.name for path in folder.iterdir()] == ["data.png"]
    assert min(size(folder / "data.png")) > 300
    assert f"The first examples, as they are trained on: {folder / 'data.png'}" in capsys.readouterr().out
    (folder / "data.png").write_bytes(b"old")
    judge(folder).train(Train())
    assert checkpoint_steps(folder / "checkpoints") == [1]
    assert min(size(folder / "data.png")) > 300


def test_a_training_that_is_refused_leaves_the_folder_of_a_dry_run_as_it_was(tmp_path, monkeypatch):
    judge(tmp_path / "run").train(Train(dry_run=True))
    judge(tmp_path / "run", batch_size=5)

    def refuse(*arguments):
        raise DataError("no such images")

    monkeypatch.setattr("pipelines.registry.load", refuse)
    for command in (Train(), Train(restart=True), Train(dry_run=True)):
        with pytest.raises(DataError):
            judge(tmp_path / "run").train(command)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["data.png"]
    with pytest.raises(DataError):
        judge(tmp_path / "new").train(Train(dry_run=True))
    assert not (tmp_path / "new").exists()


def test_output_says_where(tmp_path):
    (tmp_path / "out").mkdir()
    for output, path in (("sheet.PNG", "sheet.PNG"), ("out", "out/data.png"), ("new/a.png", "new/a.png")):
        judge(tmp_path / "run").train(Train(dry_run=True, output=str(tmp_path / output)))
        assert size(tmp_path / path)
    assert not (tmp_path / "run").exists()
    with pytest.raises(RunError, match=r"--output must be a \.png file or an existing folder\. Received: .*a\.jpg"):
        judge(tmp_path / "run").train(Train(dry_run=True, output=str(tmp_path / "a.jpg")))
    with pytest.raises(CommandError, match=r"--output, in training, is for --dry_run\. Received: --output=a\.png"):
        Train(output="a.png")


@pytest.mark.parametrize(
    "output", ["data/sheet.png", "data", "data/cats/new/a.png", "link/a.png", "data/../data/a.PNG"]
)
def test_a_sheet_among_the_images_is_refused(tmp_path, output):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    for data_dir in ("data", "link"):
        run = judge(tmp_path / "run")
        run.experiment = dataclasses.replace(run.experiment, data_dir=str(tmp_path / data_dir))
        with pytest.raises(
            RunError,
            match=r"^--output must not be in --data_dir, as it would be trained on; .*\. Received: --output=\S+$",
        ):
            run.train(Train(dry_run=True, output=str(tmp_path / output)))
    assert not list((tmp_path / "data").iterdir())


def test_a_sheet_beside_the_images_is_not(tmp_path):
    (tmp_path / "data").mkdir()
    run = judge(tmp_path / "run")
    run.experiment = dataclasses.replace(run.experiment, data_dir=str(tmp_path / "data"))
    run.train(Train(dry_run=True, output=str(tmp_path / "data.png")))
    assert size(tmp_path / "data.png")


def test_the_file_says_what_it_is(tmp_path):
    judge(tmp_path / "run").train(Train(dry_run=True))
    with Image.open(tmp_path / "run" / "data.png") as picture:
        assert picture.format == "PNG"
        assert picture.info["Software"] == SHEET_MARK


def test_the_sheet_of_a_run_stays(tmp_path, capsys, without_steps):
    folder = tmp_path / "run"
    judge(folder).train(Train())
    before = (folder / "data.png").read_bytes()
    judge(folder, seed=5).train(Train(dry_run=True))
    assert (folder / "data.png").read_bytes() == before
    assert "The run's own data.png stays; --output=FILE.png draws" in capsys.readouterr().out
    judge(folder, seed=5).train(Train(restart=True))
    (moved,) = (path for path in tmp_path.iterdir() if path.name != "run")
    assert (moved / "data.png").read_bytes() == before != (folder / "data.png").read_bytes()


def test_what_is_drawn_is_what_the_first_batches_hold(tmp_path, without_steps):
    judge(tmp_path / "run").train(Train())
    run = judge(tmp_path / "run")
    batches = run.parts.prepare(run.splits.train).batches
    tones = [tone(image) for step in range(3) for image in np.asarray(batches.at(step)["image"])][:9]
    with Image.open(tmp_path / "run" / "data.png") as picture:
        pixels = np.asarray(picture)
    shown = [int(value) for value in np.unique(pixels) if (pixels == value).mean() > 0.02 and value < 255]
    assert shown == sorted(set(tones))
