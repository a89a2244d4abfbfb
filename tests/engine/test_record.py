"""An older run's record against what its run would be today: it goes on as it began."""

import dataclasses
import json

import pytest

from engine.folder import RunError, RunFolder
from engine.record import check_record
from models.image_to_image.configs import Pix2PixConfig
from pipelines.reading import DEFAULT

READING = DEFAULT.settings()


def record(**changed):
    """What run.json says of a run of pix2pix."""
    entries = {
        "model": "pix2pix",
        "dataset": "pairs",
        "config": json.loads(json.dumps(dataclasses.asdict(Pix2PixConfig()))),
        "data": {"images": 2},
        "reading": READING,
        "requires": {},
        "devices": 1,
        "onednn": True,
        "validation_share": 0.0,
        "versions": {},
    }
    return entries | changed


def check(tmp_path, old, new):
    folder = RunFolder(str(tmp_path))
    folder.make()
    folder.write_record(old)
    check_record(folder, new, Pix2PixConfig)


def test_what_a_later_mode_had_read_is_no_setting_of_a_run(tmp_path):
    """Older records have it among the settings; judges that an evaluation trained even with ranges in it."""
    for recorded in ({}, {"": {"low": 0.0, "high": 4095.0, "kind": "integers"}}, None):
        check(tmp_path, record(reading=READING | {"recorded": recorded}), record())
    with pytest.raises(RunError, match=r"reading\.resize: pad -> squash"):
        check(tmp_path, record(reading=READING | {"resize": "pad", "recorded": {}}), record())
