"""The judges: trained on real images, they name the class or the attributes that they see in a picture."""

from engine.command import Explore
from engine.parts.exploration import explore_run
from engine.parts.generation import classed, data_record
from engine.parts.parts import Parts, Prepared, fingerprint, with_measured
from evaluation.judges import JudgeOutputs, as_judged
from experiments.subject import Judged
from pipelines.batches.captions import attribute_batches
from pipelines.batches.labeled import class_batches
from pipelines.examples import DataError


class JudgeParts(Parts):
    """Of both judges."""

    def evaluated(self, command):
        """All images of the split."""
        return len(self.run.splits.unseen[0])

    def outputs(self, model, sampler, data, command):
        """What the judge sees in the images of the split."""
        return JudgeOutputs(model, data, model.config.channels)


class AttributeJudgeParts(JudgeParts):
    """Trains on birds of any attributes: as many species as pictures, so that no part can be guessed from another."""

    train_split = "varied"

    def trained_on(self, batch, rows, examples):
        """A picture with its attributes."""
        truth = examples.truth
        return [
            (
                "\n".join(
                    f"{name}: {values[value]}"
                    for name, values, value in zip(truth.attribute_names, truth.attribute_values, chosen, strict=True)
                ),
                [image],
            )
            for image, chosen in zip(batch["image"], batch["attributes"], strict=True)
        ]

    def prepare(self, examples, dry_run=False):
        """Pictures with their attributes."""
        config = self.experiment.config
        batches = attribute_batches(examples, config)
        data = {
            "images": len(examples),
            "pixels": fingerprint(examples.images),
            "attributes": fingerprint(examples.truth.attributes),
        }
        return Prepared(with_measured(config, batches.measured), batches, data)


class ClassJudgeParts(JudgeParts):
    """A class is the one attribute of an image."""

    def load_side(self, image_size):
        """As they are trained on: nothing is cropped."""
        return image_size

    def trained_on(self, batch, rows, examples):
        """An image with its class."""
        return classed(batch["image"], batch["attributes"][:, 0], examples)

    def prepare(self, examples, dry_run=False):
        """Images with their classes."""
        config = self.experiment.config
        if self.run.splits.unseen[0].class_names != examples.class_names:
            raise DataError(
                "a class judge needs a test split of the classes that it is trained on. "
                f"Received: {self.experiment.dataset}, whose test split has others"
            )
        batches = class_batches(examples, config)
        return Prepared(with_measured(config, batches.measured), batches, data_record(examples))

    def explore(self, model, command: Explore):
        """Write the experiment's pictures and figures to the folder `explore` of the run."""
        examples, config = self.run.splits.unseen[0], model.config

        def real(rows):
            return as_judged(examples.images, rows, config.image_size, config.channels).numpy()

        return explore_run(self.folder, command.experiment, Judged(model, examples, real, command.seed))
