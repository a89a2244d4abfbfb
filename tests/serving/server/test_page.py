"""The page as a person meets it, in Chromium (Debian's package chromium, and playwright)."""

import base64
import io
import os
import re
import urllib.request

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from serving.export import export
from serving.guide import About
from serving.hints import Hints
from serving.images import TranslationSampler, Translator
from serving.latents import LatentSampler
from serving.server.rest import Rules
from serving.server.served import ServedModel
from serving.styles import StyleSampler
from tests.serving.server.test_rest import LIMITS, Running, labeled_sampler
from tests.serving.test_export import CAPTIONS, make_sampler

CHROMIUM = "/usr/bin/chromium"
# Without these, Chromium asks its maker's servers at each start.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="chromium is not installed")
SIDE = 16
RED, BLUE = "#ff0000", "#0000ff"


def halved():
    """A network of half the contrast."""
    image = keras.Input((None, None, 3), name="image")
    return keras.Model({"image": image}, keras.layers.Rescaling(0.5)(image))


def coded_sampler():
    """Pictures of four pixels, by row the noise, a category of three and three codes."""

    def latents(count, seed):
        drawn = tf.random.stateless_uniform((count, 6), seed, -0.4, 0.4)
        return tf.concat([drawn, tf.one_hot(tf.zeros([count], tf.int32), 3), tf.zeros([count, 3])], axis=1)

    latent = keras.Input((12,), name="latent")
    network = keras.Model({"latent": latent}, keras.layers.Reshape((2, 2, 3))(latent))
    return LatentSampler(network, latents, parts={"noise": 6, "category": 3, "codes": 3})


def attributed_sampler():
    """Pictures of one pixel, whose channels are the attributes, by label darker."""
    latent, label = keras.Input((5,), name="latent"), keras.Input((), dtype="int32", name="label")
    shade = keras.ops.reshape(keras.ops.cast(label, "float32"), (-1, 1, 1, 1)) / 4
    image = keras.layers.Reshape((1, 1, 3))(latent[:, 2:]) - shade
    network = keras.Model({"latent": latent, "label": label}, image)
    drawn = lambda count, seed: tf.random.stateless_uniform((count, 5), seed, -1.0, 1.0)  # noqa: E731
    return LatentSampler(network, drawn, 2, class_names=("A", "B"), parts={"noise": 2, "attributes": 3})


def point_sampler():
    """The noise itself, in two dimensions."""
    latent = keras.Input((2,), name="latent")
    network = keras.Model({"latent": latent}, keras.layers.Rescaling(1.0)(latent))
    return LatentSampler(network, lambda count, seed: tf.random.stateless_normal((count, 2), seed), output="points")


def style_sampler():
    """The sampler of captions, in the styles of pictures of four pixels."""
    image = keras.Input((2, 2, 3), name="image")
    style = keras.layers.Dense(5)(keras.layers.Flatten()(image))
    return StyleSampler(keras.Model({"image": image}, style), make_sampler())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a model of captions, one of classes, one that makes pictures negative, drawn in two colors, and one
    each of two directions, of codes, of attributes, of points and of styles.
    """
    folder = tmp_path_factory.mktemp("page")
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, keras.layers.Rescaling(-1.0)(image))
    example = np.full((1, SIDE, SIDE, 3), (255, 0, 0), np.uint8)
    hints = Hints((SIDE, SIDE), "BtoA", {"BtoA": [RED, BLUE]}, {"BtoA": example})
    export(make_sampler(), folder / "text", About("gan_cls", hints=Hints(captions=tuple(CAPTIONS[:2]))))
    export(labeled_sampler(), folder / "cgan", About("cgan", limits=LIMITS))
    export(TranslationSampler({"AtoB": Translator(network, 8)}), folder / "pix2pix", About("pix2pix", hints=hints))
    both = {"AtoB": Translator(network, 8), "BtoA": Translator(halved(), 8)}
    export(TranslationSampler(both), folder / "cyclegan", About("cyclegan"))
    export(coded_sampler(), folder / "infogan", About("infogan"))
    shown = Hints(attributes=("weight", "slant", "width"))
    export(attributed_sampler(), folder / "attribute_font", About("attribute_font", hints=shown))
    export(point_sampler(), folder / "gan_2d", About("gan_2d"))
    export(style_sampler(), folder / "style_encoder", About("style_encoder"))
    names = ("text", "cgan", "pix2pix", "cyclegan", "infogan", "attribute_font", "gan_2d", "style_encoder")
    models = [ServedModel(folder / name) for name in names]
    running = Running({model.name: model for model in models}, Rules())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def page(server, browser):
    """The page, opened; at the end nothing was asked of another host, and nothing failed but what a test says."""
    opened, asked, failed = browser.new_page(viewport={"width": 700, "height": 900}), [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: failed.append(str(error)))
    # The second is a hint on what a test does: it reads a canvas more than once.
    usual = re.compile("400|willReadFrequently")
    opened.on("console", lambda message: None if usual.search(message.text) else failed.append(message.text))
    opened.goto(f"http://127.0.0.1:{server.port}/")
    opened.wait_for_selector("#result img")
    yield opened
    assert not failed
    own = (f"http://127.0.0.1:{server.port}/", "data:", f"blob:http://127.0.0.1:{server.port}/")
    assert [url for url in asked if not url.startswith(own)] == []
    opened.close()


def pictures(page):
    """The pictures of the result, as pixels."""
    sources = [image.get_attribute("src") for image in page.query_selector_all("#result img")]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))) for source in sources]


def choose(page, model, tool):
    page.select_option("#model", model)
    page.get_by_role("tab", name=tool, exact=True).click()


def until(page, condition):
    for _ in range(1500):
        if condition():
            return
        page.wait_for_timeout(20)
    raise AssertionError(page.inner_text("#message") or "nothing happened")


def test_a_sentence_becomes_a_grid_that_a_seed_repeats(page):
    until(page, lambda: len(pictures(page)) == 8)
    first = pictures(page)
    page.get_by_label("Sentence", exact=True).fill("A RED BIRD!")
    page.get_by_role("button", name="Draw", exact=True).click()
    until(page, lambda: len(pictures(page)) == 8 and (pictures(page)[0] != first[0]).any())
    page.get_by_role("button", name="a small yellow bird with a black crown").click()
    until(page, lambda: (pictures(page)[0] == first[0]).all())
    page.get_by_label("Seed", exact=True).fill("2")
    page.get_by_role("button", name="Draw", exact=True).click()
    # Seeds are counted up, so the first is what was the second.
    until(page, lambda: (pictures(page)[0] == first[1]).all())
    page.get_by_label("Sentence", exact=True).fill(" ")
    page.get_by_label("Sentence", exact=True).press("Enter")
    until(page, lambda: page.inner_text("#message") == "Please write a sentence first.")


def test_a_slider_leads_from_one_sentence_to_another(page):
    choose(page, "gan_cls", "Two sentences")
    until(page, lambda: len(pictures(page)) == 3)
    first, _, last = pictures(page)
    page.get_by_label("Between", exact=True).press("Home")
    until(page, lambda: (pictures(page)[1] == first).all())
    page.get_by_label("Between", exact=True).press("End")
    until(page, lambda: (pictures(page)[1] == last).all())
    assert (first != last).any()


def test_classes_are_buttons_and_noises_lie_on_a_way(page):
    choose(page, "cgan", "A class")
    until(page, lambda: len(pictures(page)) == 8)
    choose(page, "cgan", "From one to another")
    until(page, lambda: len(pictures(page)) == 3)


def stroke(page, *places):
    """Draw from place to place, in pixels of the drawing."""
    box = page.locator("canvas").bounding_box()
    scale = box["width"] / SIDE
    points = [(box["x"] + (x + 0.5) * scale, box["y"] + (y + 0.5) * scale) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def colors(picture):
    return {tuple(color) for color in picture.reshape(-1, 3).tolist()}


def test_a_drawing_is_translated_as_it_is_drawn_without_smoothing_and_undone(page):
    choose(page, "pix2pix", "Draw")
    red, blue = (0, 255, 255), (255, 255, 0)
    until(page, lambda: pictures(page) and colors(pictures(page)[0]) == {red})
    page.get_by_label(f"Color 2, {BLUE}").click()
    page.get_by_label("Width", exact=True).fill("3")
    stroke(page, (2, 3), (12, 11))
    # No color between the two: a network of label maps has never seen one.
    until(page, lambda: (pictures(page)[0][[3, 11], [2, 12]] == blue).all())
    assert colors(pictures(page)[0]) == {red, blue}
    assert (pictures(page)[0][3, 12] == red).all()
    page.get_by_role("button", name="undo").click()
    until(page, lambda: colors(pictures(page)[0]) == {red})
    page.get_by_role("button", name="fill").click()
    stroke(page, (1, 1))
    until(page, lambda: colors(pictures(page)[0]) == {blue})
    page.get_by_role("button", name="clear").click()
    until(page, lambda: colors(pictures(page)[0]) == {red})


def test_one_draws_by_keyboard_too(page):
    choose(page, "pix2pix", "Draw")
    until(page, lambda: len(pictures(page)) == 1)
    page.get_by_label("Width", exact=True).fill("1")
    canvas = page.locator("canvas")
    canvas.focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "ArrowDown", "Space", "ArrowDown"):
        canvas.press(key)
    until(page, lambda: (pictures(page)[0] == (255, 255, 0)).all(axis=-1).sum() >= 4)
    row, column = SIDE // 2, SIDE // 2
    wanted = [(row, column), (row, column + 1), (row, column + 2), (row + 1, column + 2)]
    found = np.argwhere((pictures(page)[0] == (255, 255, 0)).all(axis=-1))
    assert set(map(tuple, found.tolist())) == set(wanted)
    canvas.press("Control+z")
    until(page, lambda: not (pictures(page)[0] == (255, 255, 0)).all(axis=-1).any())


def dropped(page, name, kind, content):
    """Drop a file."""
    transfer = page.evaluate_handle(
        """([name, kind, content]) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: kind }));
            return transfer;
        }""",
        [name, kind, base64.b64encode(content).decode()],
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})


def test_a_dropped_picture_is_translated_and_what_is_none_is_refused_in_words(page):
    choose(page, "pix2pix", "A picture")
    pixels, file = noise_file(9, 14)
    dropped(page, "a.png", "image/png", file)
    until(page, lambda: len(pictures(page)) == 1)
    np.testing.assert_array_equal(pictures(page)[0], 255 - pixels)
    dropped(page, "a.txt", "text/plain", b"no picture")
    wanted = "image_bytes must be image files. Received: another kind of file in row 0"
    until(page, lambda: page.inner_text("#message") == wanted)
    # What was there stays, and the next one is taken.
    page.get_by_role("button", name="Example 1").click()
    until(page, lambda: page.inner_text("#message") == "" and colors(pictures(page)[0]) == {(0, 255, 255)})


def noise_file(height, width):
    """(pixels, the file)"""
    pixels, file = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return pixels, file.getvalue()


def test_a_picture_is_translated_in_either_direction(page):
    choose(page, "cyclegan", "A picture")
    pixels, file = noise_file(9, 14)
    dropped(page, "a.png", "image/png", file)
    until(page, lambda: pictures(page) and (pictures(page)[0] == 255 - pixels).all())
    page.get_by_role("button", name="B to A").click()
    half = (pixels / 127.5 - 1) / 2
    until(page, lambda: np.abs(pictures(page)[0] - (half + 1) * 127.5).max() <= 1)
    page.get_by_role("button", name="A to B").click()
    until(page, lambda: (pictures(page)[0] == 255 - pixels).all())


def test_codes_are_sliders_and_categories_stand_side_by_side(page):
    choose(page, "infogan", "Codes")
    until(page, lambda: len(pictures(page)) == 3)
    first = pictures(page)
    # The noise is that of the seed in all, and the third pixel's channels are the category.
    for category, picture in enumerate(first):
        np.testing.assert_array_equal(picture[0], first[0][0])
        assert picture[1, 0].tolist() == [255 if place == category else 128 for place in range(3)]
    page.get_by_label("Code 2, -2 to 2", exact=True).press("End")
    until(page, lambda: all(picture[1, 1].tolist() == [128, 255, 128] for picture in pictures(page)))
    page.get_by_label("Seed", exact=True).fill("9")
    page.get_by_label("Seed", exact=True).press("Enter")
    until(page, lambda: (pictures(page)[0][0] != first[0][0]).any())


def test_attributes_are_sliders_beside_the_classes(page):
    choose(page, "attribute_font", "Attributes")
    until(page, lambda: pictures(page) and pictures(page)[0].ravel().tolist() == [128, 128, 128])
    page.get_by_label("slant, -1 to 1", exact=True).press("End")
    until(page, lambda: pictures(page)[0].ravel().tolist() == [128, 255, 128])
    page.get_by_label("width, -1 to 1", exact=True).press("Home")
    until(page, lambda: pictures(page)[0].ravel().tolist() == [128, 255, 0])
    page.get_by_role("button", name="B", exact=True).click()
    until(page, lambda: pictures(page)[0].ravel().tolist() == [96, 223, 0])


def test_points_are_plotted(page):
    choose(page, "gan_2d", "Points")
    until(page, lambda: page.query_selector("#result canvas"))
    blue = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: data.length / 4 }, (_, i) => i).filter((i) => data[4 * i] < 100);
    }"""
    first = page.eval_on_selector("#result canvas", blue)
    # 64 points of 16 pixels each, some over others.
    assert 300 < len(first) <= 64 * 16
    assert "from -" in page.inner_text("#result")
    page.get_by_role("button", name="other noise").click()
    until(page, lambda: page.eval_on_selector("#result canvas", blue) != first)


def test_a_sentence_is_drawn_in_the_style_of_a_picture(page, server):
    choose(page, "style_encoder", "The style of a picture")
    _, file = noise_file(8, 8)
    page.get_by_label("Sentence", exact=True).fill("a red bird")
    dropped(page, "a.png", "image/png", file)

    def served(caption):
        row = {"image_bytes": {"b64": base64.b64encode(file).decode()}, "captions": caption}
        answer = server.predict("/v1/models/style_encoder", signature_name="transfer", instances=[row])
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["predictions"][0]["b64"]))))

    until(page, lambda: pictures(page) and (pictures(page)[0] == served("a red bird")).all())
    page.get_by_label("Sentence", exact=True).fill(CAPTIONS[0])
    until(page, lambda: (pictures(page)[0] == served(CAPTIONS[0])).all())
    assert (served(CAPTIONS[0]) != served("a red bird")).any()


def test_a_checker_finds_no_serious_fault(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    for model, tool in (
        ("gan_cls", "A sentence"),
        ("cgan", "A class"),
        ("pix2pix", "Draw"),
        ("pix2pix", "A picture"),
        ("infogan", "Codes"),
        ("attribute_font", "Attributes"),
        ("gan_2d", "Points"),
    ):
        choose(page, model, tool)
        page.wait_for_timeout(300)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # Axe comes as a script of the test's own, which the page's policy would not let in.
            found = axe.run(page).response["violations"]
            serious = [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")]
            assert serious == [], (tool, scheme)


def test_small_screens_need_no_sideways_scrolling(page):
    page.set_viewport_size({"width": 360, "height": 700})
    for model, tool in (("gan_cls", "A sentence"), ("pix2pix", "Draw")):
        choose(page, model, tool)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, tool


def test_the_page_may_load_nothing_from_elsewhere(server):
    policies = {}
    for path in ("", "page.js", "page.css", "models/pix2pix/1/BtoA-0.png"):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{path}") as response:
            policies[path] = response.headers["Content-Security-Policy"]
    assert all("default-src 'none'" in policy for policy in policies.values())
    assert server.ask("GET", "/models/pix2pix/1/..%2Fmodel.json")[0] == 404
    assert server.ask("GET", "/", Host="elsewhere.example")[0] == 403
