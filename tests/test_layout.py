"""The arrows between the rooms, as the design says; see docs/architecture.md."""

import ast
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
BELOW = ("losses", "models", "pipelines", "metrics", "evaluation", "panels", "callbacks", "serving", "experiments")
ROOMS = {
    "losses": set(),
    "models": {"losses"},
    "pipelines": set(),
    "metrics": set(),
    "panels": {"pipelines"},
    "evaluation": {"metrics", "models", "pipelines", "serving"},
    "callbacks": {"evaluation", "panels", "pipelines"},
    "serving": {"models", "pipelines", "panels"},
    "experiments": {"metrics", "panels", "models", "serving", "evaluation", "pipelines"},
    "engine": set(BELOW),
}
TOP = {
    "flags": {"engine.command"},
    # The wiring may reach for anything.
    "main": None,
}
OURS = {*ROOMS, *TOP, "tests", "benchmarks", "docs"}
WITHOUT_TENSORFLOW = [
    "experiments.registry",
    "models.registry",
    "models.core.config",
    "pipelines.registry",
    "pipelines.examples",
    "pipelines.reading",
    "pipelines.sizes",
    "pipelines.readers.caption_files",
    "pipelines.characters",
    "engine.command",
    "engine.experiment",
    "engine.folder",
    "engine.memory",
    "engine.processor",
    "flags",
    "docs.tables",
]


def tracked() -> list[pathlib.Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git working tree")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def sources(room: str) -> list[pathlib.Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: pathlib.Path) -> set[str]:
    """Dotted names of all that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room):
    for path in sources(room):
        ours = {name.split(".")[0] for name in imported(path)} & OURS
        assert ours <= ROOMS[room] | {room}, f"{path.relative_to(ROOT)} imports {sorted(ours - ROOMS[room] - {room})}"


@pytest.mark.parametrize("module", [name for name, allowed in TOP.items() if allowed])
def test_the_top_level_imports_only_what_it_may(module):
    ours = {name for name in imported(ROOT / f"{module}.py") if name.split(".")[0] in OURS}
    wrong = {name for name in ours if not any(within(name, allowed) for allowed in TOP[module])}
    assert not wrong


def test_every_folder_of_code_is_a_known_room():
    tops = {path.relative_to(ROOT).parts[0] for path in tracked() if path.suffix == ".py"}
    assert {top.removesuffix(".py") for top in tops} <= OURS


def test_nothing_below_main_reads_a_flag():
    for room in ROOMS:
        for path in sources(room):
            names = imported(path)
            assert not any(within(name, "absl.flags") or within(name, "flags") for name in names), path
            assert "FLAGS" not in path.read_text(), path


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_what_a_wrong_command_needs_imports_no_tensorflow(module):
    code = f"import sys, {module}; print(*sorted({{'tensorflow', 'keras', 'tensorflow_datasets'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def test_no_file_names_a_place_of_one_machine_or_a_package_host():
    # Written in pieces, so that this file does not hold them.
    places = re.compile("|".join(("/" + "work/", "/" + "root/", re.escape(str(ROOT)))))
    hosts = re.compile("(files.)?python" + "hosted|pypi" + r"\.org|--index-" + "url|--extra-" + "index")
    for path in tracked():
        if path.suffix in (".png", ".gif", ".jpg", ".npz", ".keras"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (places, hosts):
            found = pattern.search(text)
            assert not found, f"{path.relative_to(ROOT)}: {found[0]}"


@pytest.mark.parametrize("kept", ["runs/x/run.json", "data/x", "a/__pycache__/x.pyc", ".venv/x", ".hypothesis/x"])
def test_what_runs_leave_is_not_tracked(kept):
    ignored = subprocess.run(["git", "check-ignore", "-q", kept], cwd=ROOT)
    if ignored.returncode == 128:
        pytest.skip("not a git working tree")
    assert ignored.returncode == 0
