"""The tables of claims: their commands, what they are kept as, and their figures; nothing is trained."""

import ast
import json
import pathlib
import re
import shlex

import pytest

from benchmarks import cells
from benchmarks.claims import CLAIMS, ClaimCells
from evaluation.evaluator import comparable
from models.core.preset import import_name
from models.registry import PRESETS
from tests.test_docs import check


@pytest.fixture
def executed(monkeypatch):
    """The commands in the order in which they are run; each evaluation leaves figures that grow."""
    commands = []

    def execute(command, log):
        commands.append(command)
        folder = cells.workdir_of(command)
        folder.mkdir(exist_ok=True, parents=True)
        if "--mode=evaluate" in command:
            metrics = {key: float(len(commands)) for claim in CLAIMS.values() for key in claim.metrics.values()}
            (folder / "evaluation.json").write_text(json.dumps({"protocol": {}, "metrics": metrics}))

    monkeypatch.setattr(cells, "execute", execute)
    return commands


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_computed_by_commands_that_main_takes_and_kept(name, tmp_path, executed):
    claim = CLAIMS[name]
    table_of = ClaimCells(tmp_path / name, claim=claim)
    wanted = [table_of.cell(label, seed) for seed in (0, 1) for label in claim.rows]
    results = table_of.run(wanted)
    # Three seeds, or of a table of more rows one or two.
    assert len(claim.rows) <= 6
    for command in executed:
        check(list(map(str, command[2:])))
    trained = [
        shlex.join(command) for command in executed if "--mode=evaluate" not in command and "judge" not in command[2]
    ]
    assert len(trained) == len(wanted) == len(set(trained))
    text = table_of.table(results)
    assert len(text.splitlines()) == 2 + len(claim.rows)
    assert all(f"| {label} | 0, 1 |" in text for label in claim.rows)
    # The rows differ by settings, or in the preset.
    assert len({(model, tuple(settings.items())) for model, settings in claim.rows.values()}) == len(claim.rows)
    del executed[:]
    assert table_of.run(wanted) == results
    assert not executed


def yielded(model):
    """Patterns of the keys that a preset's evaluators yield, and those by which its checkpoints are compared."""
    evaluators = [import_name(name) for name in PRESETS[model].evaluators]
    patterns = []
    for file in {evaluator.measure.__code__.co_filename for evaluator in evaluators}:
        for node in ast.walk(ast.parse(pathlib.Path(file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                parts = getattr(node.value.elts[0], "values", [node.value.elts[0]])
                literal = [part.value if isinstance(part, ast.Constant) else None for part in parts]
                # Of names alone nothing can be said.
                if sum(len(text or "") for text in literal) > 3:
                    patterns.append("".join(".+" if text is None else re.escape(text) for text in literal))
    return patterns, comparable([evaluator() for evaluator in evaluators])


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claims_figures_are_those_of_its_presets_evaluators(name):
    claim = CLAIMS[name]
    for model, _ in claim.rows.values():
        patterns, compared = yielded(model)
        for key in claim.metrics.values():
            # The judge's distance of what a pyramid makes of real images.
            known = key.removesuffix("_from_real_coarse").removesuffix("_of_upsampled") in compared
            assert known or any(re.fullmatch(pattern, key) for pattern in patterns), key
    patterns, compared = yielded("dcgan")
    for wrong in ("diversity_of_rael", "judge_frechet", "claas_score", "combinations"):
        assert wrong not in compared
        assert not any(re.fullmatch(pattern, wrong) for pattern in patterns)
