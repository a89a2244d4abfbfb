"""What a user may say of the files of a data set."""

import dataclasses
import json

import pytest

from pipelines.examples import DataError
from pipelines.reading import DEFAULT, Reading, from_record


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"label_maps": "C"}, "label_maps must be one of auto, none, A, B, both. Received: C"),
        ({"resize": "stretch"}, "resize must be one of squash, crop, pad. Received: stretch"),
        ({"sides": "input"}, "sides must be two names with a comma between them. Received: input"),
        ({"sides": "input,input"}, "sides must be two names"),
        ({"splits": "a,b,c"}, "splits must be two names with a comma between them, or none. Received: a,b,c"),
        ({"value_range": "0"}, "value_range must be two finite numbers"),
        ({"value_range": "4000,0"}, "the lower one first. Received: 4000,0"),
        ({"value_range": "0,nan"}, "value_range must be two finite numbers"),
        ({"encoding": "klingon"}, "encoding must be the name of a text encoding"),
        # A codec, but not of text.
        ({"encoding": "zlib"}, "encoding must be the name of a text encoding"),
    ],
)
def test_a_value_that_is_not_accepted_is_refused_in_one_line(values, wanted):
    with pytest.raises(DataError) as error:
        Reading(**values)
    assert wanted in str(error.value)
    assert "\n" not in str(error.value)


def test_names_are_read_with_or_without_spaces_and_slashes():
    reading = Reading(sides="edges/, photos", splits="fit , score")
    assert reading.side_names == ("edges", "photos")
    assert reading.split_names == ("fit", "score")
    assert Reading(splits="none").split_names == ()


def test_the_range_of_values_is_two_numbers():
    assert Reading(value_range="-1024,3071").range_of_values() == (-1024.0, 3071.0)
    assert DEFAULT.range_of_values() is None


def test_the_record_gives_it_back_and_an_older_record_the_default():
    reading = Reading(sides="a,b", label_maps="both", value_range="0,1", resize="pad", encoding="gbk")
    assert from_record(json.loads(json.dumps(dataclasses.asdict(reading)))) == reading
    assert from_record(None) == DEFAULT
    assert from_record({"resize": "crop", "of a later version": 1}) == Reading(resize="crop")
