"""The scores of a run as a table: each metric with its uncertainty, what is better, and what it is compared with."""

import json
import re
import shlex
from collections.abc import Mapping

from callbacks.checkpoints import best_record
from evaluation.evaluator import comparable, split_in_words
from evaluation.names import NetworkName
from models.core.trained import TrainedModel
from panels import page

# Ends of keys that are a metric's own uncertainty.
DEVIATION, STANDARD_ERROR = "_deviation", "_standard_error"
# Standard errors on either side of a mean within which the true one is in 95 of 100 cases.
NORMAL_95 = 1.96


def scores(run, model: TrainedModel) -> list[str]:
    """The metrics of the last evaluation with their intervals, what they are compared with, and how it was measured."""
    blocks = []
    best = best_record(run.folder.checkpoints)
    if best:
        blocks.append(
            page.paragraph(f"Best checkpoint: step {best['step']:,}, {best['key']} {page.number(best['value'])}.")
        )
    path = run.folder.path / "evaluation.json"
    if not path.exists():
        command = shlex.join(["python", "main.py", "--mode=evaluate", f"--workdir={run.folder.path}"])
        return [*blocks, page.paragraph("Not evaluated yet. The command that does so:"), page.code(command)]
    evaluation = json.loads(path.read_text(encoding="utf-8"))
    protocol, metrics = dict(evaluation["protocol"]), evaluation["metrics"]
    if protocol.get("step") != model.step:
        blocks.append(
            page.paragraph(f"These scores are of step {protocol.get('step')}, not of step {model.step}.", "note")
        )
    if "split" in protocol:
        protocol["split"] = split_in_words(protocol["split"], protocol.get("trained_on", 0.0))
    network = NetworkName(protocol["extractor"]) if "extractor" in protocol else None
    rows = score_rows(metrics, evaluation.get("intervals", {}), comparable(run.evaluators, network))
    header = ("metric", "value", "uncertainty", "better", "for comparison")
    return [*blocks, page.table(header, rows), page.folded("Protocol", page.facts(protocol))]


def score_rows(
    metrics: Mapping[str, float], intervals: Mapping[str, tuple[float, float]], better: Mapping[str, str]
) -> list[tuple[str, float, str, str, str]]:
    """A row a metric: key, value, uncertainty, which is better, and the same of real data, of chance and so on.

    Args:
        metrics: key to number. `KEY_of_...` and `KEY_by_...` are references of KEY; `KEY_deviation` is its standard
            deviation over parts or subsets, `KEY_standard_error` that of its mean, of which an interval is made.
        intervals: key to its lower and upper bound, where they were measured.
        better: key to "higher" or "lower".
    """
    references, spreads, rows = {}, {}, []
    for key, value in metrics.items():
        base = re.split("_of_|_by_", key)[0]
        if (own := key.removesuffix(DEVIATION)) in metrics and own != key:
            spreads[own] = f"± {page.number(value)} (standard deviation)"
        elif (own := key.removesuffix(STANDARD_ERROR)) in metrics and own != key:
            spreads[own] = interval(metrics[own] - NORMAL_95 * value, metrics[own] + NORMAL_95 * value)
        elif base != key and base in metrics:
            reference = key.removeprefix(base).replace("_", " ").strip()
            references.setdefault(base, []).append(f"{reference}: {page.number(value)}")
        else:
            rows.append(key)
    spreads |= {key: interval(low, high) for key, (low, high) in intervals.items()}
    return [
        (key, float(metrics[key]), spreads.get(key, ""), better.get(key, ""), ", ".join(references.get(key, ())))
        for key in rows
    ]


def interval(low: float, high: float) -> str:
    """An interval in words."""
    return f"{page.number(low)} to {page.number(high)} (95 %)"
