"""CUB-200-2011 (Wah et al. 2011): photographs of 200 bird species with the ten captions of Reed et al. (2016)."""

from pipelines.examples import CaptionedImages
from pipelines.readers import class_folders
from pipelines.readers.cub_classes import TEST_CLASSES, TRAIN_CLASSES
from pipelines.readers.download import Archive
from pipelines.readers.files import Found, check_split
from pipelines.readers.photographs import decode_found
from pipelines.reading import DEFAULT, Reading

# Images of the complete splits (Reed et al. 2016, section 5; the lengths of StackGAN's `filenames.pickle`).
PUBLISHED_IMAGES = {"train": 8855, "test": 2933}

LAYOUT = class_folders.Layout(
    dataset="cub",
    image_folders=("CUB_200_2011/images", "images"),
    image_pattern="<class>/<image name>.jpg",
    images_by_class=True,
    caption_folders=("text", "text_c10", "CUB_200_2011/text", "CUB_200_2011/text_c10"),
    tensor_folders=("cub_icml", "CUB_200_2011/cub_icml"),
    caption_source=(
        "they are on Google Drive, linked from https://github.com/reedscot/cvpr2016, and can only be fetched by hand"
    ),
    classes=frozenset(TRAIN_CLASSES + TEST_CLASSES),
    # Address, size and SHA-256 as in TFDS's url_checksums/caltech_birds2011.txt.
    archive=Archive(
        title="CUB-200-2011",
        url="https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
        filename="CUB_200_2011.tgz",
        size=1_150_585_339,
        sha256="0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
        licence="for non-commercial research and education only",
        content="CUB_200_2011",
    ),
)


def find(split: str, data_dir: str, cache_dir: str, encoding: str = "") -> Found:
    """Lists the captioned images of a split without decoding any.

    Args:
        split: "train" (150 classes) or "test" (50 other classes).
        data_dir: folder with the images and the captions; "" looks into `cub` in the cache folder.
        cache_dir: folder of downloads and caches.
        encoding: of text files without a mark, by a name that Python knows; "" for UTF-8.

    Raises:
        DataError: files are missing; the message lists which to put where.
    """
    check_split(split)
    files = class_folders.gather(LAYOUT, data_dir, cache_dir)
    classes = frozenset(TRAIN_CLASSES if split == "train" else TEST_CLASSES)
    return class_folders.join(LAYOUT, files, split, classes, PUBLISHED_IMAGES[split], encoding)


def load(split: str, load_size: int, data_dir: str, cache_dir: str, reading: Reading = DEFAULT) -> CaptionedImages:
    """Loads a split: uint8 RGB images of load_size x load_size pixels with captions and classes.

    Args:
        split: "train" (150 classes) or "test" (50 other classes).
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: folder with the images and the captions; "" looks into `cub` in the cache folder.
        cache_dir: folder of downloads and of the cache of decoded images.
        reading: how the files are read.

    Raises:
        DataError: files are missing, or fewer than two images could be read.
    """
    return decode_found(find(split, data_dir, cache_dir, reading.encoding), load_size, cache_dir, reading)
