"""The truncation curve's commands are those of a user, and its table is of what they leave; nothing is evaluated."""

import json

from benchmarks import cells
from benchmarks.truncation import FIGURES, THRESHOLDS, TruncationCells, threshold_of
from tests.test_docs import check


def test_each_threshold_is_an_evaluation_of_its_own(tmp_path, monkeypatch):
    run, executed = tmp_path / "run", []
    run.mkdir()

    def execute(command, log):
        executed.append(command)
        metrics = dict.fromkeys(FIGURES.values(), float(len(executed)))
        (run / "evaluation.json").write_text(json.dumps({"protocol": {}, "metrics": metrics}))

    monkeypatch.setattr(cells, "execute", execute)
    table_of = TruncationCells(tmp_path / "table", run_folder=str(run), judge="JUDGE", samples=100)
    results = table_of.run([table_of.cell(threshold) for threshold in THRESHOLDS])
    for command, threshold in zip(executed, THRESHOLDS, strict=True):
        check(list(map(str, command[2:])))
        assert f"--truncation={threshold:g}" in command
        assert "--judge=JUDGE" in command
    assert [threshold_of(result) for result in results] == list(THRESHOLDS)
    lines = table_of.table(results).splitlines()
    assert lines[2].startswith("| 0.1 | 1.000")
    assert lines[-1].startswith("| none | 8.000")
    assert len({table_of.result_path(table_of.cell(threshold)) for threshold in THRESHOLDS}) == len(THRESHOLDS)
