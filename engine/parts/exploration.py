"""An experiment on a trained run, and what it leaves in the run folder."""

import tensorflow as tf

from engine.command import Evaluate, Explore
from engine.folder import RunError, RunFolder
from engine.parts.parts import Parts
from engine.scorers import evaluation_data
from experiments.explore import explore
from experiments.result import NotApplicableError, NothingFoundError
from experiments.subject import Evaluated, Judged, Subject
from pipelines.atomic import atomic_write


def explore_run(folder: RunFolder, name: str, subject: Subject | Evaluated | Judged) -> dict:
    """Write an experiment's pictures and figures to the folder `explore` of the run; returns the figures.

    Args:
        folder: of the run.
        name: of the experiment.
        subject: the trained model.

    Raises:
        RunError: the model or its data does not have what the experiment needs or looks for.
    """
    try:
        finding = explore(name, subject)
    except NotApplicableError as error:
        raise RunError(f"--experiment={error}") from error
    except NothingFoundError as error:
        raise RunError(f"--experiment={name}: {error}") from error
    pictures = folder.path / "explore" / name
    files = {pictures / f"{title}.png": tf.io.encode_png(image).numpy() for title, image in finding.pictures.items()}
    # TensorBoard looks for a projector beside a run's events.
    files |= {folder.tensorboard / file: content for file, content in finding.files.items()}
    for path, content in files.items():
        with atomic_write(path) as aside:
            aside.write_bytes(content)
        print(f"Wrote {path}.")
    path = folder.write_json(f"explore/{name}/figures.json", finding.figures)
    print(f"Wrote {path}.")
    return finding.figures


def evaluated_subject(parts: Parts, model, command: Explore) -> Evaluated:
    """A run of texts as experiments see it: as --mode=evaluate does, by the same judge."""
    evaluate = Evaluate(seed=command.seed, judge=command.judge)
    data = evaluation_data(parts.run, evaluate, *parts.run.splits.unseen, parts.evaluated(evaluate))
    return Evaluated(parts.outputs(model, parts.sampler(model), data, evaluate), data)
