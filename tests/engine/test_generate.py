"""--mode=generate: numbered pictures and what each was asked for, stopped and resumed."""

import csv
import dataclasses
import fcntl
import json
import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from engine.command import Generate
from engine.experiment import Experiment
from engine.folder import RunError
from engine.parts.asked import BATCH, embedded, in_rounds
from engine.run import Run
from pipelines.embeddings.table import write_embeddings
from pipelines.examples import DataError
from tests.worlds import TEXT_DIM, captioned_images, examples_of, tiny, tiny_run, write_encoder, write_untrained

COUNT = BATCH + 6


def write_rows(path: pathlib.Path, names, count: int = 2) -> pathlib.Path:
    rows = np.random.default_rng(1).normal(size=(len(names), count, TEXT_DIM)).astype(np.float32)
    write_embeddings(path, names, list(rows))
    return path


def load(dataset: str, split: str, *arguments):
    """With other pictures in the split to test on."""
    if dataset == "birds":
        return captioned_images(seed=int(split == "test"))
    return examples_of(dataset, split, *arguments)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of some models, by name, each with its model loaded once."""
    folder = tmp_path_factory.mktemp("runs")
    embeddings = write_rows(folder / "embeddings.npz", captioned_images().names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.registry.load", load)
        made = {
            name: write_untrained(Run(Experiment(name, "digits", tiny(name), str(folder / name))), contrast=30.0)
            for name in ("acgan", "dcgan")
        }
        made["gan_cls"] = write_untrained(tiny_run("gan_cls", folder / "gan_cls", write_encoder(folder)), contrast=30.0)
        made["embeddings"] = write_untrained(tiny_run("gan_cls", folder / "embeddings", embeddings), contrast=30.0)
        for run in made.values():
            model = run.trained_model()
            sampler = run.parts.sampler(model)
            run.trained_model = lambda checkpoint, model=model: model
            run.parts.sampler = lambda model, sampler=sampler: sampler
            assert run.splits.unseen[1] == "test"
    return made


def pixels(folder: pathlib.Path) -> list[np.ndarray]:
    """The pictures of a folder, in the order of their names, which are 000000.png and so on."""
    files = sorted(folder.glob("*.png"))
    assert [file.name for file in files] == [f"{number:06}.png" for number in range(len(files))]
    return [np.asarray(Image.open(file)) for file in files]


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(file: pathlib.Path) -> list[list[str]]:
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


@pytest.fixture(scope="module")
def labelled(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled") / "new" / "pictures"
    assert runs["acgan"].generate(Generate(output=str(folder), num_images=COUNT)) == folder
    return folder


def test_every_class_in_turn_and_a_table_that_says_which(runs, labelled):
    pictures = pixels(labelled)
    assert len(pictures) == COUNT
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((32, 32), "uint8")}
    assert len({picture.tobytes() for picture in pictures}) == COUNT
    header, *table = rows(labelled / "labels.csv")
    assert header == ["file", "label", "name"]
    assert table == [[f"{number:06}.png", str(number % 3), f"class {number % 3}"] for number in range(COUNT)]
    # Beyond the first batch the table still says what is drawn.
    sampler = runs["acgan"].parts.sampler(None)
    latent = sampler.latents(BATCH, 0, 1).numpy()[:6]
    wanted = sampler.draw({"latent": latent, "label": [int(row[1]) for row in table[BATCH:]]}, 0)
    assert np.abs(np.stack(pictures[BATCH:]).astype(int) - wanted[..., 0]).max() <= 1


def test_a_picture_depends_neither_on_how_many_there_are_nor_on_the_process(runs, labelled, tmp_path):
    runs["acgan"].generate(Generate(output=str(tmp_path / "few"), num_images=5))
    few, many = contents(tmp_path / "few"), contents(labelled)
    assert {name: many[name] for name in few if name.endswith(".png")}.items() <= few.items()
    # More of them into the same folder are those of one command.
    runs["acgan"].generate(Generate(output=str(tmp_path / "few"), num_images=COUNT))
    assert contents(tmp_path / "few") == many


def test_the_seed_decides(runs, labelled, tmp_path):
    runs["acgan"].generate(Generate(output=str(tmp_path / "other"), num_images=5, seed=1))
    assert all((one != other).any() for one, other in zip(pixels(tmp_path / "other"), pixels(labelled), strict=False))


def test_stopped_it_goes_on_where_it_was_and_leaves_what_is_there(runs, labelled, tmp_path, monkeypatch):
    folder, command = tmp_path / "pictures", Generate(output=str(tmp_path / "pictures"), num_images=COUNT)
    asked = type(runs["acgan"].parts).asked

    def stopped(parts, *arguments):
        made = asked(parts, *arguments)

        def draw(batch):
            if batch:
                raise KeyboardInterrupt
            return made.draw(batch)

        return dataclasses.replace(made, draw=draw)

    monkeypatch.setattr(type(runs["acgan"].parts), "asked", stopped)
    with pytest.raises(KeyboardInterrupt):
        runs["acgan"].generate(command)
    monkeypatch.undo()
    assert len(rows(folder / "labels.csv")) == 1 + BATCH == 1 + len(pixels(folder))
    # One is lost, one is the user's by now, and one was being written when the process was killed.
    (folder / "000010.png").unlink()
    (folder / "000003.png").write_bytes(b"mine")
    (folder / ".000011.0123abcd.png").write_bytes(b"half of i")
    runs["acgan"].generate(command)
    assert contents(folder) == contents(labelled) | {"000003.png": b"mine"}


@pytest.mark.parametrize(
    ("model", "command", "message"),
    [
        ("acgan", {"seed": 1}, r"--output holds pictures of another command, which differs in seed: 0 -> 1; accepted"),
        ("acgan", {"label": ("class 1",)}, r"differs in labels: \[0, 1, 2\] -> \[1\]; accepted is a folder of its own"),
        ("dcgan", {}, r"labels: .* -> None; model: acgan -> dcgan; weights_fingerprint: \w+ -> \w+; accepted"),
        ("acgan", {"num_images": 3}, r"holds 70 pictures of this command, more than --num_images.*num_images=3"),
    ],
)
def test_a_folder_of_another_command_is_refused(runs, labelled, model, command, message):
    before = contents(labelled)
    with pytest.raises(RunError, match=message):
        runs[model].generate(Generate(output=str(labelled), **({"num_images": COUNT} | command)))
    assert contents(labelled) == before


def test_nothing_of_the_users_is_overwritten(runs, tmp_path):
    def refused(target, message):
        with pytest.raises(RunError, match=message):
            runs["dcgan"].generate(Generate(output=str(target), num_images=2))

    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "000001.png").write_bytes(b"mine")
    refused(mine, r"^--output must be a new or empty folder, or one that this command has begun.*Received: .*mine$")
    assert contents(mine) == {"000001.png": b"mine"}
    refused(mine / "000001.png", r"^--output must be a folder\. Received")
    (mine / "generate.json").write_text("{")
    refused(mine, r"^generate\.json is damaged\. Received: .*generate\.json \(")
    empty = tmp_path / "empty"
    empty.mkdir()
    handle = os.open(empty, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    refused(empty, "another process is writing pictures into this folder")
    os.close(handle)


def test_among_the_data_they_would_be_trained_on(runs, tmp_path):
    experiment = dataclasses.replace(runs["dcgan"].experiment, data_dir=str(tmp_path))
    run = Run(experiment)
    run.trained_model = runs["dcgan"].trained_model
    with pytest.raises(RunError, match=r"--output must not be in --data_dir.*accepted is a folder elsewhere"):
        run.generate(Generate(output=str(tmp_path / "new"), num_images=2))


def test_without_labels_there_is_no_table_and_by_default_the_run_holds_them(runs, capsys):
    folder = runs["dcgan"].generate(Generate(num_images=COUNT, seed=4))
    assert folder == runs["dcgan"].folder.path / "generated" / "step-0-seed-4"
    assert {path.name for path in folder.iterdir() if path.suffix != ".png"} == {"generate.json"}
    printed = capsys.readouterr().out
    assert f"Wrote {COUNT} pictures: {folder} holds {COUNT}, drawn with the last weights of step 0." in printed
    # Nor is the noise of one batch that of another.
    assert len({picture.tobytes() for picture in pixels(folder)}) == COUNT
    with pytest.raises(RunError, match=r"dcgan is not conditional\. Received: --label=class 1"):
        runs["dcgan"].generate(Generate(label=("class 1",), num_images=2))


def test_captions_are_those_of_unseen_images_each_image_first(runs, tmp_path):
    examples = captioned_images()
    captions = {caption for of_image in examples.captions for caption in of_image}
    runs["gan_cls"].generate(Generate(output=str(tmp_path), num_images=2 * len(captions)))
    header, *table = rows(tmp_path / "captions.csv")
    drawn = [caption for _, caption in table]
    assert header == ["file", "caption"]
    assert set(drawn[: len(examples)]) == {of_image[0] for of_image in examples.captions}
    assert set(drawn[: len(captions)]) == captions
    assert drawn[len(captions) :] == drawn[: len(captions)]
    # With noise of its own every time.
    pictures = pixels(tmp_path)
    assert (pictures[0] != pictures[len(captions)]).any()
    sampler = runs["gan_cls"].parts.sampler(None)
    latent = np.concatenate([sampler.latents(BATCH, 0, batch).numpy() for batch in range(2)])[: len(table)]
    wanted = sampler.draw({"captions": drawn, "latent": latent}, 0)
    assert np.abs(np.stack(pictures).astype(int) - wanted).max() <= 1
    assert json.loads((tmp_path / "generate.json").read_text())["captions"] == "test"


def test_captions_that_are_given_are_drawn_in_turn(runs, tmp_path):
    file = tmp_path / "captions.txt"
    file.write_text('a "red" bird, alone\nun élève\n', encoding="utf-8")
    command = Generate(caption=("a bird",), captions_file=str(file), num_images=4, output=str(tmp_path / "out"))
    runs["gan_cls"].generate(command)
    wanted = ["a bird", 'a "red" bird, alone', "un élève", "a bird"]
    assert [caption for _, caption in rows(tmp_path / "out" / "captions.csv")[1:]] == wanted
    with pytest.raises(RunError, match=r"differs in captions_fingerprint"):
        runs["gan_cls"].generate(Generate(caption=("another bird",), num_images=4, output=str(tmp_path / "out")))
    with pytest.raises(RunError, match=r"has a text encoder of its own.*Received: --embeddings=x\.npz"):
        runs["gan_cls"].generate(Generate(embeddings="x.npz", num_images=4, output=str(tmp_path / "new")))


def test_embeddings_from_a_file_are_named_in_the_table(runs, tmp_path):
    run, names = runs["embeddings"], captioned_images().names
    run.generate(Generate(output=str(tmp_path / "own"), num_images=len(names)))
    header, *table = rows(tmp_path / "own" / "embeddings.csv")
    assert header == ["file", "name", "embedding"]
    assert sorted(name for _, name, _ in table) == sorted(names)
    assert {embedding for _, _, embedding in table} == {"0"}
    file = write_rows(tmp_path / "other.npz", ["one", "two"])
    run.generate(Generate(output=str(tmp_path / "other"), num_images=3, embeddings=str(file), caption=("two",)))
    table = rows(tmp_path / "other" / "embeddings.csv")[1:]
    assert [row[1:] for row in table] == [["two", "0"], ["two", "1"], ["two", "0"]]
    with pytest.raises(RunError, match=r"draws embeddings: --embeddings=FILE\. Received: --caption=two"):
        run.generate(Generate(output=str(tmp_path / "new"), num_images=3, caption=("two",)))
    write_embeddings(file, ["one"], [np.zeros((1, TEXT_DIM + 1), np.float32)])
    with pytest.raises(DataError, match=rf"must have the {TEXT_DIM} numbers .*Received: {TEXT_DIM + 1} in"):
        run.generate(Generate(output=str(tmp_path / "new"), num_images=3, embeddings=str(file)))
    assert not (tmp_path / "new").exists()


def test_rounds_take_each_image_once_before_any_twice():
    rounds = in_rounds([2, 1, 3], seed=5)
    assert sorted(rounds) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 2)]
    assert [turn for _, turn in rounds] == [0, 0, 0, 1, 1, 2]
    assert rounds == in_rounds([2, 1, 3], seed=5)
    assert in_rounds([1] * 20, 0) != in_rounds([1] * 20, 1)


def test_a_text_is_embedded_once_and_always_in_the_same_company():
    asked = []

    def embed(texts):
        asked.append(texts)
        return np.array([[float(text)] for text in texts], np.float32)

    of = embedded(embed, [str(number) for number in range(BATCH + 2)])
    np.testing.assert_array_equal(of([BATCH + 1, 0, 1])[:, 0], [BATCH + 1, 0, 1])
    np.testing.assert_array_equal(of([5])[:, 0], [5])
    assert sorted(map(len, asked)) == [2, BATCH]
