"""What a picture of the benchmark shows is read off its pixels, and its commands are those of a user."""

import numpy as np
import pytest
from PIL import Image

from benchmarks import own_captions
from tests.test_docs import check


@pytest.mark.parametrize("side", [32, 64])
def test_what_a_picture_shows_is_seen(side):
    rng = np.random.default_rng(0)
    known, held_out = own_captions.combinations(rng)
    assert not set(known) & set(held_out)
    pictures = [own_captions.picture(asked, rng).resize((side, side), Image.Resampling.BOX) for asked in known]
    shown = [own_captions.seen(np.asarray(picture)) for picture in pictures]
    assert own_captions.shares(shown, known).min() > 0.95
    # A caption of another picture is right by chance.
    assert own_captions.shares(shown, known[1:] + known[:1]).max() < 0.5


def test_a_plain_picture_shows_no_shape():
    shape, color, ground = own_captions.seen(np.full((32, 32, 3), 20, np.uint8))
    assert (shape, color) == ("nothing", ground)


def test_every_picture_has_a_file_of_two_captions_that_name_what_it_shows(tmp_path):
    rng = np.random.default_rng(0)
    known, _ = own_captions.combinations(rng)
    own_captions.write_pictures(tmp_path / "pictures", known, 6, rng)
    for number in range(6):
        lines = (tmp_path / "pictures" / f"{number:04}.txt").read_text().splitlines()
        assert len(lines) == 2
        assert all(word in line for line in lines for word in known[number])
        assert (tmp_path / "pictures" / f"{number:04}.png").exists()


def test_its_commands_are_those_of_a_user(tmp_path):
    training, drawing = own_captions.commands(tmp_path, "gan_cls_plus", 7)
    for command in (training, drawing):
        assert command[:2] == ["python", "main.py"]
        check(command[2:])
    assert {"--dataset=captions", "--steps=7", f"--data_dir={tmp_path / 'pictures'}"} <= set(training)
    assert {f"--captions_file={tmp_path / 'captions.txt'}", f"--output={tmp_path / 'samples'}"} <= set(drawing)
