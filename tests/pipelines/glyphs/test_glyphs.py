"""Characters of fonts that are always there: matplotlib's."""

import pathlib
import shutil

import numpy as np
import pytest
from matplotlib import get_data_path

from metrics.glyphs import extent, ink_of, measured, moments, r_squared, slant, weight
from pipelines import glyphs
from pipelines.examples import DataError
from pipelines.glyphs.characters import CHARACTERS
from pipelines.glyphs.fonts import characters_of, font_files, fonts_of
from pipelines.glyphs.rendering import RANGES, Style, random_style, render

FONTS = pathlib.Path(get_data_path(), "fonts", "ttf")
SANS = FONTS / "DejaVuSans.ttf"


def ink(image):
    return 1.0 - image / 255.0


@pytest.fixture
def folder(tmp_path):
    """Two fonts with letters, one of mathematical symbols, and a file that is none."""
    for name in ("DejaVuSans.ttf", "DejaVuSerif.ttf", "cmex10.ttf"):
        shutil.copy(FONTS / name, tmp_path)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "notes.txt").write_text("fonts")
    return tmp_path


def test_fonts_that_have_all_characters_are_used_and_the_others_named(folder, monkeypatch):
    monkeypatch.setattr(glyphs, "IMAGES", 62 * 2 * 6)
    train, test = (glyphs.load(split, 16, str(folder), "") for split in ("train", "test"))
    (without,) = train.report.skipped.values()
    assert "broken.ttf" in without
    assert not {"DejaVuSans.ttf", "DejaVuSerif.ttf"} & set(without)
    assert train.class_names == tuple(CHARACTERS["glyphs"])
    assert len(train) + len(test) == 62 * 2 * 6
    # Every sixth of each character.
    assert np.bincount(test.labels).tolist() == [2] * 62
    assert not set(train.names) & set(test.names)
    assert train.images.shape == (620, 16, 16, 1)
    # Black on white, each drawn otherwise.
    assert (train.images[:, 0] == 255).mean() > 0.95
    assert train.images.min(axis=(1, 2, 3)).max() < 200
    assert len({image.tobytes() for image in train.images}) == len(train)
    np.testing.assert_array_equal(glyphs.load("train", 16, str(folder), "").images, train.images)
    # What is said of them is how they were drawn.
    usable, _ = fonts_of(font_files(str(folder)), CHARACTERS["glyphs"])
    assert train.style_names == ("weight", "slant", "width")
    for row in (0, 7, 300):
        style = Style(*map(float, train.styles[row]))
        drawn = render(train.class_names[train.labels[row]], usable[train.fonts[row]], style, 16)
        np.testing.assert_allclose(train.images[row, ..., 0].astype(int), drawn, atol=2)
        assert train.names[row].split("/")[1] == usable[train.fonts[row]].stem


def test_what_cannot_be_drawn_is_told_in_a_line(folder, tmp_path):
    with pytest.raises(DataError, match=r"no font has all of .*\(300 characters\); .*Debian's fonts-wqy-zenhei"):
        glyphs.load("train", 16, str(folder), "", "hanzi")
    empty = tmp_path / "empty"
    empty.mkdir()
    for wrong in (empty, tmp_path / "none"):
        with pytest.raises(DataError, match=r"--data_dir must be a folder of fonts: \.ttf.*Received: "):
            glyphs.load("train", 16, str(wrong), "")
    with pytest.raises(DataError, match=r"squares of 8 pixels or more\. Received: 4 pixels"):
        glyphs.load("train", 4, str(folder), "")


def test_without_a_folder_there_are_those_of_matplotlib():
    usable, _ = fonts_of(font_files(""), CHARACTERS["glyphs"])
    assert {"DejaVuSans.ttf", "DejaVuSerif-Bold.ttf"} <= {path.name for path in usable}
    assert ord("A") in characters_of(SANS)
    assert characters_of(pathlib.Path(__file__)) == frozenset()


def test_the_characters_are_different_ones():
    assert len(CHARACTERS["glyphs"]) == 62
    assert len(set(CHARACTERS["hanzi"])) == len(CHARACTERS["hanzi"]) == 300
    assert all(0x4E00 <= ord(character) <= 0x9FFF for character in CHARACTERS["hanzi"])


def test_a_drawing_is_in_the_middle_and_as_heavy_slanted_and_wide_as_asked():
    plain = ink(render("H", SANS, Style(), 64))
    places = np.arange(64)
    for axis in (0, 1):
        profile = plain.sum(axis=axis)
        assert (profile * places).sum() / profile.sum() == pytest.approx(31.5, abs=0.6)
    # An H leans by as many degrees as it is asked to.
    for degrees in (-15.0, 10.0):
        assert slant(ink(render("H", SANS, Style(slant=degrees), 64))) == pytest.approx(degrees, abs=1.0)
    assert slant(plain) == pytest.approx(0.0, abs=0.5)
    for width in (0.7, 1.3):
        wide = ink(render("H", SANS, Style(width=width), 64))
        assert extent(wide) / extent(plain) == pytest.approx(width, rel=0.03)
        # Leaning changes nothing of it.
        leaning = ink(render("H", SANS, Style(slant=18.0, width=width), 64))
        assert extent(leaning) == pytest.approx(extent(wide), rel=0.03)
    # Each edge moves outwards by the weight: a stroke grows by twice that.
    heavy = ink(render("H", SANS, Style(weight=0.03), 64))
    assert weight(heavy) - weight(plain) == pytest.approx(0.06, abs=0.02)


def test_bars_have_the_weight_that_they_have():
    image = np.zeros((60, 60))
    image[5:55, 20:26] = 1.0
    # Thickness 6 and length 50: the ends count too.
    assert weight(image) == pytest.approx(2 * 300 / (2 * 50 + 2 * 6) / 60, rel=0.05)
    assert slant(image) == pytest.approx(0.0, abs=1e-9)
    horizontal, vertical, both = moments(image)
    assert both == pytest.approx(0.0, abs=1e-9)
    assert extent(image) == pytest.approx(np.sqrt((6**2 - 1) / (50**2 - 1)), rel=1e-6)
    assert horizontal == pytest.approx((6**2 - 1) / 12)
    assert vertical == pytest.approx((50**2 - 1) / 12)


def test_nothing_is_measured_where_nothing_is_drawn():
    assert np.isnan(measured(np.ones((1, 8, 8, 1)))).all()
    np.testing.assert_allclose(ink_of(np.full((1, 2, 2, 3), -1.0)), 1.0)


def test_the_rules_find_what_was_asked_of_real_renders():
    """The rule's own R^2: what no generator can be above."""
    rng, asked, images, groups = np.random.default_rng(0), [], [], []
    for label, character in enumerate("AHnmgT7o"):
        for _ in range(25):
            style = random_style(rng)
            images.append(render(character, SANS, style, 32))
            asked.append((style.weight, style.slant, style.width))
            groups.append(label)
    found = measured(np.array(images)[..., np.newaxis] / 127.5 - 1.0)
    asked, groups = np.array(asked), np.array(groups)
    shares = [r_squared(asked[:, place], found[:, place], groups) for place in range(3)]
    assert shares[1] > 0.98
    assert min(shares[0], shares[2]) > 0.7
    # One's own attribute is found, not another.
    for place in range(3):
        others = [r_squared(asked[:, other], found[:, place], groups) for other in range(3) if other != place]
        assert max(others) < 0.35
    assert r_squared(asked[:, 0], rng.normal(size=len(asked)), groups) < 0.05
    lows, highs = zip(*RANGES.values(), strict=True)
    assert np.all(asked >= lows)
    assert np.all(asked <= highs)


def test_chinese_characters_where_a_font_has_them(monkeypatch):
    usable, _ = fonts_of(font_files(""), CHARACTERS["hanzi"])
    if not usable:
        pytest.skip("no font of this machine has the Chinese characters")
    monkeypatch.setattr(glyphs, "IMAGES", 300 * len(usable) * 6)
    examples = glyphs.load("test", 32, "", "", "hanzi")
    assert len(examples.class_names) == 300
    # All of them drawn, no two alike.
    ones = [examples.images[np.flatnonzero(examples.labels == label)[0]] for label in range(300)]
    assert len({image.tobytes() for image in ones}) == 300
    assert all((image < 128).mean() > 0.005 for image in ones)
