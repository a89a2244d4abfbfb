"""The page on which the models are tried (`serving/page`), as the server sends it, and what it is told of them."""

import pathlib
from urllib.parse import quote

from starlette.responses import Response

from serving.server.served import Version

PAGE = pathlib.Path(__file__).parent.parent / "page"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# By the last part of their addresses.
FILES = {path.name: path for path in sorted(PAGE.iterdir()) if path.suffix in TYPES} | {"": PAGE / "index.html"}
# The page loads nothing from elsewhere, and no other page shows it in a frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def file_response(path: pathlib.Path) -> Response:
    """A file of the page, or of what it shows."""
    return Response(path.read_bytes(), headers=HEADERS, media_type=TYPES[path.suffix])


def described(name: str, version: Version) -> dict:
    """A model as the page sees it: what its signatures take and give, its limits, and what may be shown."""
    about, page = version.about, version.about.get("page", {})
    return {
        "name": name,
        "version": version.number,
        "weights": about.get("weights", ""),
        "limits": about.get("limits", {}),
        "counts": about.get("counts", {}),
        "classes": version.classes,
        "signatures": {
            key: {
                "inputs": {input: spec.shape.as_list() for input, spec in signature.inputs.items()},
                "outputs": list(signature.outputs),
            }
            for key, signature in version.signatures.items()
        },
        "page": {
            "size": page.get("size", [0, 0]),
            "direction": page.get("direction", ""),
            "palettes": page.get("palettes", {}),
            "captions": page.get("captions", []),
            "attributes": page.get("attributes", []),
            "examples": {
                direction: [f"models/{quote(name, safe='')}/{version.number}/{file}" for file in files]
                for direction, files in page.get("examples", {}).items()
            },
        },
    }
