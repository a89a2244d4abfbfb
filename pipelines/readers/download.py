"""Downloading a published archive of images through TFDS, announced first, and only if there is a network."""

import dataclasses
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence

from absl import logging

from pipelines.examples import DataError

# Seconds. TFDS itself retries for minutes without a network, so it is asked only after this probe.
_PROBE_TIMEOUT = 3.0


@dataclasses.dataclass(frozen=True)
class Archive:
    """A published archive.

    Attributes:
        title: its contents.
        url: its address.
        filename: its name.
        size: bytes.
        sha256: its checksum, hexadecimal; "" where no source gives one (`size` need not be exact then).
        licence: the terms, in a few words.
        content: the folder that it unpacks to.
    """

    title: str
    url: str
    filename: str
    size: int
    sha256: str
    licence: str
    content: str

    @property
    def description(self) -> str:
        """Its contents, size, terms and address in one line."""
        return f"{self.title}: {self.filename}, {self.size / 1e6:,.0f} MB, {self.licence}, from {self.url}"


def is_reachable(url: str, timeout: float = _PROBE_TIMEOUT) -> bool:
    """Whether a server answers at `url` within `timeout` seconds; an HTTP error counts as an answer."""
    answers = []

    def probe() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=timeout):
                answers.append(True)
        except urllib.error.HTTPError:
            answers.append(True)
        except (OSError, ValueError):
            pass

    # In a thread, because looking up a host name has no timeout.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(timeout)
    return bool(answers)


def fetch(archive: Archive, folder: str, places: Sequence[str] = ()) -> None:
    """Downloads an archive, verifies its checksum, and unpacks it so that `folder` contains `archive.content`.

    Args:
        archive: the archive.
        folder: where its content goes; created if missing, and files that are already there stay unchanged. The
            archive itself is kept in its sub-folder `downloads`.
        places: folders where the user may have put the archive file, which is then used instead of a download.

    Raises:
        DataError: no network, a wrong checksum, a folder that cannot be written, or a download that failed.
    """
    place = next((place for place in places if os.path.isfile(os.path.join(place, archive.filename))), None)
    if place is None:
        if not is_reachable(archive.url):
            raise DataError(f"no network to download them (no answer from {archive.url} within {_PROBE_TIMEOUT:.0f} s)")
        # A warning, so that size and licence are shown at any verbosity before the download starts.
        logging.warning("Downloading %s", archive.description)
    if not archive.sha256:
        logging.warning("There is no published checksum of %s: it is only checked by being unpacked.", archive.filename)
    try:
        manager = _open_manager(archive, folder, place)
        if place and not archive.sha256:
            # TFDS accepts the user's file instead of a download only if it knows the checksum.
            unpacked = os.fspath(manager.extract(os.path.join(place, archive.filename)))
        else:
            unpacked = os.fspath(manager.download_and_extract(archive.url))
        os.makedirs(folder, exist_ok=True)
        # Into the layout that users create by hand, so that the next run finds it without TFDS or a network.
        _move(os.path.join(unpacked, archive.content), os.path.join(folder, archive.content))
    # TFDS and its dependencies raise many types; to the user they all mean that the download failed.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(f"could not download and unpack {archive.description} into {folder!r} ({reason})") from error


def _move(source: str, target: str) -> None:
    """Moves a file or folder; into an existing folder only what is missing there, so that no file is replaced.

    Folders are moved whole where possible, so that a folder of images is complete or missing; may be repeated.
    """
    if os.path.isdir(source) and os.path.isdir(target) and os.listdir(target):
        for name in os.listdir(source):
            _move(os.path.join(source, name), os.path.join(target, name))
    elif not (os.path.isfile(source) and os.path.isfile(target)):
        os.replace(source, target)


def _open_manager(archive: Archive, folder: str, place: str | None):
    # Imported late: TFDS takes seconds, and only a download needs it.
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download import checksums

    return tfds.download.DownloadManager(
        download_dir=os.path.join(folder, "downloads"),
        manual_dir=place,
        url_infos=(
            {archive.url: checksums.UrlInfo(archive.size, archive.sha256, archive.filename)} if archive.sha256 else {}
        ),
        force_checksums_validation=bool(archive.sha256),
        # Files that were unpacked before have been moved away.
        force_extraction=True,
    )
