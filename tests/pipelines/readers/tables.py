"""Folders of images and tables for the tests of the readers of tables."""

from pipelines.readers.caption_tables import TABLE_SUFFIXES, find_tables
from pipelines.readers.files import IMAGE_SUFFIXES, list_files


def tree(folder, images, texts):
    """Makes empty image files, and text files by their paths."""
    for path in images:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


def tables(folder):
    folder = str(folder)
    return find_tables(folder, list_files(folder, IMAGE_SUFFIXES), list_files(folder, TABLE_SUFFIXES))
