import contextlib
import dataclasses
import hashlib
import http.server
import os
import socket
import tarfile
import threading
import time

import pytest

from pipelines.examples import DataError
from pipelines.readers import cub, download, flowers
from tests.pipelines.files import write_image, write_text


@pytest.fixture
def archive(tmp_path):
    """A small archive file in the folder `given`, and its description."""
    write_image(tmp_path / "source" / "photos" / "a.png")
    (tmp_path / "given").mkdir()
    path = tmp_path / "given" / "photos.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "source" / "photos", "photos")
    content = path.read_bytes()
    return download.Archive(
        title="Photos",
        url="https://example.invalid/photos.tgz",
        filename="photos.tgz",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="for tests only",
        content="photos",
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(download, "is_reachable", lambda url: False)


def test_an_archive_given_by_hand_is_checked_and_unpacked_without_network(tmp_path, archive):
    for _ in range(2):  # also after the unpacked folder was removed
        download.fetch(archive, str(tmp_path / "cache"), [str(tmp_path), str(tmp_path / "given")])
        (tmp_path / "cache" / "photos" / "a.png").unlink()
        (tmp_path / "cache" / "photos").rmdir()
    assert (tmp_path / "given" / "photos.tgz").is_file()


def test_a_folder_that_is_there_already_is_given_what_it_lacks(tmp_path, archive):
    cache = tmp_path / "cache"
    write_text(cache / "photos" / "text" / "a.txt", "one bird")
    # Again after all was moved, as after a move that was interrupted.
    for _ in range(2):
        download.fetch(archive, str(cache), [str(tmp_path / "given")])
        assert (cache / "photos" / "text" / "a.txt").read_text() == "one bird"
        assert sorted(path.name for path in (cache / "photos").iterdir()) == ["a.png", "text"]
    (cache / "photos" / "a.png").write_bytes(b"of the user")
    download.fetch(archive, str(cache), [str(tmp_path / "given")])
    assert (cache / "photos" / "a.png").read_bytes() == b"of the user"


def test_an_interrupted_move_can_be_repeated(tmp_path, monkeypatch):
    names = [f"images/{name}.png" for name in "abc"] + ["text/kept.txt", "list.txt"]
    for name in names:
        write_text(tmp_path / "new" / name, "new")
    write_text(tmp_path / "old" / "images" / "b.png", "old")
    write_text(tmp_path / "old" / "text" / "own.txt", "old")
    move = os.replace
    for allowed in (1, 1, 9):
        left = iter(range(allowed))
        monkeypatch.setattr(os, "replace", lambda *places, left=left: (next(left), move(*places)))
        with contextlib.suppress(StopIteration):
            download._move(str(tmp_path / "new"), str(tmp_path / "old"))
    old = tmp_path / "old"
    found = {path.relative_to(old).as_posix(): path.read_text() for path in old.rglob("*") if path.is_file()}
    assert found == dict.fromkeys(names, "new") | {"images/b.png": "old", "text/own.txt": "old"}


def test_an_archive_with_other_content_is_refused(tmp_path, archive):
    other = dataclasses.replace(archive, sha256="0" * 64)
    with pytest.raises(DataError, match=r"could not download and unpack Photos.*NonMatchingChecksumError"):
        download.fetch(other, str(tmp_path / "cache"), [str(tmp_path / "given")])
    assert not (tmp_path / "cache" / "photos").exists()


def test_without_network_the_download_manager_is_not_asked(tmp_path, archive, monkeypatch):
    monkeypatch.setattr(download, "_open_manager", lambda *_: pytest.fail("asked"))
    with pytest.raises(DataError, match="no network"):
        download.fetch(archive, str(tmp_path / "cache"))


@pytest.mark.parametrize("dataset", [cub, flowers])
def test_checksums_are_those_that_tfds_knows(dataset):
    from tensorflow_datasets.core.download import checksums

    archive = dataset.LAYOUT.archive
    folder = {"cub": "url_checksums/caltech_birds2011.txt", "flowers": "datasets/oxford_flowers102/checksums.tsv"}
    import tensorflow_datasets

    path = f"{tensorflow_datasets.__path__[0]}/{folder[dataset.LAYOUT.dataset]}"
    known = checksums.load_url_infos(path)[archive.url]
    assert (known.size, known.checksum, known.filename) == (archive.size, archive.sha256, archive.filename)


@pytest.fixture
def probe(monkeypatch):
    monkeypatch.undo()
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return download.is_reachable


def test_a_server_that_refuses_is_reachable(probe):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert probe(f"http://127.0.0.1:{server.server_port}/file", timeout=3)


def test_silence_is_not_waited_for(probe):
    with socket.socket() as listener:  # accepts connections and never answers
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        started = time.monotonic()
        assert not probe(f"http://127.0.0.1:{listener.getsockname()[1]}/file", timeout=0.3)
        assert time.monotonic() - started < 2


def test_no_server_is_not_reachable(probe):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not probe(f"http://127.0.0.1:{port}/file", timeout=1)
