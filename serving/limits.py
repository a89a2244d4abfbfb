"""How much a served model takes of one request: what is beyond is refused before anything is decoded or computed."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """Of one request.

    Attributes:
        rows: of a batch.
        side: of an image, in pixels: width or height, whichever is longer.
        file_bytes: of one image file.
        caption_bytes: of one caption in UTF-8.
    """

    rows: int = 64
    side: int = 1024
    file_bytes: int = 8 * 2**20
    caption_bytes: int = 2000

    def lines(self, names: set[str]) -> list[str]:
        """Lines of Markdown on the limits of signatures with inputs of these names."""
        lines = [f"- rows of a batch: {self.rows:,}"]
        if names & {"image_bytes", "images"}:
            lines.append(f"- side of an image: {self.side:,} pixels")
        if "image_bytes" in names:
            lines.append(f"- file: {self.file_bytes:,} bytes")
        if "captions" in names:
            lines.append(f"- caption: {self.caption_bytes:,} bytes")
        return lines
