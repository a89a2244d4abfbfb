import importlib

from pipelines.readers import digits
from pipelines.registry import DATASETS


def test_whether_there_is_a_test_split_is_unknown_for_the_users_folders_and_for_points():
    for name, dataset in DATASETS.items():
        unknown = dataset.needs_data_dir or "points" in dataset.gives
        assert dataset.has_test is (None if unknown else True), name


def test_the_test_split_of_the_digits_is_unseen():
    assert DATASETS["digits"].has_test
    train, test = (digits.load(split, 8, "", "") for split in ("train", "test"))
    assert not {*train.names} & {*test.names}


def test_every_loader_exists():
    for name, dataset in DATASETS.items():
        module, function = dataset.loader.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function)), name
