"""What is said where pictures cannot be scored, because no judge was trained: the advice must help."""

import re

import pytest

from runs.folder import RunError
from tasks.attribute_judge import trained_judge
from tests.worlds import tiny_task


def test_following_the_advice_trains_the_judge_that_is_looked_for(tmp_path):
    looked_for = tmp_path / "x" / "attribute_judge-birds"
    with pytest.raises(RunError, match="needs a judge") as raised:
        trained_judge(tiny_task("attribute_judge", looked_for, ""))
    advised = re.search(r"python main\.py (--\S+ --\S+ --\S+)\. Received", str(raised.value))[1].split()
    assert advised == ["--model=attribute_judge", "--dataset=birds", f"--workdir={looked_for}"]
