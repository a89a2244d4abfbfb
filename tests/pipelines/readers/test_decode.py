import numpy as np
import pytest
from PIL import Image

from pipelines.readers.decode import decode_image, is_small, resize
from pipelines.reading import OWN_SIZE
from tests.pipelines.files import RED, write_disc, write_noise


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *((mode, ".png") for mode in ("RGB", "L", "1", "P", "I;16")),
        *((mode, ".jpg") for mode in ("RGB", "L", "CMYK", "YCbCr")),
        *((mode, ".tif") for mode in ("RGB", "L", "1", "P", "I;16", "CMYK", "YCbCr")),
    ],
)
def test_every_mode_becomes_rgb_of_the_same_color(tmp_path, mode, suffix):
    # White survives every mode, also black and white; a 16-bit white that was only clipped or shifted would, too,
    # so the test below looks at 16-bit gray.
    image = Image.new("RGB", (20, 10), "white").convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(np.full((10, 20), 65535, np.uint16))
    path = tmp_path / f"image{suffix}"
    image.save(path)
    decoded = decode_image(str(path), 8)
    assert decoded.shape == (8, 8, 3)
    assert decoded.dtype == np.uint8
    assert decoded.min() >= 252


def test_sixteen_bit_gray_keeps_its_range(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((10, 10), 128 * 257, np.uint16)).save(path)
    assert np.all(decode_image(str(path), 4) == 128)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    path = tmp_path / "clear.png"
    if mode == "P":
        Image.new("P", (8, 8), 0).save(path, transparency=0)
    else:
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)).convert("LA" if mode in ("LA", "PA") else mode).save(path)
    assert np.all(decode_image(str(path), 4) == 255)


def test_orientation_is_applied_and_aspect_ratio_given_up(tmp_path):
    left_half_red = Image.new("RGB", (40, 20), "blue")
    left_half_red.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right: left becomes top
    left_half_red.save(tmp_path / "turned.png", exif=exif)
    decoded = decode_image(str(tmp_path / "turned.png"), 8)
    assert decoded[0, 4].tolist() == [255, 0, 0]
    assert decoded[7, 4].tolist() == [0, 0, 255]


def test_a_large_jpeg_is_averaged_not_sampled(tmp_path):
    # One-pixel checks: nearest-neighbor sampling would give black or white, an antialiased one gives gray.
    checks = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checks).save(tmp_path / "checks.jpg", quality=95)
    decoded = decode_image(str(tmp_path / "checks.jpg"), 16)
    assert np.all(np.abs(decoded.astype(int) - 127) < 12)


def extent(pixels):
    """(height, width) of the red disc in a picture on blue."""
    red = pixels[..., 0].astype(int) > pixels[..., 2]
    return tuple(int(red.any(axis=axis).sum()) for axis in (1, 0))


@pytest.mark.parametrize("size", [(120, 60), (60, 120), (300, 250), (70, 70)])
@pytest.mark.parametrize(("how", "wanted"), [("crop", "round"), ("pad", "round"), ("squash", "filled")])
def test_a_disc_stays_round_unless_the_aspect_is_given_up(tmp_path, size, how, wanted):
    decoded = decode_image(str(write_disc(tmp_path / "a.png", size)), 40, resize=how)
    height, width = extent(decoded)
    if wanted == "round":
        assert abs(height - width) <= 1
        # Its diameter is 0.6 of the shorter side: of 40 pixels where the longer is cropped, of fewer where it is kept.
        assert height == pytest.approx(24 if how == "crop" else 24 * min(size) / max(size), abs=1)
    else:
        assert (height, width) == pytest.approx((24 * min(size) / size[1], 24 * min(size) / size[0]), abs=1)


def test_a_disc_stays_round_at_the_size_of_a_rectangle(tmp_path):
    for size in ((120, 60), (240, 120)):
        path = str(write_disc(tmp_path / "a.png", size))
        pictures = [decode_image(path, (30, 60), resize=how) for how in ("squash", "crop", "pad")]
        for picture in pictures:
            assert picture.shape == (30, 60, 3)
            assert extent(picture) == pytest.approx((18, 18), abs=1)
            # Of the aspect that is wanted, the three are one.
            np.testing.assert_array_equal(picture, pictures[0])


def test_cropping_keeps_the_middle_and_padding_everything(tmp_path):
    # Three stripes: what is cropped to a square is the middle one and half of each of the others.
    stripes = np.repeat(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8), 40, axis=1).repeat(60, axis=0)
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    cropped, padded = (decode_image(str(tmp_path / "stripes.png"), 60, resize=how) for how in ("crop", "pad"))
    np.testing.assert_array_equal(cropped[30, [0, 8, 12, 30, 48, 52, 59]].argmax(axis=1), [0, 0, 1, 1, 1, 2, 2])
    np.testing.assert_array_equal(padded[[0, 15, 30, 59]][:, [0, 30, 59]].argmax(axis=2), [[0, 1, 2]] * 4)
    # Above and below, the border goes on.
    assert (padded[:15] == padded[15]).all()
    assert (padded[45:] == padded[44]).all()


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(97, 41), (41, 97), (19, 19)])
def test_a_label_map_gets_no_new_label(tmp_path, how, size):
    labels = np.random.default_rng(0).integers(0, 3, (size[1], size[0]))
    Image.fromarray(np.array([(0, 0, 0), (9, 200, 30), (255, 255, 0)], np.uint8)[labels]).save(tmp_path / "a.png")
    decoded = decode_image(str(tmp_path / "a.png"), (32, 48), is_label_map=True, resize=how)
    assert {tuple(color) for color in decoded.reshape(-1, 3).tolist()} == {(0, 0, 0), (9, 200, 30), (255, 255, 0)}


@pytest.mark.parametrize("how", ["crop", "pad"])
def test_each_half_of_a_file_keeps_its_aspect(tmp_path, how):
    left, right = (Image.open(write_disc(tmp_path / f"{n}.png", (80, 40), (n, 0.5), 0.25)) for n in (0.5, 0.6))
    both = Image.new("RGB", (160, 40))
    both.paste(left, (0, 0))
    both.paste(right, (80, 0))
    both.save(tmp_path / "both.png")
    for half, alone in (("left", "0.5.png"), ("right", "0.6.png")):
        decoded = decode_image(str(tmp_path / "both.png"), 32, half, resize=how)
        np.testing.assert_array_equal(decoded, decode_image(str(tmp_path / alone), 32, resize=how))
        assert extent(decoded)[0] == pytest.approx(extent(decoded)[1], abs=1)


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_a_photograph_that_lies_on_its_side_is_turned_before_it_is_fitted(tmp_path, how):
    upright = Image.open(write_disc(tmp_path / "upright.png", (90, 60), (0.4, 0.5)))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "lying.png", exif=exif)
    pictures = [decode_image(str(tmp_path / f"{name}.png"), (24, 48), resize=how) for name in ("upright", "lying")]
    np.testing.assert_array_equal(*pictures)
    # It is 60 pixels high, whichever way it lies in its file.
    assert [is_small(str(tmp_path / f"{name}.png"), (66, 99)) for name in ("upright", "lying")] == [False, False]
    assert [is_small(str(tmp_path / f"{name}.png"), (80, 40)) for name in ("upright", "lying")] == [True, True]


def test_a_padded_picture_is_enlarged_only_where_both_sides_are_too_short(tmp_path):
    path = str(write_disc(tmp_path / "a.png", (100, 20)))
    assert [is_small(path, 64, resize=how) for how in ("squash", "crop", "pad")] == [True, True, False]


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_pixels_are_resized_like_files(tmp_path, how):
    path = write_noise(tmp_path / "a.png", size=30)
    pixels = np.asarray(Image.open(path))[:, :20]
    Image.fromarray(pixels).save(path)
    np.testing.assert_array_equal(resize(pixels[np.newaxis], 16, how)[0], decode_image(str(path), 16, resize=how))
    gray = resize(pixels[np.newaxis, ..., :1], (12, 8), how)
    assert gray.shape == (1, 12, 8, 1)


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_a_picture_of_one_pixel_across_is_no_obstacle(tmp_path, how):
    Image.new("RGB", (1, 500), RED).save(tmp_path / "a.png")
    assert (decode_image(str(tmp_path / "a.png"), 8, resize=how) == RED).all()


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(60, 240), (240, 60)])
def test_a_jpeg_is_not_decoded_smaller_than_it_is_needed(tmp_path, how, size):
    exif = Image.Exif()
    exif[0x0112] = 6
    checks = (np.indices((480, 480)) // 32).sum(axis=0) % 2 * 255
    for suffix in ("png", "jpg"):
        Image.fromarray(checks.astype(np.uint8)).save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    lossless, jpeg = (decode_image(str(tmp_path / f"a.{suffix}"), size, resize=how) for suffix in ("png", "jpg"))
    assert np.abs(lossless.astype(int) - jpeg).mean() < 3


def test_at_its_own_size_nothing_is_resized_and_what_is_missing_is_its_mirror_image(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 100, 3), np.uint8)
    path = str(tmp_path / "noise.png")
    Image.fromarray(image).save(path)
    kept = decode_image(path, (64, 50), resize=OWN_SIZE)
    assert kept.shape == (64, 50, 3)
    np.testing.assert_array_equal(kept[:40], image[:, 25:75])
    np.testing.assert_array_equal(kept[40:], image[::-1, 25:75][:24])
    # More than once, where it is much smaller.
    np.testing.assert_array_equal(decode_image(path, 120, resize=OWN_SIZE)[80:, :100], image)
    assert not is_small(path, 64, resize=OWN_SIZE)
    # A JPEG is not decoded at a smaller scale, as it is where it is resized anyway.
    large = Image.fromarray(image).resize((1000, 400), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=95)
    kept = decode_image(str(tmp_path / "large.jpg"), 64, resize=OWN_SIZE)
    assert np.abs(kept.astype(int) - np.asarray(large)[168:232, 468:532]).mean() < 3
