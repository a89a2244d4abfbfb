import csv

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from callbacks.curves import Curves, NumbersTable


def cells(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def filled(path):
    """Rows of logs at 3, 10 and 20, evaluated at 10, 15 and 20."""
    table = NumbersTable(path, 0)
    table.add(3, {"loss": 1.5})
    table.add(10, {"loss": 0.1})
    table.add(10, {"evaluation/score": 7})
    table.add(15, {"evaluation/score": 8, "evaluation/distance": float("inf")})
    table.add(20, {"loss": 1 / 3, "accuracy": 0.5})
    table.add(20, {"evaluation/score": 9.0})
    return table


def test_rows_may_have_different_columns(tmp_path):
    filled(tmp_path / "numbers.csv")
    assert cells(tmp_path / "numbers.csv") == [
        ["step", "loss", "accuracy", "evaluation/score", "evaluation/distance"],
        ["3", "1.5", "", "", ""],
        ["10", "0.1", "", "7.0", ""],
        ["15", "", "", "8.0", "inf"],
        ["20", "0.3333333333333333", "0.5", "9.0", ""],
    ]


@pytest.mark.parametrize("start", [2, 3, 10, 12, 15, 20])
def test_read_again_and_continued_it_is_the_same_file(tmp_path, start):
    whole, resumed = tmp_path / "whole.csv", tmp_path / "resumed.csv"
    rows = filled(whole).rows
    filled(resumed)
    table = NumbersTable(resumed, start)
    assert table.rows == [row for row in rows if row["step"] <= start]
    for row in rows:
        if row["step"] > start:
            table.add(row["step"], {name: value for name, value in row.items() if name != "step"})
    assert table.rows == rows
    table.add(20, {})
    assert resumed.read_bytes() == whole.read_bytes()


def test_which_steps_have_what(tmp_path):
    table = filled(tmp_path / "numbers.csv")
    assert table.last_step({"loss"}) == 20
    assert table.last_step({"evaluation/distance"}) == 15
    assert table.last_step({"nothing"}) == 0
    assert [step for step in (3, 10, 15, 20, 25) if table.is_evaluated(step)] == [10, 15, 20]


def test_each_series_is_drawn_where_it_has_values_and_each_metric_in_a_panel_of_its_own(tmp_path, monkeypatch):
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *arguments, **named: (figures.append(self), save(self, *arguments, **named))
    )
    filled(tmp_path / "numbers.csv").draw(tmp_path / "curves.png")
    panels = [
        {line.get_label(): np.column_stack(line.get_data()).tolist() for line in axes.lines} for axes in figures[0].axes
    ]
    assert panels == [
        {"loss": [[3, 1.5], [10, 0.1], [20, 1 / 3]]},
        {"accuracy": [[20, 0.5]]},
        {"evaluation/score": [[10, 7], [15, 8], [20, 9]]},
        {"evaluation/distance": [[15, float("inf")]]},
    ]
    with Image.open(tmp_path / "curves.png") as image:
        assert min(image.size) > 100


def test_a_metric_and_what_it_is_compared_with_share_a_panel(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **named: (figures.append(self), path.touch()))
    table = NumbersTable(tmp_path / "numbers.csv", 0)
    keys = ("distance", "recall", "distance_of_real", "recall_by_chance")
    table.add(1, {f"evaluation/{key}": 1.0 for key in keys})
    table.draw(tmp_path / "curves.png")
    panels = [[line.get_label().removeprefix("evaluation/") for line in axes.lines] for axes in figures[0].axes]
    assert panels == [["distance", "distance_of_real"], ["recall", "recall_by_chance"]]


def test_no_curves_without_rows(tmp_path):
    Curves(NumbersTable(tmp_path / "numbers.csv", 0), tmp_path / "curves.png").on_train_end()
    assert not (tmp_path / "curves.png").exists()
