import contextlib
import os
import pathlib
import pickle
import struct

import h5py
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from pipelines.embeddings import table as embeddings
from pipelines.embeddings import torch7
from pipelines.examples import DataError
from tests.pipelines.lua import Lua, lua, lua_class, lua_tensor

NAMES = ("001.Albatross/first", "001.Albatross/second", "002.Auklet/first")


def rows(count: int = 3, captions: int = 4, dimension: int = 6) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, captions, dimension)).astype(np.float32)


def assert_same(received: list[np.ndarray], wanted) -> None:
    assert len(received) == len(wanted)
    for left, right in zip(received, wanted, strict=True):
        assert left.dtype == np.float32
        np.testing.assert_array_equal(left, right)


def read_lua(folder: pathlib.Path, content: bytes) -> object:
    path = folder / "object.t7"
    path.write_bytes(content)
    return torch7.read(path)


# The formats -------------------------------------------------------------------------------------------------------


def python2_array(array: np.ndarray) -> bytes:
    """The pickle of a float32 array as Python 2 with NumPy 1 wrote it, protocol 0 but for the raw string."""
    shape = b"".join(b"I%d\n" % size for size in array.shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n("
        + shape
        + b"tcnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nT"
        + struct.pack("<i", array.nbytes)
        + array.tobytes()
        + b"tb"
    )


def write_pickles(folder: pathlib.Path, content: bytes, names=NAMES) -> pathlib.Path:
    (folder / "filenames.pickle").write_bytes(pickle.dumps(list(names), protocol=0))
    path = folder / "char-CNN-RNN-embeddings.pickle"
    path.write_bytes(content)
    return path


def test_our_own_format_keeps_varying_numbers_of_captions(tmp_path):
    path = tmp_path / "cache.npz"
    wanted = [rows()[0, :2], rows()[1], rows()[2, :1]]
    embeddings.write_embeddings(path, NAMES, wanted)
    assert_same(embeddings.read_embeddings(path, NAMES, [2, 4, 1]), wanted)
    assert_same(embeddings.read_embeddings(path, NAMES[::-1]), wanted[::-1])
    assert embeddings.read(path).names == NAMES
    embeddings.write_embeddings(path, NAMES, rows())
    assert_same(embeddings.read_embeddings(path, NAMES, 4), rows())
    assert os.listdir(tmp_path) == ["cache.npz"]


def test_a_write_that_fails_leaves_the_earlier_file(tmp_path, monkeypatch):
    path = tmp_path / "cache.npz"
    embeddings.write_embeddings(path, NAMES, rows())

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="no space"):
        embeddings.write_embeddings(path, NAMES, 2 * rows())
    assert_same(embeddings.read_embeddings(path, NAMES), rows())
    assert os.listdir(tmp_path) == ["cache.npz"]


@pytest.mark.parametrize("stored", [rows(), rows()[:, 0], rows().astype(np.float16), rows().astype(">f8")])
def test_npz_and_hdf5_with_one_array(tmp_path, stored):
    np.savez(tmp_path / "table.npz", names=np.array(NAMES), embeddings=stored)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["names"] = list(NAMES)
        file["embeddings"] = stored
    wanted = stored.reshape(3, -1, 6).astype(np.float32)
    assert_same(embeddings.read_embeddings(tmp_path / "table.npz", NAMES), wanted)
    assert_same(embeddings.read_embeddings(tmp_path / "table.h5", NAMES), wanted)


def test_hdf5_with_a_dataset_an_image(tmp_path):
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for name, embedding in zip(NAMES, rows(), strict=True):
            file[f"images/{name}.jpg"] = embedding
    assert_same(embeddings.read_embeddings(tmp_path / "images.hdf5", NAMES), rows())


def test_stackgan_pickle_of_python_2(tmp_path):
    path = write_pickles(tmp_path, b"(l" + b"".join(python2_array(array) + b"a" for array in rows()) + b".")
    assert_same(embeddings.read_embeddings(path, NAMES, 4), rows())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_python_3(tmp_path, protocol):
    stored = [rows()[0], np.asfortranarray(rows()[1]).astype(">f8"), rows()[2].astype(np.float16)]
    path = write_pickles(tmp_path, pickle.dumps(stored, protocol=protocol))
    assert_same(embeddings.read_embeddings(path, NAMES), [array.astype(np.float32) for array in stored])
    for whole in (rows(), rows().transpose(0, 2, 1).copy().transpose(0, 2, 1)):
        path = write_pickles(tmp_path, pickle.dumps(whole, protocol=protocol))
        assert_same(embeddings.read_embeddings(path, NAMES), rows())


class Attack:
    def __init__(self, victim: pathlib.Path):
        self.victim = victim

    def __reduce__(self):
        return os.system, (f"touch {self.victim}",)


def test_a_pickle_that_asks_for_code_is_refused_and_not_run(tmp_path):
    victim = tmp_path / "victim"
    path = write_pickles(tmp_path, pickle.dumps([Attack(victim)]))
    with pytest.raises(DataError, match=r"embeddings\.pickle: .* asks for (posix|nt)\.system; accepted are"):
        embeddings.read(path)
    (tmp_path / "filenames.pickle").write_bytes(pickle.dumps([Attack(victim)]))
    with pytest.raises(DataError, match=r"filenames\.pickle: .* asks for (posix|nt)\.system"):
        embeddings.read(path)
    assert not victim.exists()


def test_pickles_of_anything_but_floats_are_refused(tmp_path):
    for stored, received in (
        ([np.array([None, {}], dtype=object)], "'O8'"),
        ([np.arange(3)], "'i8'"),
        ({"a": 1}, "dict"),
        ([[1.0, 2.0]], "list"),
    ):
        path = write_pickles(tmp_path, pickle.dumps(stored, protocol=2))
        with pytest.raises(DataError, match=received):
            embeddings.read(path)
    (tmp_path / "filenames.pickle").unlink()
    with pytest.raises(DataError, match=r"filenames\.pickle beside it; there is none"):
        embeddings.read(path)


def test_torch7_folder_of_captioned_images(tmp_path):
    for name, embedding in zip(NAMES, rows(), strict=True):
        file = tmp_path / f"{name}.t7"
        file.parent.mkdir(exist_ok=True)
        # The characters come first and are larger, as in cub_icml; one file does not say its image.
        table = {"char": lua_tensor(np.ones((201, 4), np.uint8), "Byte", 200), "txt": lua_tensor(embedding)}
        file.write_bytes(lua(table if name == NAMES[0] else table | {"img": f"{name}.jpg"}))
    assert_same(embeddings.read_embeddings(tmp_path, NAMES, 4), rows())
    assert_same(embeddings.read_embeddings(tmp_path / f"{NAMES[2]}.t7", NAMES[2:]), rows()[2:])


def test_torch7_tensors_of_classes_are_joined_by_the_names_beside_them(tmp_path):
    for label, part in (("001.Albatross", slice(0, 2)), ("002.Auklet", slice(2, 3))):
        tensor = np.ascontiguousarray(rows()[part].transpose(0, 2, 1)).astype(np.float64)
        (tmp_path / f"{label}.t7").write_bytes(lua_tensor(tensor, "Double"))
    with pytest.raises(DataError, match=r"holds no names; they must be in .*001\.Albatross\.txt"):
        embeddings.read(tmp_path)
    (tmp_path / "001.Albatross.txt").write_text("\n".join(NAMES[:2]) + "\n")
    (tmp_path / "002.Auklet.txt").write_text("002.Auklet/first.jpg")
    assert_same(embeddings.read_embeddings(tmp_path, NAMES), rows())
    (tmp_path / "002.Auklet.txt").write_text("one\ntwo\n")
    with pytest.raises(DataError, match=r"must name the 1 images .* received 2 names"):
        embeddings.read(tmp_path)


def test_torch7_character_ids_are_no_embeddings(tmp_path):
    (tmp_path / "class.t7").write_bytes(lua_tensor(np.ones((3, 201, 10)), "Double"))
    (tmp_path / "class.txt").write_text("\n".join(NAMES))
    with pytest.raises(DataError, match=r"\(3, 201, 10\) float64 of whole numbers: ids of characters"):
        embeddings.read(tmp_path)
    (tmp_path / "class.t7").write_bytes(lua({"char": lua_tensor(np.ones((201, 10)), "Double"), "img": "a.jpg"}))
    with pytest.raises(DataError, match="with one as txt; received char, img"):
        embeddings.read(tmp_path)


# Torch7's format ---------------------------------------------------------------------------------------------------


def test_torch7_values(tmp_path):
    table = {"n": 1.5, "yes": True, "no": False, "nothing": None, "text": "zwölf", 1: "first", "t": lua({2: 3}, 9)}
    wanted = {"n": 1.5, "yes": True, "no": False, "nothing": None, "text": "zwölf", 1.0: "first", "t": {2.0: 3.0}}
    assert read_lua(tmp_path, lua(table)) == wanted


@pytest.mark.parametrize("kind", ["Byte", "Int", "Long", "Float", "Double"])
def test_torch7_tensors_of_every_type_and_views(tmp_path, kind):
    dtype = {"Byte": np.uint8, "Int": np.int32, "Long": np.int64, "Float": np.float32, "Double": np.float64}[kind]
    array = np.arange(12).reshape(3, 4).astype(dtype)
    for version in (b"V 1", b""):
        received = read_lua(tmp_path, lua_tensor(array, kind, version=version))
        np.testing.assert_array_equal(received, array)
        assert received.dtype == dtype
    np.testing.assert_array_equal(read_lua(tmp_path, lua_tensor(array, kind, strides=[1, 3])), array.reshape(4, 3).T)
    empty = lua_class(f"torch.{kind}Tensor", 1, struct.pack("<iq", 0, 1) + lua(None))
    assert read_lua(tmp_path, empty).shape == (0,)


def test_torch7_shared_objects_and_cycles(tmp_path):
    shared = struct.pack("<ii", 4, 100)
    tensor = rows()[0]
    # The second tensor is a reference to the first; the table contains itself.
    table = read_lua(tmp_path, lua({"a": lua_tensor(tensor), "b": Lua(shared), "self": Lua(struct.pack("<ii", 3, 1))}))
    assert table["a"] is table["b"]
    assert table["self"] is table
    assert_same([table["b"]], [tensor])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (Lua(struct.pack("<iii", 6, 4, 0)), "it holds a function"),
        (Lua(struct.pack("<iii", 8, 1, 4)), "it holds a function"),
        (lua_class("nn.Linear", 1, b""), "class 'nn.Linear'"),
        (b"3\n1\n2\n2\n", "unknown type"),
        (b"", "it ends at byte 0"),
        (lua("albatross")[:-1], "it ends at byte"),
        (struct.pack("<ii", 2, -5), "a negative length"),
        (lua({Lua(lua({}, 2)): 1}), "a key of a table"),
        (lua_tensor(rows()[0], strides=[6, 2]), "beyond the end of its storage"),
        (lua_tensor(rows()[0], start=2), "beyond the end of its storage"),
        (lua_tensor(rows()[0], start=0), "a tensor of shape"),
        (lua_tensor(rows()[0], strides=[-6, 1]), "a tensor of shape"),
        (lua_class("torch.FloatTensor", 1, struct.pack("<iqqq", 1, 2**60, 0, 1) + lua(None)[:2]), "it ends at byte"),
        (lua_class("torch.FloatTensor", 1, struct.pack("<iqqq", 1, 4, 1, 1) + lua("x")), "without a storage"),
        (lua_class("torch.FloatStorage", 1, struct.pack("<q", 2**61)), "it ends at byte"),
        (lua_class("torch.FloatTensor", 1, struct.pack("<i", 10**9)), "10{9} dimensions|1000000000 dimensions"),
        (b"".join(struct.pack("<iiiid", 3, index, 1, 1, 0.0) for index in range(5000)), "nest deeper"),
    ],
)
def test_torch7_refusals(tmp_path, content, reason):
    with pytest.raises(DataError, match=rf"object\.t7: .*({reason})"):
        read_lua(tmp_path, content)


SOUND = lua(
    {
        "img": "a.jpg",
        "txt": lua_tensor(rows()[0]),
        "self": Lua(struct.pack("<ii", 3, 1)),
        "deep": lua({"x": lua({}, 3)}, 2),
    }
)


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, len(SOUND) - 1), strategies.integers(0, 255)), max_size=4
    ),
    strategies.integers(1, len(SOUND)),
)
def test_torch7_damage_gives_a_value_or_a_data_error(tmp_path_factory, damage, length):
    content = bytearray(SOUND[:length])
    for place, byte in damage:
        if place < length:
            content[place] = byte
    with contextlib.suppress(DataError):
        read_lua(tmp_path_factory.getbasetemp(), bytes(content))


# Joining by name ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stored",
    [
        ("001.Albatross/first.jpg", "001.Albatross/second.JPG", "002.Auklet/first.png"),
        ("images/001.Albatross/first", "images/001.Albatross/second", "images/002.Auklet/first"),
        ("/home/me/images/001.Albatross/first.jpg", "./001.Albatross/second", "002.Auklet\\first"),
    ],
)
def test_names_with_suffixes_and_leading_folders(tmp_path, stored):
    np.savez(tmp_path / "table.npz", names=stored, embeddings=rows())
    assert_same(embeddings.read_embeddings(tmp_path / "table.npz", NAMES[::-1]), rows()[::-1])


def test_base_names_are_enough_where_they_are_unique():
    table = embeddings.EmbeddingTable("table.npz", ("one", "two", "unused"), list(rows()))
    assert_same(embeddings.join(table, ("a/two", "b/one")), rows()[[1, 0]])
    with pytest.raises(DataError, match=r"2 of 2 do not: a/one, b/one"):
        embeddings.join(table, ("a/one", "b/one"))
    folders = embeddings.EmbeddingTable("table.npz", NAMES, list(rows()))
    assert_same(embeddings.join(folders, ("second",)), rows()[1:2])
    with pytest.raises(DataError, match="1 of 2 do not: first"):
        embeddings.join(folders, ("first", "second"))


def test_a_dot_in_a_name_is_no_suffix():
    table = embeddings.EmbeddingTable("table.npz", ("St. Lawrence", "St. Louis"), list(rows(2)))
    assert_same(embeddings.join(table, ("St. Louis.jpg",)), rows(2)[1:])


def test_same_base_name_in_another_folder_is_another_image():
    table = embeddings.EmbeddingTable("table.npz", ("train/0001",), list(rows(1)))
    with pytest.raises(DataError, match="1 of 1 images"):
        embeddings.join(table, ("test/0001",))


def test_missing_images_are_counted_and_five_are_named(tmp_path):
    path = tmp_path / "cache.npz"
    embeddings.write_embeddings(path, NAMES, rows())
    wanted = [NAMES[0], *(f"new/{number}" for number in range(7))]
    with pytest.raises(DataError) as caught:
        embeddings.read_embeddings(path, wanted)
    message = str(caught.value)
    assert message.startswith(f"{path}: 7 of 8 images")
    assert "new/0, new/1, new/2, new/3, new/4, ...;" in message
    assert message.endswith("received names such as 001.Albatross/first, 001.Albatross/second")


def test_another_number_of_embeddings_than_captions_is_refused(tmp_path):
    path = tmp_path / "cache.npz"
    embeddings.write_embeddings(path, NAMES, rows())
    with pytest.raises(DataError, match=r"1 of 3 .* 001.Albatross/second has 10 captions and received 4 embeddings"):
        embeddings.read_embeddings(path, NAMES, [4, 10, 4])


# What is refused whatever the format -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"names": NAMES, "embeddings": rows() * np.float32(np.nan)}, "NaN"),
        ({"names": NAMES, "embeddings": np.full((3, 2), 1e300)}, "infinity"),
        ({"names": NAMES, "embeddings": np.ones((3, 2), np.int64)}, "int64"),
        ({"names": NAMES, "embeddings": np.array([None] * 3)}, "allow_pickle=False"),
        ({"names": NAMES, "embeddings": rows(2)}, "3 names of images and embeddings of 2"),
        ({"names": ["a.jpg", "a.png", "b"], "embeddings": rows()}, "repeated are a$"),
        ({"names": NAMES, "embeddings": rows()[0], "counts": [1, 1, 1]}, "add up to 3"),
        ({"names": NAMES, "embeddings": rows()[0], "counts": [4, 0, 0]}, "positive integers"),
        ({"embeddings": rows()}, "must hold the arrays names .* and embeddings .*; received embeddings"),
        ({"names": np.arange(3), "embeddings": rows()}, "names must be"),
    ],
)
def test_npz_with_wrong_contents(tmp_path, arrays, reason):
    path = tmp_path / "table.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=rf"table\.npz: .*{reason}") as caught:
        embeddings.read(path)
    assert "\n" not in str(caught.value)


def test_one_dimension_for_all(tmp_path):
    with pytest.raises(DataError, match=r"001\.Albatross/first has 6 and 001.Albatross/second 5"):
        embeddings.write_embeddings(tmp_path / "cache.npz", NAMES[:2], [rows()[0], rows()[1, :, :5]])
    with pytest.raises(DataError, match=r"written as \.npz"):
        embeddings.write_embeddings(tmp_path / "cache.h5", NAMES, rows())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".pickle", ".t7"])
def test_a_file_cut_short_gives_one_line(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    np.savez(tmp_path / "table.npz", names=NAMES, embeddings=rows())
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["a"] = rows()[0]
    (tmp_path / "filenames.pickle").write_bytes(pickle.dumps(list(NAMES)))
    (tmp_path / "table.pickle").write_bytes(pickle.dumps(list(rows())))
    (tmp_path / "table.t7").write_bytes(SOUND)
    whole = path.read_bytes()
    for length in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=rf"table{suffix}: ") as caught:
            embeddings.read(path)
        assert "\n" not in str(caught.value)


def test_other_files_are_refused_with_what_is_accepted(tmp_path):
    (tmp_path / "embeddings.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"accepted as \.npz, .*; received \.csv"):
        embeddings.read(tmp_path / "embeddings.csv")
    with pytest.raises(DataError, match="no such file"):
        embeddings.read(tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match=r"must hold \.t7 files; there is none"):
        embeddings.read(tmp_path)
