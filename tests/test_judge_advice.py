"""The advice that is given where a judge is missing: following it trains the judge that is looked for."""

import re
import shlex

import pytest

from engine.command import Evaluate, Train
from engine.experiment import Experiment, resolve
from engine.run import Run
from tests.worlds import tiny, tiny_run


@pytest.mark.usefixtures("eager_steps", "steps_alone")
@pytest.mark.parametrize(("model", "judge"), [("gan_cls", "attribute_judge"), ("dcgan", "class_judge")])
def test_following_the_advice_trains_the_judge_that_is_looked_for(
    tmp_path, world, encoder_folder, caplog, model, judge
):
    folder = tmp_path / "x" / "gan"
    tiny_run(model, folder, encoder_folder, steps=1).train(Train())
    command = Evaluate(num_captions=4, num_samples=50)
    with caplog.at_level("WARNING", logger="absl"):
        alone = tiny_run(model, folder, encoder_folder).evaluate(command)
    assert "judge" not in alone["protocol"]
    words = shlex.split(re.search(r"it is trained by: (python main\.py .*)", caplog.text)[1])
    advised = resolve(Train(**dict(word.removeprefix("--").split("=", 1) for word in words[2:])))
    assert (advised.model, advised.dataset) == (judge, "birds")
    # The advised run, of a smaller network.
    Run(Experiment(advised.model, advised.dataset, tiny(judge, steps=1), advised.workdir)).train(Train())
    judged = tiny_run(model, folder, encoder_folder).evaluate(command)
    assert judged["protocol"]["judge"] == f"{tmp_path / 'x' / f'{judge}-birds'}, step 1"
    assert judged["metrics"].keys() > alone["metrics"].keys()
