"""The image-to-image datasets by name: found in a folder, or downloaded where their publishers allow it."""

import dataclasses
import os

from absl import logging

from pipelines.examples import DataError, PairedImages, UnpairedImages
from pipelines.readers import pairs
from pipelines.readers import unpaired as unpaired_folders
from pipelines.readers.download import Archive, fetch
from pipelines.reading import DEFAULT, Reading

HOST = "https://efrosgans.eecs.berkeley.edu"


@dataclasses.dataclass(frozen=True)
class Published:
    """A published dataset.

    Attributes:
        size: bytes of its archive, in round numbers where `sha256` is empty.
        sha256: of its archive; "" where no source gives one.
        label_maps: the side, "A" or "B", of label maps, which are resized without interpolation; "" for none.
    """

    size: int
    sha256: str = ""
    label_maps: str = ""


# Side by side (Isola et al. 2017). Checksums are not published; sizes as on the pages of the mirrors.
PAIRS = {
    "facades": Published(31_000_000, label_maps="B"),
    "maps": Published(250_000_000),
    "edges2shoes": Published(2_200_000_000),
    "edges2handbags": Published(8_600_000_000),
}
# In trainA, trainB, testA, testB (Zhu et al. 2017). Sizes and SHA-256 as in TFDS's url_checksums/cycle_gan.txt.
UNPAIRED = {
    "apple2orange": Published(78_456_409, "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8"),
    "cezanne2photo": Published(279_885_071, "3a6c10ca21f9485862f1cbd707744b9dc258954a04631271d23a3605eeb63cff"),
    "horse2zebra": Published(116_867_962, "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1"),
    "iphone2dslr_flower": Published(339_964_458, "8fcb5e374d631b107e1d961b8c4cd0a186aa2a4ff3e279923f4c426128de7113"),
    "monet2photo": Published(305_231_073, "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04"),
    "summer2winter_yosemite": Published(
        132_640_856, "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9"
    ),
    "ukiyoe2photo": Published(292_946_532, "02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08"),
    "vangogh2photo": Published(306_590_349, "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff"),
}


def load_pairs(
    name: str, split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT
) -> PairedImages:
    """Loads a split of one of `PAIRS`; see `pairs.load`.

    Args:
        name: a key of `PAIRS`.
        split: "train" or "test" ("val" where there is no test).
        load_size: side of the images in pixels.
        data_dir: its folder, or the folder above it; "" looks into the cache, and downloads it.
        cache_dir: folder of downloads and of the cache of decoded images.
        reading: how the files are read.

    Raises:
        DataError: it is not found, and cannot be downloaded; see also `pairs.load`.
    """
    published = PAIRS[name]
    archive = _archive(name, published, f"{HOST}/pix2pix/datasets/{name}.tar.gz", "pairs of images")
    folder = _gather(name, archive, ("train", "val", "test"), data_dir, cache_dir)
    return pairs.load(split, load_size, folder, cache_dir, label_maps=published.label_maps, name=name, reading=reading)


def load_unpaired(
    name: str, split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT
) -> UnpairedImages:
    """Loads a split of one of `UNPAIRED`; see `load_pairs` and `unpaired_folders.load`."""
    archive = _archive(name, UNPAIRED[name], f"{HOST}/cyclegan/datasets/{name}.zip", "images of two kinds")
    folder = _gather(name, archive, ("trainA", "trainB"), data_dir, cache_dir)
    return unpaired_folders.load(split, load_size, folder, cache_dir, name=name, reading=reading)


def load_cityscapes(
    split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT
) -> PairedImages:
    """Loads Cityscapes: photograph (A) and label map (B), as it is shipped or as pix2pix's authors prepare it.

    Its licence requires every user to request it at cityscapes-dataset.com, so there is no download.
    """
    return pairs.load(split, load_size, data_dir, cache_dir, label_maps="B", name="cityscapes", reading=reading)


def _archive(name: str, published: Published, url: str, kind: str) -> Archive:
    return Archive(
        title=f"{name}, {kind}",
        url=url,
        filename=url.rsplit("/", 1)[1],
        size=published.size,
        sha256=published.sha256,
        licence="for research; see its publishers' page",
        content=name,
    )


def _gather(name: str, archive: Archive, marks: tuple[str, ...], data_dir: str, cache_dir: str) -> str:
    """The folder of the dataset, which contains one of `marks`. It is downloaded, or unpacked, if there is none."""
    if data_dir and not os.path.isdir(data_dir):
        raise DataError(f"{name}: data_dir must be an existing folder. Received: {data_dir!r}")
    cached = os.path.join(cache_dir, name)
    places = [data_dir, os.path.join(data_dir, name)] if data_dir else []
    for folder in (*places, os.path.join(cached, archive.content)):
        if any(os.path.isdir(os.path.join(folder, mark)) for mark in marks):
            if data_dir and folder not in places:
                logging.warning("%s: not found in %r; using %r, an earlier download", name, data_dir, folder)
            return folder
    try:
        fetch(archive, cached, (data_dir or ".", cached))
    except DataError as error:
        raise DataError(
            f"{name}: {error}. Put its folders {', '.join(marks)}, or {archive.filename} itself, into {cached!r} or "
            f"a folder that you name with --data_dir ({archive.description}). Received: data_dir={data_dir!r}"
        ) from error
    return os.path.join(cached, archive.content)
