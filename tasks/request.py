"""One resolved command, as the tasks read it."""

import dataclasses
import pathlib
import shlex

from models.core.config import TrainingConfig
from models.registry import PRESETS


@dataclasses.dataclass(frozen=True)
class Request:
    """One resolved command.

    Attributes:
        model: a key of `models.registry.PRESETS`.
        dataset: a key of `pipelines.registry.DATASETS`.
        config: the preset with the dataset's and the user's changes.
        workdir: the run folder.
        data_dir: the user's data; "" for the dataset's default.
        cache_dir: downloads and decoded images.
        devices: how many to use; 0 for all GPUs, or one CPU.
        checkpoint_every: steps between checkpoints.
        log_every: steps between looks at the numbers.
        pictures_every: steps between pictures.
        keep_checkpoints: how many of the last ones stay.
        restart: move an old run aside first.
        captions: what to sample.
        labels: the classes to sample, by name.
        experiment: of `explore`, which.
        input: the image, or the folder of images, to translate.
        direction: of the translation, where the model knows both ways: "AtoB" or "BtoA"; "" for its first.
        num_images: samples a caption.
        sample_seed: of the samples' noise.
        interpolate: draw a strip from one sample to another: "", "captions" or "noise".
        embeddings: a file of text embeddings to sample, for models trained on embeddings.
        output: the file or folder to write; "" for a name in the run folder.
        num_captions: how many captions `evaluate` samples.
        num_samples: how many samples `evaluate` draws from noise.
        judge: run folder of the attribute judge; "" for the one beside the run folder.
        feature_network: `.keras` file of a network on whose features `evaluate` takes a Frechet distance; "" for none.
    """

    model: str
    dataset: str
    config: TrainingConfig
    workdir: str
    data_dir: str = ""
    cache_dir: str = "data"
    devices: int = 0
    checkpoint_every: int = 500
    log_every: int = 50
    pictures_every: int = 500
    keep_checkpoints: int = 3
    restart: bool = False
    captions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    experiment: str = ""
    input: str = ""
    direction: str = ""
    num_images: int = 8
    sample_seed: int = 0
    interpolate: str = ""
    embeddings: str = ""
    output: str = ""
    num_captions: int = 1000
    num_samples: int = 10_000
    judge: str = ""
    feature_network: str = ""

    def command(self, *flags: str) -> str:
        """The command that trains this."""
        words = [f"--model={self.model}", f"--dataset={self.dataset}", f"--workdir={self.workdir}"]
        words += [f"--data_dir={self.data_dir}"] if self.data_dir else []
        return shlex.join(["python", "main.py", *words, *flags])

    def sibling(self, model: str) -> "Request":
        """The same dataset's run of another model with its own preset, in the folder beside this one, on one device."""
        workdir = pathlib.Path(self.workdir).parent / f"{model}-{self.dataset}"
        config = PRESETS[model].resolve(self.dataset, {"seed": self.config.seed})
        return dataclasses.replace(self, model=model, config=config, workdir=str(workdir), restart=False, devices=1)
