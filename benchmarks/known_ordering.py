"""Do the distances order sets of images as anyone would?

    python -m benchmarks.known_ordering [--images=200] [--network=FILE] [--data_dir=DIR]

Two halves of the CUB photographs < photographs of some species against others < photographs against paintings <
photographs against noise, by the Frechet and the kernel distance of a network's features; and what the number of images
does to both, of two halves. The mean and the deviation over random divisions. Exits with 1 if the order is another one.
"""

import argparse
import pathlib
import sys
import time

import numpy as np
from PIL import Image

from benchmarks.machine import print_machine
from metrics.frechet import frechet_distance
from metrics.kernel import kernel_distance, subset_size

DATA = pathlib.Path(__file__).parent.parent.parent / "shared" / "data"
SIDE = 224  # pixels, as MobileNetV2 was trained
DIVISIONS = 5
# Of the figure as the number of images grows.
COUNTS = (25, 50, 100, 200)


def photographs(folder: pathlib.Path) -> tuple[list[pathlib.Path], np.ndarray]:
    """The CUB photographs of a folder, and the species of each as a number."""
    files = sorted((folder / "cub_subset" / "CUB_200_2011" / "images").glob("*/*.jpg"))
    _, labels = np.unique([file.parent.name for file in files], return_inverse=True)
    return files, labels


def pixels(files: list[pathlib.Path]) -> np.ndarray:
    """(n, 224, 224, 3) uint8."""
    size, filter = (SIDE, SIDE), Image.Resampling.BICUBIC
    return np.stack([np.asarray(Image.open(file).convert("RGB").resize(size, filter)) for file in files])


def divisions(labels: np.ndarray, count: int, by_class: bool):
    """Yields the rows of two disjoint random sets of `count` images: of any species, or of different ones."""
    for seed in range(DIVISIONS):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(labels))
        if not by_class:
            yield rows[:count], rows[count : 2 * count]
            continue
        species = rng.permutation(np.unique(labels))
        first = np.isin(labels[rows], species[: len(species) // 2])
        yield rows[first][:count], rows[~first][:count]


def figures(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The Frechet and the kernel distance of two sets of features."""
    return frechet_distance(a, b), kernel_distance(a, b, size=subset_size(len(a), len(b)))[0]


def measure(features: dict[str, np.ndarray], labels: np.ndarray, count: int) -> dict[str, list[tuple[float, float]]]:
    """By what is compared, both distances of each division.

    Args:
        features: of "photographs" (n, F), "paintings" (m, F) and "noise" (k, F).
        labels: (n,) the species of each photograph.
        count: of images in each set, at most.
    """
    photos = features["photographs"]
    sizes = np.sort(np.unique(labels, return_counts=True)[1])
    # As many as the smallest half of the species surely has.
    most = (sizes[: len(sizes) // 2].sum(), len(photos) // 2, len(features["paintings"]), len(features["noise"]))
    count = min(count, *most)
    found = {
        f"two halves, {count}": [figures(photos[a], photos[b]) for a, b in divisions(labels, count, False)],
        "other species": [figures(photos[a], photos[b]) for a, b in divisions(labels, count, True)],
    }
    for kind in ("paintings", "noise"):
        others = [np.random.default_rng(seed).permutation(len(features[kind]))[:count] for seed in range(DIVISIONS)]
        halves = [a for a, _ in divisions(labels, count, False)]
        found[kind] = [figures(photos[a], features[kind][b]) for a, b in zip(halves, others, strict=True)]
    return found


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200, help="in each set")
    parser.add_argument("--network", default="", help="by whose features; default: MobileNetV2 in the data folder")
    parser.add_argument("--data_dir", type=pathlib.Path, default=DATA, help="holds cub_subset, monet2photo, weights")
    arguments = parser.parse_args()
    network = arguments.network or str(arguments.data_dir / "weights" / "mobilenet_v2_imagenet.keras")
    files, labels = photographs(arguments.data_dir)
    paintings = sorted((arguments.data_dir / "monet2photo" / "trainA").glob("*.jpg"))
    if not files or not paintings or not pathlib.Path(network).exists():
        raise SystemExit(
            f"error: --data_dir must hold cub_subset, monet2photo and weights. Received: {arguments.data_dir}"
        )
    from evaluation.features import feature_network
    from pipelines.images import FloatImages

    print_machine()
    extractor, start = feature_network(network), time.perf_counter()
    noise = np.random.default_rng(0).integers(0, 256, (arguments.images, SIDE, SIDE, 3), np.uint8)
    sets = {"photographs": pixels(files), "paintings": pixels(paintings[: arguments.images]), "noise": noise}
    features = {name: extractor(FloatImages(images)) for name, images in sets.items()}
    seconds = time.perf_counter() - start
    print(f"features of {sum(map(len, sets.values())):,} images by {extractor.name.name}: {seconds:.0f} s")
    title, kernel_title = extractor.name.title("fd"), extractor.name.title("kd")
    print(f"| CUB photographs against | {title} | {kernel_title} |\n|---|---|---|")
    found = measure(features, labels, arguments.images)
    for name, values in found.items():
        print(f"| {name} | {shown(values)} |")
    print(f"\n| two halves, images in each | {title} | {kernel_title} |\n|---|---|---|")
    photos = features["photographs"]
    for count in COUNTS:
        if 2 * count <= len(photos):
            print(f"| {count} | {shown([figures(photos[a], photos[b]) for a, b in divisions(labels, count, False)])} |")
    means = np.array([np.mean(values, axis=0) for values in found.values()])
    is_ordered = (np.diff(means, axis=0) > 0).all()
    print("\nordered as known" if is_ordered else "\nNOT ordered as known")
    sys.exit(0 if is_ordered else 1)


def shown(values: list[tuple[float, float]]) -> str:
    """Mean and deviation of both distances, as cells of a table."""
    return " | ".join(
        f"{mean:.4g} ± {deviation:.2g}"
        for mean, deviation in zip(np.mean(values, axis=0), np.std(values, axis=0), strict=True)
    )


if __name__ == "__main__":
    main()
