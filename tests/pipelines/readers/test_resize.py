"""Pictures that are no squares, in every form in which people have them: the aspect is given up, cropped or padded."""

import pytest
from PIL import Image

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


@pytest.mark.parametrize("dataset", ["folder", "captions", "pairs", "unpaired"])
@pytest.mark.parametrize(("how", "said"), [("squash", "squashed"), ("crop", "cropped"), ("pad", "padded")])
def test_the_report_says_the_sizes_and_what_becomes_of_another_aspect(tmp_path, dataset, how, said):
    write_set(tmp_path / "data", dataset)

    def report(size):
        return registry.load(
            dataset, "train", size, str(tmp_path / "data"), str(tmp_path / "cache"), Reading(resize=how)
        ).report

    sides = 2 if dataset in ("pairs", "unpaired") else 1
    for _ in range(2):  # decoded, then from the cache
        assert report(40).sizes == {"120 x 60": 2 * sides}
        lines = [line for line in report(40).assumed if "another aspect" in line]
        assert len(lines) == sides
        for line in lines:
            assert "2 of 2 pictures" in line
            assert said in line
    # Of that aspect, or nearly.
    for size in ((40, 80), (36, 71)):
        assert not [line for line in report(size).assumed if "aspect" in line]


def test_sizes_are_those_of_pictures_as_they_are_seen(tmp_path):
    upright = Image.open(write_disc(tmp_path / "data" / "upright.png", (90, 60)))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "data" / "lying.png", exif=exif)
    examples = registry.load("folder", "train", (20, 30), str(tmp_path / "data"), str(tmp_path / "cache"))
    assert examples.report.sizes == {"90 x 60": 2}
    assert not [line for line in examples.report.assumed if "aspect" in line]
