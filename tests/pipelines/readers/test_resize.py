"""Pictures that are no squares, in every form in which people have them: the aspect is given up, cropped or padded."""

import pytest

from pipelines import registry
from pipelines.reading import Reading
from tests.pipelines.files import write_disc, write_text
from tests.pipelines.readers.test_decode import extent


def write_set(folder, dataset):
    """Two discs on pictures of 2:1 as a data set of a name."""
    for name in ("one", "two"):
        if dataset == "pairs":
            write_disc(folder / "A" / f"{name}.png")
            write_disc(folder / "B" / f"{name}.png")
        elif dataset == "unpaired":
            write_disc(folder / "trainA" / f"{name}.png")
            write_disc(folder / "trainB" / f"{name}.png")
        else:
            write_disc(folder / f"{name}.png")
            write_text(folder / f"{name}.txt", "a disc")


@pytest.mark.parametrize("size", [40, (40, 30), (40, 80)])
@pytest.mark.parametrize("how", ["crop", "pad", "squash"])
@pytest.mark.parametrize("dataset", ["folder", "captions", "pairs", "unpaired"])
def test_discs_stay_round_in_every_data_set_of_a_users_own(tmp_path, dataset, how, size):
    write_set(tmp_path / "data", dataset)
    reading, cache = Reading(resize=how), str(tmp_path / "cache")
    examples = registry.load(dataset, "train", size, str(tmp_path / "data"), cache, reading)
    for images in (examples.a, examples.b) if hasattr(examples, "a") else (examples.images,):
        assert images.shape[1:3] == ((size, size) if isinstance(size, int) else size)
        for image in images:
            height, width = extent(image)
            is_round = abs(height - width) <= 1
            assert is_round == (how != "squash" or size == (40, 80))
