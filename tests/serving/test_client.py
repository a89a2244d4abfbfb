"""Clients of a server, as the documentation shows them: in Python, in a shell, and in JavaScript."""

import io
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from serving.client import RefusedError, main, predict
from serving.server.rest import Rules
from serving.server.served import ServedModel
from tests.serving.server.test_rest import Running, file_of, folders  # noqa: F401 - a fixture
from tests.test_layout import ROOT

SERVING = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(folders):  # noqa: F811
    """Of the models of a running server, without the name."""
    running = Running({name: ServedModel(folder) for name, folder in folders.items()}, Rules())
    yield f"http://127.0.0.1:{running.port}/v1/models"
    running.stop()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_files_go_in_and_come_out_as_bytes(address):
    files = [file_of(9, 5), file_of(8, 8)]
    answers = predict(f"{address}/pix2pix", [{"image_bytes": file} for file in files])
    for file, answer in zip(files, answers, strict=True):
        np.testing.assert_array_equal(pixels(answer), 255 - pixels(file))
    images = predict(f"{address}/cgan", [{"seed": 1, "label": 2}], "pixels")
    (png,) = predict(f"{address}/cgan", [{"seed": 1, "label": 2}])
    np.testing.assert_array_equal(images[0], pixels(png))


def test_a_refusal_is_the_servers_own_sentence(address):
    with pytest.raises(RefusedError, match=r"label must be 0 to 3\. Received: 7 in row 0") as refused:
        predict(f"{address}/cgan", [{"seed": 1, "label": 7}])
    assert refused.value.status == 400
    with pytest.raises(RefusedError, match="Servable not found"):
        predict(f"{address}/gan", [{"seed": 1}])
    with pytest.raises(OSError, match="refused"):
        predict("http://127.0.0.1:9/v1/models/gan", [{"seed": 1}])


def test_the_command_writes_a_picture(address, tmp_path):
    (tmp_path / "a.png").write_bytes(file_of(9, 5))
    command = [
        sys.executable,
        ROOT / "serving" / "client.py",
        f"{address}/pix2pix",
        f"image_bytes=@{tmp_path / 'a.png'}",
    ]
    # Without this project on the path.
    found = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path).stdout
    np.testing.assert_array_equal(pixels(found), 255 - pixels((tmp_path / "a.png").read_bytes()))
    with pytest.raises(SystemExit, match="error: label must be 0 to 3"):
        main([f"{address}/cgan", "seed=1", "label=9"])
    with pytest.raises(SystemExit, match="Usage: "):
        main([])


def shown(language):
    """The first block of docs/serving.md in a language that asks a server."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", SERVING, re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if ":8501" in block)


@pytest.mark.parametrize(("language", "program"), [("bash", "bash"), ("javascript", "node")])
def test_what_the_documentation_shows_works(address, tmp_path, language, program):
    if program == "node" and not shutil.which("node"):
        pytest.skip("no node")
    text = shown(language).replace("http://127.0.0.1:8501/v1/models/gan_cls_plus", f"{address}/cgan")
    # The models of this test take labels, not captions.
    text = re.sub(r'"?captions"?: "[^"]*"', '"label": 2', text)
    lines = [line for line in text.splitlines() if not line.startswith("python main.py")]
    path = tmp_path / ("ask.mjs" if program == "node" else "ask.sh")
    path.write_text("\n".join(lines).replace("python -c", f"{sys.executable} -c"))
    subprocess.run([program, path], check=True, cwd=tmp_path, capture_output=True)
    (wanted,) = predict(f"{address}/cgan", [{"seed": 1, "label": 2}])
    assert (tmp_path / "bird.png").read_bytes() == wanted
