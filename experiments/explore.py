"""One experiment on one trained model: what it needs is checked here, before anything that takes long."""

import dataclasses
from collections.abc import Callable

from experiments.networks import has_convolutions
from experiments.registry import EXPERIMENTS
from experiments.result import Finding, NotApplicableError
from experiments.subject import Subject
from models.core.preset import import_name


@dataclasses.dataclass(frozen=True)
class Requirement:
    """Something that an experiment may need.

    Attributes:
        met: whether the subject has it.
        wanted: what the message asks for.
        received: what the subject has instead.
    """

    met: Callable[[Subject], bool]
    wanted: str
    received: Callable[[Subject], str]


REQUIREMENTS = {
    "convolutions": Requirement(
        lambda subject: has_convolutions(subject.discriminator) and has_convolutions(subject.generator),
        "networks with convolutions",
        lambda subject: f"{subject.model_name} with network={subject.model.config.network}",
    ),
    "unconditional_generator": Requirement(
        lambda subject: not subject.sampler.classes,
        "a generator without labels as input",
        lambda subject: f"{subject.model_name}, which is class-conditional",
    ),
    "label_free_discriminator": Requirement(
        lambda subject: "label" not in subject.discriminator.input,
        "a discriminator without labels as input",
        lambda subject: f"{subject.model_name}, whose discriminator takes them",
    ),
    "birds": Requirement(
        lambda subject: subject.dataset.startswith("birds"),
        "rendered birds, whose attributes and branch are known",
        lambda subject: f"--dataset={subject.dataset}",
    ),
    "labels": Requirement(
        lambda subject: subject.examples("test").labels is not None,
        "a dataset with classes",
        lambda subject: f"{subject.dataset} without classes",
    ),
    "unseen_images": Requirement(
        lambda subject: subject.has_unseen(),
        "images that were not trained on: a test split",
        lambda subject: f"{subject.dataset}, which has the training images only",
    ),
    "shared_classes": Requirement(
        lambda subject: subject.examples("train").class_names == subject.examples("test").class_names,
        "a test split of the classes that were trained on",
        lambda subject: f"{subject.dataset}, whose test split has others",
    ),
}


def check(name: str, subject: Subject):
    """Raises NotApplicableError if the subject lacks something that the experiment needs."""
    for need in EXPERIMENTS[name].needs:
        required = REQUIREMENTS[need]
        if not required.met(subject):
            raise NotApplicableError(f"{name} needs {required.wanted}. Received: {required.received(subject)}")


def explore(name: str, subject: Subject) -> Finding:
    """Run an experiment.

    Args:
        name: a key of `EXPERIMENTS`.
        subject: the trained model.

    Raises:
        NotApplicableError: the model or the dataset lacks something that the experiment needs.
        NothingFoundError: the object or attribute that it looks for is not there.
    """
    check(name, subject)
    return import_name(EXPERIMENTS[name].function)(subject)
