"""The tables of models.md, datasets.md and fidelity.md, generated from the registries: `python -m docs.tables`.

Importing it does not import TensorFlow. `tests/test_docs.py` fails while a table is not current.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from models.core.preset import Preset
from models.core.published import shown
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
    # A size of 0 comes from another run.
    resolution = [] if points or not config.image_size else [f"{config.image_size} px"]
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


def fidelity() -> str:
    """Two tables a family: the constants as published and ours, a row for all presets that agree in it; and what the
    preset's default dataset changes.
    """
    parts = []
    for folder in dict.fromkeys(map(family, PRESETS.values())):
        presets = {name: preset for name, preset in PRESETS.items() if family(preset) == folder and preset.published}
        if not presets:
            continue
        rows: dict[tuple, list[str]] = {}
        for name, preset in presets.items():
            for row in preset.published:
                cells = (row.constant, shown(row.value), shown(row.here(preset.config)), row.why, row.source)
                rows.setdefault(cells, []).append(name)
        rows_of_table = [
            [constant, published, "same" if ours == published else ours, why, source, code(names)]
            for (constant, published, ours, why, source), names in rows.items()
        ]
        title = folder.replace("_", " ").capitalize()
        header = ("constant", "published", "ours", "why", "source", "presets")
        parts += [f"### {title}", table(header, rows_of_table), f"#### {title}: what the default dataset changes"]
        parts.append(table(("presets", "`--dataset`", "changes", "why"), changes(presets)))
    return "\n\n".join(parts)


def changes(presets: Mapping[str, Preset]) -> list[list[str]]:
    """A row for all presets of which the default dataset changes the same."""
    rows: dict[tuple, list[str]] = {}
    for name, preset in presets.items():
        resolved = preset.resolve(preset.default_dataset)
        changed = ", ".join(
            f"{field.name} {shown(getattr(preset.config, field.name))} -> {shown(getattr(resolved, field.name))}"
            for field in dataclasses.fields(resolved)
            if getattr(resolved, field.name) != getattr(preset.config, field.name)
        )
        why = preset.why_per_dataset.get(preset.default_dataset, "")
        rows.setdefault((preset.default_dataset, changed, why), []).append(name)
    return [[code(names), f"`{dataset}`", changed, why] for (dataset, changed, why), names in rows.items()]


PAGES = {"models.md": models, "datasets.md": datasets, "fidelity.md": fidelity}


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
