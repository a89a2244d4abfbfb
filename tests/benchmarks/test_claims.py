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

# Those that functions of `metrics` name, which no evaluator spells out.
FIGURES = {"diversity_within_caption", "diversity_within_class_of_real", "ms_ssim_within_caption"}


def keys_of(claim):
    """The keys of a claim's table, those of all variants."""
    return [f"{key}{ending}" for key in claim.metrics.values() for ending in claim.variants.values()]


@pytest.fixture
def executed(monkeypatch):
    """The commands in the order in which they are run; each evaluation leaves figures that grow."""
    commands = []

    def execute(command, log):
        commands.append(command)
        folder = cells.workdir_of(command)
        folder.mkdir(exist_ok=True, parents=True)
        if "--mode=evaluate" in command:
            metrics = {key: float(len(commands)) for claim in CLAIMS.values() for key in keys_of(claim)}
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
    shared = [f"--model={model}" for model in (claim.judge, claim.encoder)]
    trained = [
        shlex.join(command)
        for command in executed
        if "--mode=evaluate" not in command and not set(shared).intersection(command)
    ]
    assert len(trained) == len(wanted) * (1 + len(claim.earlier)) == len(set(trained))
    text = table_of.table(results)
    assert len(text.splitlines()) == 2 + len(claim.rows) * len(claim.variants)
    names = [f"{label}: {variant}" if variant else label for label in claim.rows for variant in claim.variants]
    assert all(f"| {name} | 0, 1 |" in text for name in names)
    # The rows differ by settings, or in the preset.
    assert len({(model, tuple(settings.items())) for model, settings in claim.rows.values()}) == len(claim.rows)
    del executed[:]
    assert table_of.run(wanted) == results
    assert not executed


def test_runs_of_a_cell_are_of_its_seed_and_of_one_text_encoder(tmp_path, executed):
    table_of = ClaimCells(tmp_path, claim=CLAIMS["stages"])
    results = table_of.run([table_of.cell("stackgan", seed) for seed in (0, 1)])
    first = [command for command in executed if "--model=stackgan_stage1" in command]
    second = [command for command in executed if "--model=stackgan" in command and "--mode=evaluate" not in command]
    for seed, (one, two) in enumerate(zip(first, second, strict=True)):
        assert {f"--seed={seed}", f"--text_encoder={tmp_path / 'word_region'}"} <= set(one) & set(two)
        assert f"first_stage={cells.workdir_of(one)}" in two
    # What only some variants have.
    for result in results:
        del result["metrics"]["r_precision_of_first_stage"]
    lines = table_of.table(results).splitlines()
    place = lines[0].split("|").index(" R-precision ")
    assert lines[2].split("|")[place].strip() == ""
    assert lines[3].split("|")[place].strip()


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
            known = key.removesuffix("_from_real_coarse").removesuffix("_of_upsampled") in {*compared, *FIGURES}
            assert known or any(re.fullmatch(pattern, key) for pattern in patterns), key
    patterns, compared = yielded("dcgan")
    for wrong in ("diversity_of_rael", "judge_frechet", "claas_score", "combinations"):
        assert wrong not in compared
        assert not any(re.fullmatch(pattern, wrong) for pattern in patterns)
