"""The documentation, checked against the code: generated tables, links, and every command that is shown."""

import dataclasses
import functools
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from docs import tables
from engine.command import COMMANDS, DEFAULT_MODEL, choice, kind_of
from flags import fields_by_name
from models.core.preset import ALWAYS
from models.registry import PRESETS
from pipelines.registry import DATASETS

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
# Models that the reader of docs/extending.md adds.
ADDED = set(re.findall(r'^    "(\w+)": ', EXTENDING, re.MULTILINE)) - set(PRESETS)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: pathlib.Path) -> str:
    return page.read_text(encoding="utf-8")


@functools.cache
def known_flags() -> set[str]:
    """The flags that main.py defines, absl's own among them; read off its own help."""
    shown = subprocess.run([sys.executable, "main.py", "--helpfull"], cwd=ROOT, capture_output=True, text=True).stdout
    return set(re.findall(r"^  (?:-\w,|-\?,)?--(?:\[no\])?(\w+):", shown, re.MULTILINE))


def snippets(text: str) -> list[str]:
    """Everything set as code: lines of fenced blocks, continued ones joined, and inline code."""
    blocks = [block.replace("\\\n", " ") for block in FENCE.findall(text)]
    inline = re.findall(r"`([^`]+)`", FENCE.sub("", text))
    return [line for block in blocks for line in block.splitlines()] + [" ".join(span.split()) for span in inline]


def commands(text: str) -> list[list[str]]:
    """The arguments of each `python main.py` that a page shows."""
    found = []
    for snippet in snippets(text):
        if "python main.py" in snippet:
            words = shlex.split(snippet, comments=True)
            starts = [at for at in range(len(words) - 1) if words[at : at + 2] == ["python", "main.py"]]
            for start in starts:
                rest = words[start + 2 :]
                found.append(rest[: rest.index("&&")] if "&&" in rest else rest)
    return found


def parsed(arguments: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Flags and `--set` changes of a command. Of a flag given twice, the last."""
    flags, changes, words = {}, {}, iter(arguments)
    for word in words:
        assert word.startswith("--"), f"only --flags are accepted. Received: {word}"
        name, equals, value = word[2:].partition("=")
        if name == "set":
            field, _, value = (value if equals else next(words)).partition("=")
            changes[field] = value
        else:
            flags[name] = value
    return flags, changes


def typed(field: dataclasses.Field, value: str):
    """A flag's text as its command takes it."""
    kind = kind_of(field)
    if kind is bool:
        return value in ("", "true")
    return (value,) if kind is tuple else kind(value)


def check(arguments: list[str]):
    """AssertionError, or ValueError, unless main.py would accept the command."""
    flags, changes = parsed(arguments)
    assert set(flags) <= known_flags(), arguments
    mode = flags.pop("mode", "train")
    model = flags.get("model", DEFAULT_MODEL)
    if model in ADDED:
        return
    fields = {field.name: field for field in dataclasses.fields(COMMANDS[choice("mode", mode, COMMANDS)])}
    # Those of absl's own that a page may show.
    ours = {name: value for name, value in flags.items() if name in fields or name in fields_by_name()}
    assert set(ours) <= set(fields), f"--mode={mode} does not accept them all: {arguments}"
    given = {name: typed(fields[name], value) for name, value in ours.items()}
    assert not changes or mode == "train", arguments
    given |= {"set": tuple(f"{name}={value}" for name, value in changes.items())} if changes else {}
    command = COMMANDS[mode](**given)
    preset = PRESETS[choice("model", model, PRESETS)]
    dataset = choice("dataset", command.dataset or preset.default_dataset, DATASETS)
    assert preset.needs <= DATASETS[dataset].gives, arguments
    # What is served is an export.
    assert mode in (*preset.modes, *ALWAYS) or (mode == "serve" and "export" in preset.modes), arguments
    if mode == "train":
        preset.resolve(dataset, command.settings())


def anchors(text: str) -> set[str]:
    """The fragments that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(page: pathlib.Path, target: str) -> bool:
    """Whether a local link or image leads nowhere."""
    path, _, fragment = target.partition("#")
    file = page.parent / path if path else page
    return not file.exists() or (bool(fragment) and fragment not in anchors(text_of(file)))


@pytest.mark.parametrize("page", tables.PAGES)
def test_a_generated_table_is_current(page):
    text = text_of(tables.FOLDER / page)
    assert tables.current(page, text) == text, "run: python -m docs.tables"


def test_tables_have_a_row_a_name_and_keep_what_is_around_them():
    for page, names in (("models.md", PRESETS), ("datasets.md", DATASETS)):
        text = f"before\n{tables.BEGIN}\n| `stale` |\n{tables.END}\nafter\n"
        made = tables.current(page, text)
        assert sorted(re.findall(r"^\| `(\w+)` \|", made, re.MULTILINE)) == sorted(names)
        assert "stale" not in made
        assert made.startswith("before\n")
        assert made.endswith("after\n")
        assert tables.current(page, made) == made


@pytest.mark.parametrize(
    "text", ["", tables.BEGIN, tables.END + tables.BEGIN, (tables.BEGIN + tables.END) * 2], ids=range(4)
)
def test_a_page_without_its_markers_is_refused(text):
    with pytest.raises(ValueError, match=r"models\.md must hold .* Received: another arrangement"):
        tables.current("models.md", text)


def test_the_readme_is_short():
    assert len(text_of(PAGES[0]).splitlines()) <= 150


@each_page
def test_links_and_images_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(page)))
    assert [target for target in targets if "://" not in target and dead(page, target)] == []


def test_a_dead_link_is_found():
    readme = PAGES[0]
    assert dead(readme, "docs/nowhere.png")
    assert dead(readme, "docs/results.md#nowhere")
    assert not dead(readme, "docs/results.md#speed")


def test_every_picture_is_shown():
    shown = {pathlib.Path(name).name for page in PAGES for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text_of(page))}
    pictures = {path.name for pattern in ("*.png", "*.gif") for path in (ROOT / "docs").glob(pattern)}
    assert shown == pictures


@each_page
def test_commands_would_be_accepted(page):
    for arguments in commands(text_of(page)):
        check(arguments)


@pytest.mark.parametrize(
    "command",
    [
        "--modle=dcgan",
        "--model=dcgna",
        "--dataset=brids",
        "--model=dcgan --dataset=facades",
        "--model=char_cnn_rnn --mode=sample",
        "--mode=trian",
        "--model=dcgan --mode=explore --experiment=walk",
        "--model=dcgan --mode=explore",
        "--mode=evaluate --set latent_dim=3",
        "--mode=evaluate --num_images=3",
        "--keep_best=diversity",
        "--mode=export --checkpoint=first",
        "--set latent_dmi=3",
        "--batch_size=many",
        "dcgan",
    ],
)
def test_a_command_that_would_be_refused_is_found(command):
    with pytest.raises((AssertionError, ValueError)):
        check(command.split())


def test_commands_are_found_in_blocks_lines_and_tables():
    block = "```bash\nx && python main.py --b \\\n  --c && y  # d\n```\n"
    text = f"a `python main.py\n--model=a` b\n{block}| `python main.py` |\n"
    assert commands(text) == [["--b", "--c"], ["--model=a"], []]
    counts = {page.name: len(commands(text_of(page))) for page in PAGES}
    assert counts["README.md"] > 10
    assert counts["commands.md"] > 30
    assert counts["results.md"] > 15


@each_page
def test_every_flag_that_is_named_exists(page):
    ours = [snippet for snippet in snippets(text_of(page)) if not snippet.startswith("tensorboard ")]
    named = {(snippet, flag) for snippet in ours for flag in re.findall(r"(?<![\w-])--(\w+)", snippet)}
    unknown = {flag for snippet, flag in named if flag not in known_flags() and not is_of_a_benchmark(snippet, flag)}
    assert unknown == set()


def is_of_a_benchmark(snippet: str, flag: str) -> bool:
    """Whether it is a flag that the benchmark of a snippet defines, or the base of benchmarks with cells."""
    run = re.match(r"python -m benchmarks\.(\w+)", snippet)
    if not run:
        return False
    text, base = ((ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8") for name in (run[1], "cells"))
    return f'"--{flag}"' in text + (base if "from benchmarks.cells" in text else "")


@each_page
def test_modules_that_are_run_exist(page):
    for module in re.findall(r"python -m ((?:benchmarks|docs)\.\w+)", text_of(page)):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_every_word_is_followed_by_the_settings_that_the_page_lists():
    """A part of `gan_cls_plus` that is off would be missed by no other test: its figures come from trainings."""
    section = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").split("### Every word")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    off = re.search(r"^((?:`\w+`(?:, | and )?)+) are off in `gan_cls_plus`", section, re.MULTILINE)[1]
    paper, plus = PRESETS["gan_cls"].config, PRESETS["gan_cls_plus"].config
    is_on = {name for name in listed if getattr(plus, name) != getattr(paper, name)}
    assert is_on == set(listed) - set(re.findall(r"`(\w+)`", off))
    assert not any(getattr(paper, name) for name in listed if name != "edited_captions")
