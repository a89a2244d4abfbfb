import os
import pathlib
import pickle
import shutil
import time

import numpy as np
import pytest

from pipelines.examples import DataError
from pipelines.readers import cub, download
from pipelines.readers.cub_classes import TEST_CLASSES, TRAIN_CLASSES
from pipelines.readers.reed_captions import ALPHABET, read_tensors
from tests.pipelines.files import write_image, write_text
from tests.pipelines.lua import lua, lua_tensor

SEEN, UNSEEN = "002.Laysan_Albatross", "001.Black_footed_Albatross"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)


def write_set(folder, images="CUB_200_2011/images", texts="text", names=("a", "b")):
    for class_name in (SEEN, UNSEEN):
        for name in names:
            write_image(folder / images / class_name / f"{name}.jpg")
            write_text(folder / texts / class_name / f"{name}.txt", "one bird\nanother bird\n")


def load(split, data_dir, tmp_path):
    return cub.load(split, 8, str(data_dir), str(tmp_path / "cache"))


def test_the_split_is_150_and_50_classes_without_overlap():
    assert len(TRAIN_CLASSES) == len(set(TRAIN_CLASSES)) == 150
    assert len(TEST_CLASSES) == len(set(TEST_CLASSES)) == 50
    numbers = sorted(int(name.split(".")[0]) for name in TRAIN_CLASSES + TEST_CLASSES)
    assert numbers == list(range(1, 201))


@pytest.mark.parametrize("images", ["CUB_200_2011/images", "images"])
@pytest.mark.parametrize("texts", ["text", "text_c10", "CUB_200_2011/text"])
def test_accepted_layouts(tmp_path, images, texts):
    write_set(tmp_path / "data", images, texts)
    train, test = load("train", tmp_path / "data", tmp_path), load("test", tmp_path / "data", tmp_path)
    assert train.names == (f"{SEEN}/a", f"{SEEN}/b")
    assert train.class_names == (SEEN,)
    assert train.labels.tolist() == [0, 0]
    assert train.captions == (("one bird", "another bird"),) * 2
    assert test.names == (f"{UNSEEN}/a", f"{UNSEEN}/b")
    assert train.report.used == test.report.used == {"train": 2, "test": 2}
    assert train.report.classes == {SEEN: 2}


def write_tensors(folder, class_name, image, captions, img=None, dtype=np.float64):
    """A file of cub_icml: letters as numbers from 1, a column a caption, zeros after its end."""
    letters = np.zeros((201, len(captions)), dtype)
    for column, caption in enumerate(captions):
        letters[: len(caption), column] = [ALPHABET.index(letter) + 1 for letter in caption]
    content = {
        "char": lua_tensor(letters, "Double" if dtype == np.float64 else "Byte", 2),
        "img": img or f"{class_name}/{image}.jpg",
        "txt": lua_tensor(np.zeros((len(captions), 4)), "Double", 4),
    }
    (folder / class_name).mkdir(parents=True, exist_ok=True)
    (folder / class_name / f"{image}.t7").write_bytes(lua(content, 1))


@pytest.mark.parametrize("place", ["cub_icml", "birds/cub_icml", "CUB_200_2011/cub_icml"])
@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
def test_captions_in_the_torch7_files_of_the_second_paper(tmp_path, place, dtype):
    data, captions = tmp_path / "data", ('a bird with a 2" beak.', "this bird is red & (very) small!")
    for class_name in (SEEN, UNSEEN):
        for name in ("a", "b", "c"):
            write_image(data / "CUB_200_2011" / "images" / class_name / f"{name}.jpg")
        write_tensors(data / place, class_name, "a", captions, dtype=dtype)
        # By the name in the file, where its own is no image's.
        write_tensors(data / place, class_name, "0001", captions[::-1], f"{class_name}/b.jpg", dtype)
    (data / place / SEEN / "c.t7").write_bytes(b"no Torch7")
    write_text(data / place / "trainvalclasses.txt", f"{SEEN}\n")
    train, test = load("train", data, tmp_path), load("test", data, tmp_path)
    assert train.names == (f"{SEEN}/a", f"{SEEN}/b")
    assert train.captions == test.captions == (captions, captions[::-1])
    assert train.class_names == (SEEN,)
    report = "\n".join(cub.find("train", str(data), "").report.lines())
    assert f"skipped 1: not a Torch7 file with captions in it: {SEEN}/c.t7" in report


@pytest.mark.parametrize("content", [{"txt": 1}, {"char": 5}, {"char": np.full((201, 10), 99.0)}, {"char": np.ones(3)}])
def test_other_torch7_files_hold_no_captions(tmp_path, content):
    content = {
        key: lua_tensor(value, "Double", 2) if hasattr(value, "ndim") else value for key, value in content.items()
    }
    (tmp_path / "a.t7").write_bytes(lua(content))
    with pytest.raises(DataError, match=r"a.t7: must be a table with char \(letters, captions\)"):
        read_tensors(str(tmp_path / "a.t7"))


@pytest.mark.parametrize("parts", [("birds", "birds"), ("birds", "cvpr2016_cub"), ("CUB_200_2011", "x")])
def test_archives_unpacked_into_folders_of_their_own(tmp_path, parts):
    images, texts = parts
    write_set(tmp_path / "data", f"{images}/CUB_200_2011/images", f"{texts}/text_c10")
    # Not what is looked for: features of images, and texts of something else.
    (tmp_path / "data" / "cvpr2016_cub" / "images").mkdir(parents=True)
    (tmp_path / "data" / "cvpr2016_cub" / "images" / f"{SEEN}.t7").write_bytes(b"features")
    write_text(tmp_path / "data" / "a" / "text" / "notes.txt", "some notes")
    assert load("train", tmp_path / "data", tmp_path).names == (f"{SEEN}/a", f"{SEEN}/b")


def test_what_is_no_captions_is_said_to_be_none(tmp_path):
    write_image(tmp_path / "images" / SEEN / "a.jpg")
    (tmp_path / "text_c10").mkdir()
    (tmp_path / "text_c10" / f"{SEEN}.t7").write_bytes(b"")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "char-CNN-RNN-embeddings.pickle").write_bytes(b"")
    with pytest.raises(
        DataError, match=rf"found no captions; the tensors of whole classes \({SEEN}.t7, .*embeddings, w"
    ):
        load("train", tmp_path, tmp_path)


def test_the_budget_of_memory_is_for_both_splits(tmp_path, memory, caplog):
    write_set(tmp_path / "data")
    needed = 4 * 8 * 8 * 3
    for amount, kind in ((needed, np.ndarray), (needed - 1, np.memmap)):
        memory(f"{amount}b")
        caplog.clear()
        with caplog.at_level("INFO", logger="absl"):
            splits = [load(split, tmp_path / "data", tmp_path) for split in ("train", "test")]
        assert [type(examples.images) for examples in splits] == [kind, kind]
        (line,) = (line for line in caplog.messages if "--memory is" in line)
        assert line.startswith("cub: 4 images of 8 x 8 pixels: ")


def test_an_incomplete_set_works_and_says_what_is_missing(tmp_path):
    data = tmp_path / "data"
    write_set(data, names=("a", "b", "noimage", "notext", "empty"))
    (data / "CUB_200_2011/images" / SEEN / "noimage.jpg").unlink()
    (data / "text" / SEEN / "notext.txt").unlink()
    write_text(data / "text" / SEEN / "empty.txt", "\n\n")
    write_text(data / "text" / "999.Phoenix" / "x.txt", "ash")
    found = cub.find("train", str(data), "")
    assert [record.name for record in found.records] == [f"{SEEN}/a", f"{SEEN}/b"]
    report = "\n".join(found.report.lines())
    assert "2 of 8,855 train images" in report
    assert f"skipped 1: image without a caption file: {SEEN}/notext" in report
    assert f"skipped 1: caption file without an image: {SEEN}/noimage" in report
    assert f"skipped 1: caption file without a caption: {SEEN}/empty" in report
    assert "999.Phoenix" in report
    assert UNSEEN not in report


def test_a_split_without_images_is_an_error_that_says_so(tmp_path):
    write_set(tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "text" / UNSEEN)
    with pytest.raises(DataError, match=r"Received: 0 \(found: 0 of 2,933 test images"):
        load("test", tmp_path / "data", tmp_path)


@pytest.mark.parametrize("data_dir", ["", "empty", "missing"])
def test_without_files_and_network_one_error_comes_at_once(tmp_path, data_dir):
    (tmp_path / "empty").mkdir()
    started = time.monotonic()
    with pytest.raises(DataError) as raised:
        load("train", tmp_path / data_dir if data_dir else "", tmp_path)
    assert time.monotonic() - started < 2
    message = str(raised.value)
    assert "\n" not in message
    assert str(tmp_path / data_dir if data_dir else tmp_path / "cache" / "cub") in message
    for part in (
        "CUB_200_2011/images/<class>/<image name>.jpg",
        "text/<class>/<image name>.txt",
        "cub_icml/<class>/<image name>.t7",
        "Google Drive",
        "1,151 MB",
        "non-commercial",
        "--dataset=birds needs no files",
    ):
        assert part in message
    assert message.endswith(f"Received: data_dir={str(tmp_path / data_dir) if data_dir else ''!r}")


def test_captions_without_images_and_network(tmp_path):
    write_text(tmp_path / "data" / "text" / SEEN / "a.txt", "one bird")
    with pytest.raises(DataError, match=r"found captions but no images, and no network.*needs no files"):
        load("train", tmp_path / "data", tmp_path)


def test_captions_are_asked_for_before_a_download(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: pytest.fail("no need to ask"))
    with pytest.raises(DataError, match="found no images and no captions"):
        load("train", "", tmp_path)


def test_images_are_downloaded_once_and_announced_first(tmp_path, monkeypatch, caplog):
    write_text(tmp_path / "data" / "text" / SEEN / "a.txt", "one bird")
    write_text(tmp_path / "data" / "text" / SEEN / "b.txt", "one bird")
    asked = []

    class Manager:
        def download_and_extract(self, url):
            assert "1,151 MB, for non-commercial research and education only, from https://data.caltech" in caplog.text
            asked.append(url)
            write_set(tmp_path / "unpacked")
            return tmp_path / "unpacked"

    monkeypatch.setattr(download, "is_reachable", lambda url: True)
    monkeypatch.setattr(download, "_open_manager", lambda *_: Manager())
    for _ in range(2):
        assert load("train", tmp_path / "data", tmp_path).names == (f"{SEEN}/a", f"{SEEN}/b")
    assert asked == [cub.LAYOUT.archive.url]
    assert os.listdir(tmp_path / "data") == ["text"]


def test_captions_may_lie_where_the_downloaded_images_go(tmp_path, monkeypatch):
    captions = tmp_path / "cache" / "cub" / "CUB_200_2011" / "text" / SEEN
    for name in "ab":
        write_text(captions / f"{name}.txt", "my own bird")
    write_set(tmp_path / "unpacked")

    class Manager:
        def download_and_extract(self, url):
            return tmp_path / "unpacked"

    monkeypatch.setattr(download, "is_reachable", lambda url: True)
    monkeypatch.setattr(download, "_open_manager", lambda *_: Manager())
    examples = load("train", "", tmp_path)
    assert examples.names == (f"{SEEN}/a", f"{SEEN}/b")
    assert examples.captions == (("my own bird",),) * 2


@pytest.fixture
def subset():
    root = pathlib.Path(__file__).parents[3]
    folder = pathlib.Path(os.environ.get("GAN_TEST_DATA", root / "../shared/data")) / "cub_subset"
    if not folder.is_dir():
        pytest.skip(f"the real subset of CUB-200-2011 is not at {folder}")
    return folder


@pytest.mark.real_data
def test_real_subset(subset, tmp_path):
    train, test = load("train", subset, tmp_path), load("test", subset, tmp_path)
    assert (len(train), len(test)) == (275, 268)
    assert (len(train.class_names), len(test.class_names)) == (5, 5)
    assert {len(captions) for captions in train.captions + test.captions} == {10}
    everything = [caption for captions in train.captions + test.captions for caption in captions]
    assert not any("\ufffd" in caption or "  " in caption for caption in everything)
    # 18 lines of the files are longer than the 201 characters that the encoder reads; two of them only before their
    # white space and undecodable bytes were cleaned. The reader cuts none.
    assert sum(len(caption.encode()) > 201 for caption in everything) == 16
    # Neither empty nor constant images.
    assert train.images.reshape(275, -1).std(axis=1).min() > 5


@pytest.mark.real_data
def test_real_lists_agree_with_the_constants(subset, tmp_path):
    listed = (subset / "CUB_200_2011" / "classes.txt").read_text().split()[1::2]
    assert sorted(TRAIN_CLASSES + TEST_CLASSES) == listed
    # StackGAN's published pickles: plain lists of strings, read here from the tests' own trusted folder.
    with open(subset / "test" / "filenames.pickle", "rb") as file:
        test_names = pickle.load(file)
    assert {name.split("/")[0] for name in test_names} == set(TEST_CLASSES)
    assert len(test_names) == cub.PUBLISHED_IMAGES["test"]
    with open(subset / "train" / "filenames.pickle", "rb") as file:
        assert sorted(pickle.load(file)) == sorted(load("train", subset, tmp_path).names)
