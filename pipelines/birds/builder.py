"""The birds as a TensorFlow dataset: rendered once, cached in data_dir, and read from there later."""

import contextlib
import dataclasses
import io
import logging
import math
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds
from tqdm import tqdm

from pipelines import budget
from pipelines.birds.rendering import CAPTIONS_PER_IMAGE, Job, render, species_name
from pipelines.birds.scene import ATTRIBUTE_NAMES, STYLE_NAMES
from pipelines.budget import Whole
from pipelines.readers.cache import decode_once
from pipelines.readers.records import sized

# Examples that are read together.
AT_ONCE = 64

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class BirdsConfig(tfds.core.BuilderConfig):
    """The parameters of a dataset of bird pictures.

    Attributes:
        name: of its folder, derived from the other attributes.
        image_size: width and height in pixels.
        images_per_class: number of pictures of each species.
        seed: of the species, scenes and captions.
        splits: the splits that are rendered together.
        view: which other view is drawn in addition to the photograph; "" for none.
    """

    name: str = ""
    image_size: int = 76
    images_per_class: int = 60
    seed: int = 0
    splits: tuple[str, ...] = ("train", "test")
    view: str = ""

    def __post_init__(self):
        self.name = f"{'_'.join(self.splits)}_{self.image_size}px_{self.images_per_class}each_seed{self.seed}"
        self.name += f"_{self.view}" if self.view else ""


class Birds(tfds.core.GeneratorBasedBuilder):
    """Procedurally drawn birds, 150 species to train on and 50 unseen ones, with captions and ground truth."""

    # To be raised with every change of the pictures or captions; otherwise old ones are read from the cache.
    VERSION = tfds.core.Version("1.3.0")

    def _info(self) -> tfds.core.DatasetInfo:
        config, size = self.builder_config, self.builder_config.image_size
        picture = tfds.features.Image(shape=(size, size, 3), encoding_format="png")
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "name": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(
                        names=[species_name(n) for split in config.splits for n in self.job(split).species]
                    ),
                    "image": picture,
                    **({"view": picture} if config.view else {}),
                    "captions": tfds.features.Sequence(tfds.features.Text(), length=CAPTIONS_PER_IMAGE),
                    "attributes": tfds.features.Tensor(shape=(len(ATTRIBUTE_NAMES),), dtype=np.int32),
                    "style": tfds.features.Tensor(shape=(len(STYLE_NAMES),), dtype=np.float32),
                    "mentions": tfds.features.Tensor(shape=(CAPTIONS_PER_IMAGE, len(ATTRIBUTE_NAMES)), dtype=np.bool_),
                }
            ),
            # Training shuffles; unshuffled files are easier to inspect.
            disable_shuffling=True,
        )

    def job(self, split: str) -> Job:
        """Returns the job that renders a split of this configuration."""
        config = self.builder_config
        return Job(split, config.image_size, config.images_per_class, config.seed, config.view)

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        del dl_manager
        return {split: self._generate_examples(split) for split in self.builder_config.splits}

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict]]:
        job = self.job(split)
        yield from enumerate(tqdm(render(job), f"rendering birds ({split})", len(job), unit=" images"))


def prepare(data_dir: str, config: BirdsConfig) -> Birds:
    """Returns the builder of these birds, which are rendered if they are not in data_dir yet.

    Raises:
        OSError: data_dir cannot be written. An interrupted or failed run leaves nothing that a later run would read.
    """
    with _quiet():
        builder = Birds(config=config, data_dir=data_dir)
        if not builder.is_prepared():
            total = sum(len(builder.job(split)) for split in config.splits)
            _logger.info("rendering %d birds of %d pixels once, into %s", total, config.image_size, builder.data_dir)
            builder.download_and_prepare()
    return builder


def read(builder: Birds, split: str) -> dict:
    """Returns a whole split, decoded, as a dict of NumPy arrays by feature name with the examples in order.

    The pictures are in memory, or memory-mapped from files beside the birds.

    Raises:
        DataError: the process's budget does not hold them in memory, and they cannot be written.
    """
    config, count = builder.builder_config, len(builder.job(split))
    shape = (count, config.image_size, config.image_size, 3)
    pictures = [name for name in ("image", "view") if name in builder.info.features]
    paths = {(part, name): f"{builder.data_dir}-{part}-{name}.npy" for part in config.splits for name in pictures}
    sizes = {path: len(builder.job(part)) * math.prod(shape[1:]) for (part, _), path in paths.items()}
    total = sum(len(builder.job(part)) for part in config.splits)
    whole = Whole("birds", sized(f"{total:,} birds", config.image_size), sizes)
    if not budget.current().holds(whole):
        columns = _stacked(
            _read(builder, split, [name for name in builder.info.features if name not in pictures]), count
        )
        for name in pictures:
            pixels = (picture for part in _read(builder, split, [name]) for picture in part[name])
            decoded = ((index, picture, "") for index, picture in enumerate(pixels))
            columns[name], _ = decode_once(decoded, shape, paths[split, name], whole)
        return columns
    columns = _stacked(_read(builder, split, list(builder.info.features)), count)
    for name in pictures:
        budget.current().keep(paths[split, name], columns[name], [])
    return columns


def _read(builder: Birds, split: str, features: list[str]) -> Iterator[dict]:
    """Yields the examples of a split in order, some at a time, as arrays by feature name, with these features only."""
    with _quiet():
        dataset = builder.as_dataset(
            split=split,
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
            decoders=tfds.decode.PartialDecoding(dict.fromkeys(features, True)),
        )
    yield from dataset.batch(AT_ONCE).as_numpy_iterator()


def _stacked(parts: Iterator[dict], count: int) -> dict:
    """The examples as arrays by feature name, of which there is no second copy at any time."""
    columns, start = {}, 0
    for part in parts:
        for name, values in part.items():
            if name not in columns:
                columns[name] = np.empty((count, *values.shape[1:]), values.dtype)
            columns[name][start : start + len(values)] = values
        start += len(part["name"])
    return columns


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides TFDS's messages about downloads, and its progress bars, which do not know the total."""
    absl_logger = logging.getLogger("absl")
    level = absl_logger.level
    absl_logger.setLevel(logging.ERROR)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()
        absl_logger.setLevel(level)
