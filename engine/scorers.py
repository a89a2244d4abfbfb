"""What outputs are compared with, and the networks that score: a judge, an extractor of features, joint encoders."""

import dataclasses
import pathlib

from absl import logging

from callbacks.checkpoints import newest_whole
from engine.command import Evaluate
from engine.experiment import trained
from engine.folder import RunError, RunFolder
from engine.requires import ensure, is_there, required, weights_fingerprint
from evaluation.evaluator import Data
from evaluation.extractor import Extractor
from evaluation.features import feature_network
from evaluation.judges import judge_extractor
from evaluation.matching import RetrievalEncoder
from evaluation.names import network_name
from models.core.trained import TrainedModel
from models.judges.judge import AttributeJudge
from pipelines.real_images import RealImages
from pipelines.rows import evenly
from serving.joint import IMAGE_FILE, JointEncoders

# Training images among which copies are searched: more would take memory and, of a large network, minutes.
MOST_TRAINING = 10_000


def evaluation_data(run, command: Evaluate, examples, split: str, count: int) -> Data:
    """What outputs are compared with, and the networks that judge them."""
    judge, judge_name = judge_of(run, command.judge, examples)
    features = command.feature_network
    return Data(
        examples,
        split,
        count,
        command.seed,
        judge,
        judge_name,
        network_of(run, features) if features else None,
        retrieval_of(run, command.retrieval_encoder),
        pathlib.Path(run.experiment.cache_dir) / "features",
        run.parts.model_has(run.trained_config()),
        training=lambda: training_images(run),
    )


def training_images(run) -> dict[str, RealImages]:
    """Some images that were trained on (`evaluation.evaluator.Data.training`)."""
    real = run.parts.real_images(run.splits.train, run.trained_config())
    return {prefix: images.take(evenly(len(images), MOST_TRAINING)) for prefix, images in real.items()}


def network_of(run, named: str) -> Extractor:
    """The network that `--feature_network` names, which may be the run folder of a judge of this or another dataset.

    Raises:
        DataError: it names no network.
        RunError: it names a run of something else.
    """
    record = RunFolder(named).read_record() if pathlib.Path(named).is_dir() else None
    if record is None:
        return feature_network(named)
    model = type(run)(trained(Evaluate(), named)).trained_model()
    if not isinstance(model, AttributeJudge):
        model_name = record["model"]
        raise RunError(f"--feature_network must be a network or the run of a judge. Received: {named}, of {model_name}")
    return dataclasses.replace(
        judge_extractor(model),
        name=network_name(named),
        channels=model.config.channels,
        weights=weights_fingerprint(newest_whole(RunFolder(named).checkpoints)),
    )


def retrieval_of(run, named: str) -> RetrievalEncoder | None:
    """The encoders that R-precision needs: of the run that is named, else those that this run reads.

    None, with a note, where there are none; DataError if a folder is named that holds none.
    """
    if not any("retrieval_encoder" in evaluator.needs for evaluator in run.evaluators):
        return None
    if named:
        return RetrievalEncoder(JointEncoders.load(named), named)
    needed = run.parts.required(run.preset.requirement("text_encoder"))
    for folder in (run.folder.path, *((pathlib.Path(needed.workdir),) if needed else ())):
        if (folder / IMAGE_FILE).exists():
            return RetrievalEncoder(JointEncoders.load(folder), f"{folder}, by which the generator was trained")
    logging.warning("Without an image encoder no R-precision: --retrieval_encoder=RUN names a text encoder's run.")
    return None


def judge_of(run, named: str, examples) -> tuple[TrainedModel | None, str]:
    """The judge that evaluators need, and its run and step: in the folder that is named, or beside this run.

    None, with a note on how to train it, where there is none or it does not go with the examples; RunError if one is
    named that is none.
    """
    for requirement in run.preset.requires:
        if requirement.role != "judge":
            continue
        needed = required(run.experiment, requirement, named)
        if named or is_there(needed, requirement):
            ensure(needed, requirement, is_named=bool(named))
            judge = type(run)(needed).trained_model()
            if run.parts.accepts(judge, examples):
                return judge, f"{needed.workdir}, step {judge.step}"
        elif run.parts.has_judge(examples):
            logging.warning("Without a judge there are fewer metrics; it is trained by: %s", needed.command())
    return None, ""


def scorers_of(data: Data) -> dict[str, str]:
    """What the protocol says of the networks that score."""
    found = {"judge": data.judge_name}
    if data.features is not None:
        network = data.features
        found |= {"extractor": network.name.name, "extractor_weights": network.weights, "resize": network.resize}
    if data.retrieval is not None:
        found["retrieval_encoder"] = data.retrieval.name
    return {role: name for role, name in found.items() if name}
