"""An older run's record against what its run would be today: it goes on as it began."""

import dataclasses
import json

import pytest

from engine.command import Train
from engine.experiment import resolve
from engine.folder import RunError, RunFolder
from engine.record import check_record
from models.image_to_image.configs import Pix2PixConfig
from models.style_encoder.configs import StyleEncoderConfig, described
from models.text_to_image.configs import MatchingAwareConfig
from pipelines.examples import Values
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


def check(tmp_path, old, new, config_class=Pix2PixConfig):
    folder = RunFolder(str(tmp_path))
    folder.make()
    folder.write_record(old)
    check_record(folder, new, config_class)


def test_what_a_later_mode_had_read_is_no_setting_of_a_run(tmp_path):
    """Older records have it among the settings; judges that an evaluation trained even with ranges in it."""
    for recorded in ({}, {"": {"low": 0.0, "high": 4095.0, "kind": "integers"}}, None):
        check(tmp_path, record(reading=READING | {"recorded": recorded}), record())
    with pytest.raises(RunError, match=r"reading\.resize: pad -> squash"):
        check(tmp_path, record(reading=READING | {"resize": "pad", "recorded": {}}), record())


def test_a_run_from_before_label_maps_were_recorded_goes_on(tmp_path):
    maps = {"A": dataclasses.asdict(Values(is_label_map=True)), "B": dataclasses.asdict(Values(is_label_map=False))}
    check(tmp_path, record(), record(data={"images": 2, "values": maps}))
    deep = dataclasses.asdict(Values(0.0, 4095.0, "integers"))
    older = {name: value for name, value in deep.items() if name != "is_label_map"}
    new = record(data={"images": 2, "values": {"B": deep | {"is_label_map": False}}})
    check(tmp_path, record(data={"images": 2, "values": {"B": older}}), new)
    # What it says is compared.
    with pytest.raises(RunError, match=r"data\.values\.B\.high: 1023\.0 -> 4095\.0"):
        check(tmp_path, record(data={"images": 2, "values": {"B": older | {"high": 1023.0}}}), new)
    other = {"A": maps["B"], "B": maps["B"]}
    with pytest.raises(RunError, match=r"data\.values\.A\.is_label_map: True -> False"):
        check(tmp_path, record(data={"images": 2, "values": maps}), record(data={"images": 2, "values": other}))


def without_channels(entries):
    return {name: value for name, value in entries.items() if not name.startswith("channels")}


@pytest.mark.parametrize("asked", [(), ("channels_a=3", "channels_b=3")])
def test_a_run_from_before_sides_could_be_gray_goes_on_in_colors(tmp_path, asked):
    old = record(config=without_channels(record()["config"]))
    folder = RunFolder(str(tmp_path))
    folder.make()
    folder.write_record(old)
    command = Train(model="pix2pix", dataset="pairs", data_dir=str(tmp_path), workdir=str(tmp_path), set=asked)
    config = resolve(command).config
    assert config.channels_of("AtoB") == (config.channels_a, config.channels_b) == (3, 3)
    # The files are gray nevertheless.
    gray = {side: dataclasses.asdict(Values(channels=1, is_label_map=False)) for side in "AB"}
    new = record(config=json.loads(json.dumps(dataclasses.asdict(config))), data={"images": 2, "values": gray})
    check_record(folder, new, Pix2PixConfig)
    # Not with --restart, nor where the record says so.
    assert resolve(dataclasses.replace(command, restart=True, set=())).config.channels_a == 0
    folder.write_record(record(config=old["config"] | {"channels_a": 0, "channels_b": 1}))
    assert resolve(dataclasses.replace(command, set=())).config.channels_a == 0


def test_a_run_from_before_sides_could_be_gray_does_not_become_gray(tmp_path):
    gray = record(config=record()["config"] | {"channels_a": 1})
    with pytest.raises(RunError, match=r"config\.channels_a: 3 -> 1"):
        check(tmp_path, record(config=without_channels(record()["config"])), gray)


def test_a_style_encoder_goes_on_when_its_generator_has_a_newer_setting(tmp_path):
    inverted = dataclasses.asdict(MatchingAwareConfig())
    now = dataclasses.asdict(StyleEncoderConfig(generator=described("gan_cls", inverted)))
    newer = ("text_affine", "word_attention")
    earlier = described("gan_cls", {name: value for name, value in inverted.items() if name not in newer})
    check(
        tmp_path,
        record(model="style_encoder", config=now | {"generator": earlier}),
        record(model="style_encoder", config=now),
        StyleEncoderConfig,
    )
    other = record(
        model="style_encoder", config=now | {"generator": described("gan_cls", inverted | {"image_size": 32})}
    )
    with pytest.raises(RunError, match=r"differs in config\.generator"):
        check(tmp_path, other, record(model="style_encoder", config=now), StyleEncoderConfig)
