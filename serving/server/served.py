"""An exported model as it is served: its newest version, loaded and warm, and newer ones as they appear."""

import dataclasses
import json
import pathlib
import threading
from collections.abc import Mapping, Sequence

import tensorflow as tf
from absl import logging
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from pipelines.examples import DataError
from serving.examples import EXTRA, REQUESTS
from serving.guide import ABOUT, CLASSES, EXAMPLES
from serving.limits import Limits
from serving.server.errors import ServingError
from serving.server.json_tensors import rows_of
from serving.server.reading import ReadingSignature
from serving.server.signature import Signature

# Seconds between two looks for a newer version.
LOOK_EVERY = 2.0


class Version:
    """A SavedModel that has been loaded.

    Args:
        path: its folder, which has a number.

    Attributes:
        number: of the version.
        about: what the exporter wrote of it: its "model" name and its "limits".
        signatures: by name.
    """

    def __init__(self, path: pathlib.Path):
        self.path, self.number = path, int(path.name)
        about = path / EXTRA / ABOUT
        self.about = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
        loaded = tf.saved_model.load(str(path))
        # Holds the variables of its signatures.
        self._loaded = loaded
        self.signatures = {name: Signature(name, function) for name, function in loaded.signatures.items()}
        for name, twin in self.about.get("twins", {}).items():
            limits = Limits(**self.about["limits"])
            self.signatures[name] = ReadingSignature(self.signatures[name], self.signatures[twin], limits)

    @property
    def classes(self) -> dict[str, str]:
        """The name of each label, if it takes any."""
        path = self.path / CLASSES
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def example(self, name: str) -> pathlib.Path:
        """The file of an example input; ServingError where there is none of this name."""
        shown = self.about.get("page", {}).get("examples", {})
        if name not in (known for names in shown.values() for known in names):
            raise ServingError(404, f"there is no example of this name. Received: {name[:60]}")
        return self.path / EXTRA / EXAMPLES / name

    @property
    def rows(self) -> int:
        """How many rows a batch may have; 1 of a model that some other program exported, which may not say."""
        return self.about.get("limits", {}).get("rows", 1)

    def signature(self, name: str) -> Signature:
        """By name; ServingError where there is none."""
        if name not in self.signatures:
            raise ServingError(
                404, f"Serving signature key must be one of {', '.join(sorted(self.signatures))}. Received: {name}"
            )
        return self.signatures[name]

    def definitions(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """The signatures as they were written."""
        saved = saved_model_pb2.SavedModel.FromString((self.path / "saved_model.pb").read_bytes())
        return {name: saved.meta_graphs[0].signature_def[name] for name in self.signatures}

    def warm_up(self):
        """Answer the version's own example requests, so that the first of a client is not the slow one."""
        for path in sorted((self.path / EXTRA / REQUESTS).glob("*.json")):
            request = json.loads(path.read_text(encoding="utf-8"))
            signature = self.signature(request["signature_name"])
            signature(rows_of(request["instances"], signature.inputs))


def served_version(models: Mapping[str, "ServedModel"], name: str, number: int | None) -> tuple[str, Version]:
    """A model's name and its version, the newest where no number is asked for; ServingError where it is not served."""
    model = models.get(name)
    # Once: another thread may put a newer one in its place.
    version = model.version if model else None
    if version is None or number not in (None, version.number):
        served = ", ".join(f"{key} version {model.version.number}" for key, model in models.items())
        asked = name if number is None else f"{name} version {number}"
        raise ServingError(404, f"Servable not found: served are {served}. Received: {asked[:60]}")
    return name, version


def version_paths(folder: pathlib.Path) -> list[pathlib.Path]:
    """The whole versions in a folder, the newest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.name.isdigit() and (path / "saved_model.pb").is_file()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


@dataclasses.dataclass(frozen=True)
class Failed:
    """A version that could not be loaded, which is not tried again until it changes."""

    path: pathlib.Path
    changed: float


def changed(folder: pathlib.Path) -> float:
    """When anything in a folder was changed last, by the clock of its file system."""
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))


class ServedModel:
    """The newest version of a model in a folder.

    Args:
        folder: of the versions.
        name: under which it is asked for; "" for that of its export.

    Raises:
        DataError: there is none that can be loaded.
    """

    def __init__(self, folder: pathlib.Path, name: str = ""):
        self.folder, self._failed = folder, set()
        self._stopped = threading.Event()
        self.version: Version | None = None
        self.look()
        if self.version is None:
            raise DataError(f"a model to serve must be a folder of exported versions (1, 2, ...). Received: {folder}")
        self.name = name or self.version.about.get("model") or folder.absolute().name

    def look(self) -> bool:
        """Load the newest version, if it is newer than the one that is served; whether one was loaded.

        The old one answers until the new one is warm, and is let go when its last request has been answered.
        """
        for path in version_paths(self.folder):
            if self.version and int(path.name) <= self.version.number:
                return False
            attempt = Failed(path, changed(path))
            if attempt in self._failed:
                continue
            try:
                version = Version(path)
                version.warm_up()
            except Exception as error:
                # A damaged file makes TensorFlow raise almost anything, and the old version can still answer.
                self._failed.add(attempt)
                logging.warning("version %s cannot be served: %s", path, " ".join(str(error).split())[:300])
                continue
            self.version = version
            return True
        return False

    def watch(self):
        """Look for newer versions, in a thread of its own, until `stop`."""

        def looking():
            while not self._stopped.wait(LOOK_EVERY):
                try:
                    found = self.look()
                except OSError as error:
                    # Of a folder that is being written or deleted; the next look may succeed.
                    logging.info("versions of %s could not be looked at: %s", self.name, error)
                    continue
                if found:
                    logging.info("serving %s version %d", self.name, self.version.number)

        threading.Thread(target=looking, name=f"versions of {self.name}", daemon=True).start()

    def stop(self):
        """End the watch."""
        self._stopped.set()


def models_of(folders: Sequence[pathlib.Path]) -> dict[str, ServedModel]:
    """The models by the names under which they are served: that of the export or, of several alike, of the run.

    Args:
        folders: of versions.

    Raises:
        DataError: there is none that can be loaded in one of them, or two have one name.
    """
    models = [ServedModel(folder) for folder in folders]
    names = [model.name for model in models]
    for model in models:
        if names.count(model.name) > 1:
            model.name = model.folder.absolute().parent.name
    served = {model.name: model for model in models}
    if len(served) < len(models):
        raise DataError(
            f"the models that are served must have names of their own. Received: {', '.join(map(str, folders))}"
        )
    return served
