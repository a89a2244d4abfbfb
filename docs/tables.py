"""The tables of docs/models.md and docs/datasets.md, generated from the registries: `python -m docs.tables`.

Importing it does not import TensorFlow. `tests/test_docs.py` fails while a table is not current.
"""

import pathlib
from collections.abc import Iterable, Sequence

from models.core.preset import Preset
from models.registry import PRESETS
from pipelines.registry import DATASETS

FOLDER = pathlib.Path(__file__).parent
BEGIN, END = "<!-- generated: python -m docs.tables -->", "<!-- end of generated -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a vertical bar within a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(names: Iterable[str]) -> str:
    """Names as inline code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def size(config, points: bool) -> str:
    """Resolution, batch size and training length of a configuration, in words."""
    resolution = [] if points else [f"{config.image_size} px"]
    length = f"{config.steps:,} steps" if config.steps else f"{config.epochs} epochs"
    return ", ".join([*resolution, f"batch {config.batch_size}", length])


def family(preset: Preset) -> str:
    """The folder of `models/` that a preset belongs to."""
    return type(preset.config).__module__.split(".")[1]


def preset_row(name: str, preset: Preset) -> list[str]:
    """A row of the table of presets."""
    points = "points" in preset.needs
    modes = [f"sample ({preset.samples_from})" if mode == "sample" else mode for mode in preset.modes]
    return [
        f"`{name}`",
        preset.summary,
        preset.source,
        ", ".join(sorted(preset.needs)),
        size(preset.config, points),
        f"`{preset.default_dataset}`: {size(preset.resolve(preset.default_dataset), points)}",
        ", ".join(mode for mode in modes if mode != "train"),
    ]


def models() -> str:
    """A table a family, a row a preset."""
    header = ("`--model`", "what it is", "source", "needs", "preset", "on its default `--dataset`", "modes")
    families = dict.fromkeys(map(family, PRESETS.values()))
    parts = []
    for folder in families:
        rows = [preset_row(name, preset) for name, preset in PRESETS.items() if family(preset) == folder]
        parts.append(f"### {folder.replace('_', ' ').capitalize()} (`models/{folder}/`)\n\n{table(header, rows)}")
    return "\n\n".join(parts)


def datasets() -> str:
    """A row a dataset."""
    rows = []
    for name, dataset in DATASETS.items():
        default_of = [model for model, preset in PRESETS.items() if preset.default_dataset == name]
        folder = "required" if dataset.needs_data_dir else "optional"
        rows.append([f"`{name}`", dataset.summary, ", ".join(sorted(dataset.gives)), folder, code(default_of)])
    return table(("`--dataset`", "what it is", "gives", "`--data_dir`", "default of"), rows)


PAGES = {"models.md": models, "datasets.md": datasets}


def current(page: str, text: str) -> str:
    """The text of a page with its table regenerated.

    Args:
        page: a key of `PAGES`.
        text: what the page holds now: everything outside the markers is kept.

    Raises:
        ValueError: the page does not hold the two markers once each, in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ValueError(f"{page} must hold {BEGIN} and then {END}, once each. Received: another arrangement")
    return f"{before}{BEGIN}\n\n{PAGES[page]()}\n\n{END}{after}"


def main():
    """Rewrite the pages whose table is not current."""
    for page in PAGES:
        path = FOLDER / page
        old = path.read_text(encoding="utf-8")
        new = current(page, old)
        if new != old:
            path.write_text(new, encoding="utf-8")
        print(f"{page}: {'rewritten' if new != old else 'current'}")


if __name__ == "__main__":
    main()
