"""From a stroke on the page's canvas to the picture of it, beside the same call in process.

    python -m benchmarks.strokes --workdir=RUN [--strokes=40]

A server in a process of its own, Chromium (Debian's, by playwright) on the same cores. Each stroke is one press of the
mouse, one after the other as in drawing; its time ends when the browser has decoded the picture that answers it. Before
and after all of them the same signature is called in this process, as often, with the canvas' own PNG file. (In between
its threads, which wait for work for a while, would slow the server.) Figures are medians.
"""

import argparse
import base64
import json
import pathlib
import statistics

from benchmarks.machine import print_machine
from benchmarks.served import direct, percentile, started

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# Takes the time of each press, and waits for the picture after it.
WATCH = """() => {
    const canvas = document.querySelector("canvas");
    canvas.addEventListener("pointerdown", () => {
        const start = performance.now();
        window.answered = new Promise((resolve) => {
            const observer = new MutationObserver(async () => {
                const image = document.querySelector("#result img");
                if (!image) return;
                observer.disconnect();
                await image.decode();
                resolve(performance.now() - start);
            });
            observer.observe(document.querySelector("#result"), { childList: true });
        });
    }, { capture: true });
}"""
DRAWN = 'document.querySelector("canvas").toDataURL("image/png").split(",")[1]'


def main():
    """Print the two times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", required=True, help="a run of pix2pix that has been exported")
    parser.add_argument("--strokes", type=int, default=40)
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    from serving.server.served import version_paths

    (newest, *_) = version_paths(pathlib.Path(given.workdir) / "export") or parser.error(
        f"--workdir must be a run that has been exported. Received: {given.workdir}"
    )
    print_machine()
    import tensorflow as tf

    signature = tf.saved_model.load(str(newest)).signatures["serving_default"]
    example = json.loads((newest / "assets.extra" / "requests" / "serving_default.json").read_text())["instances"][0]
    process, port, _ = started(given.workdir)
    strokes, calls = [], []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("tab", name="Draw", exact=True).click()
            page.wait_for_selector("#result img")
            page.evaluate(WATCH)

            def called() -> list[float]:
                row = example | {"image_bytes": base64.b64decode(page.evaluate(DRAWN))}
                return [direct(signature, lambda _: row, 1, given.strokes)]

            box = page.locator("canvas").bounding_box()
            calls += called()
            for stroke in range(given.strokes + 1):
                share = (stroke + 0.5) / (given.strokes + 1)
                page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
                page.mouse.down()
                page.mouse.up()
                strokes.append(page.evaluate("window.answered") / 1000)
            calls += called()
            browser.close()
    finally:
        process.terminate()
        process.wait()
    # The first is to warm up.
    stroke, call = statistics.median(strokes[1:]), statistics.mean(calls)
    print(f"stroke to picture: {1000 * stroke:.1f} ms (p99 {1000 * percentile(strokes[1:], 0.99):.1f})")
    print(f"a call of the signature: {1000 * call:.1f} ms; ratio {stroke / call:.2f}")


if __name__ == "__main__":
    main()
