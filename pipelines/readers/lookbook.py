"""LookBook (Yoo et al. 2016): people in clothes, and a product picture of each garment; only from the user's folder."""

import os
import re

import numpy as np

from pipelines.examples import DataError, PairedImages, Record
from pipelines.readers.files import (
    IMAGE_SUFFIXES,
    check_split,
    key_of,
    list_files,
)
from pipelines.readers.records import decode_reported, whole_of
from pipelines.reading import DEFAULT
from pipelines.report import FEW_TRANSLATIONS, Report
from pipelines.rows import image_rows

# Product, whether the file shows the product alone, and the number of the image.
NAME = re.compile(r"PID(\d+)_CLEAN([01])_IID(\d+)$")
# Of the products, as in section 5 of the paper. The list is not published: here it is the last ones.
TEST_SHARE = 0.05


def load(split: str, load_size: int, data_dir: str, cache_dir: str) -> PairedImages:
    """Loads pairs of a person in a garment (A) and the garment (B); all pairs of a garment have its label.

    Args:
        split: "train", or "test" for the last 5% of the products.
        load_size: side of the images in pixels; the aspect ratio is not kept.
        data_dir: the folder with the files PID000000_CLEAN0_IID000000.jpg, ...
        cache_dir: folder of the cache of decoded images.

    Raises:
        DataError: the folder is missing, or holds no garment with a person.
    """
    check_split(split)
    if not data_dir or not os.path.isdir(data_dir):
        raise DataError(
            f"lookbook: data_dir must be the folder of PID000000_CLEAN0_IID000000.jpg, .... Received: {data_dir!r}"
        )
    people, garments, strange = {}, {}, []
    for path in list_files(data_dir, IMAGE_SUFFIXES):
        match = NAME.search(os.path.splitext(path)[0])
        if not match:
            strange.append(path)
            continue
        record = Record(key_of(path), os.path.join(data_dir, *path.split("/")))
        if match[2] == "1":
            garments[match[1]] = record
        else:
            people.setdefault(match[1], []).append(record)
    products = sorted(garments.keys() & people.keys())
    held_out = max(1, round(TEST_SHARE * len(products))) if len(products) > 1 else 0
    all_products = len(products)
    everyone = sum(len(people[product]) + 1 for product in products)
    by_split = {"train": products[:-held_out] if held_out else products, "test": products[-held_out:]}
    counts = {part: sum(len(people[product]) for product in chosen) for part, chosen in by_split.items()}
    products = by_split[split]
    if not products:
        raise DataError(
            f"lookbook: there must be a garment (CLEAN1) and a person in it (CLEAN0). Received: none in {data_dir!r}"
        )
    scenes = [record for product in products for record in people[product]]
    owners = [label for label, product in enumerate(products) for _ in people[product]]
    report = Report(
        "lookbook",
        f"{everyone - all_products:,} people in {all_products:,} garments in {data_dir!r}",
        counts if held_out else {"train": len(scenes), "test": 0},
        few=FEW_TRANSLATIONS,
    ).with_skipped("not named PID..._CLEAN..._IID...", strange)
    shown_records = [garments[product] for product in products]
    others = everyone - len(scenes) - len(shown_records)
    parts = [scenes, shown_records]
    needed = whole_of("lookbook", f"{everyone:,} images", parts, load_size, cache_dir, more=others)
    kept, a, report = decode_reported(scenes, load_size, cache_dir, report, DEFAULT, "A", needed)
    shown, b, report = decode_reported(shown_records, load_size, cache_dir, report, DEFAULT, "B", needed)
    owner_of = dict(zip((record.name for record in scenes), owners, strict=True))
    row_of = {garment.name: row for row, garment in enumerate(shown)}
    rows = [
        (row, row_of[garments[products[owner_of[record.name]]].name], owner_of[record.name])
        for row, record in enumerate(kept)
        if garments[products[owner_of[record.name]]].name in row_of
    ]
    report = report.with_used(split, len(rows))
    report.log()
    if not rows:
        raise DataError(f"lookbook: at least one pair must be decodable. Received: {'; '.join(report.lines())}")
    rows_a, rows_b, labels = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    names = tuple(kept[row].name for row in rows_a)
    return PairedImages(a=image_rows(a, rows_a), b=image_rows(b, rows_b), names=names, labels=labels, report=report)
