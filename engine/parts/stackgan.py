"""The second stage of StackGAN: text to image on top of a trained first stage."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from engine.experiment import Experiment
from engine.folder import RunError, RunFolder
from engine.parts.parts import with_measured
from engine.parts.text_to_image import GRID_SAMPLES, TextToImageParts
from engine.requires import is_there, record_of, required
from evaluation.stages import StageOutputs
from models.core.config import from_plain, override
from models.text_to_image.stackgan_configs import STAGE_1, FirstStageConfig, described
from models.text_to_image.stackgan_networks import upsampled_first_stage
from panels.grids import captioned_rows
from pipelines.embeddings.table import read_embeddings
from pipelines.images import to_uint8


def recorded(record: dict) -> FirstStageConfig:
    """The configuration of a first stage, as its run's record has it."""
    return from_plain(FirstStageConfig, FirstStageConfig.with_newer_settings(record["config"]))


class SecondStageParts(TextToImageParts):
    """As of all text to image; the first stage comes from a run of its own, on the same text encoder."""

    def required(self, requirement) -> Experiment | None:
        """The text encoder, and the first stage; one that is trained first reads the texts that this run reads."""
        if requirement.role != "first_stage":
            return super().required(requirement)
        config = self.experiment.config
        needed = required(self.experiment, requirement, config.first_stage)
        record = RunFolder(needed.workdir).read_record()
        # Refused now rather than after both have been trained.
        if record is None and config.first_stage == STAGE_1:
            config.check_first(needed.config)
        elif record is not None and record["model"] == needed.model:
            config.check_first(recorded(record))
        return dataclasses.replace(needed, config=override(needed.config, {"text_encoder": self.choice}))

    @functools.cached_property
    def first_run(self) -> Experiment:
        """The run of the first stage, which in a dry run may not be there."""
        return self.required(self.experiment.preset.requirement("first_stage"))

    def prepare(self, examples, dry_run=False):
        """The batches of text to image, and the configuration of the first stage.

        Raises:
            RunError: the first stage reads other texts.
        """
        prepared = super().prepare(examples, dry_run)
        first = self.first_config(prepared.config.text_dim, prepared.data["texts"])
        measured = {"latent_dim": first.latent_dim, "first_generator": described(dataclasses.asdict(first))}
        return dataclasses.replace(prepared, config=with_measured(prepared.config, measured))

    def first_config(self, text_dim: int, texts: str) -> FirstStageConfig:
        """The configuration of the first stage, by its record if it is there."""
        record = RunFolder(self.first_run.workdir).read_record()
        if record is None:
            return override(self.first_run.config, {"text_dim": text_dim})
        first = recorded(record)
        requirement = self.experiment.preset.requirement("text_encoder")
        encoder = self.required(requirement)
        is_missing = encoder is not None and not is_there(encoder, requirement)
        ours = record_of(encoder, requirement) if encoder is not None and not is_missing else None
        # Embeddings from a file are known by themselves; captions may be others, if one encoder reads them.
        differ = self.reads_embeddings and record["data"]["texts"] != texts
        if is_missing or differ or record.get("requires", {}).get("text_encoder") != ours or first.text_dim != text_dim:
            raise RunError(
                "both stages must read the texts of one encoder, or one file of embeddings: name that of the first "
                f"stage, with --text_encoder, or train another first stage. Received: {self.first_run.workdir}, "
                f"trained on text_encoder={first.text_encoder}, and text_encoder={self.choice}"
                + (", which is not there" if is_missing else "")
                + (", whose embeddings are others now" if differ and self.choice == first.text_encoder else "")
            )
        return first

    def initialize(self, model, has_begun=False):
        """The first stage is the other run's generator, as it is sampled."""
        super().initialize(model)
        first = type(self.run)(self.first_run).trained_model()
        model.take_first_stage(first.sampled_generator.get_weights())

    def panels(self, model):
        """Beside the fixed grid and the strips, of the same captions and noise what the first stage has made, enlarged,
        and what the second makes of it.
        """
        draw, (examples, embed) = super().panels(model), self.shown(model)
        generators = {
            "first stage, enlarged": upsampled_first_stage(model.sampled_generator),
            "second stage": model.sampled_generator,
        }
        latent = tf.random.stateless_normal((GRID_SAMPLES, model.config.input_dim), [model.config.seed, 0])

        def row(generator, text: np.ndarray) -> np.ndarray:
            inputs = {"latent": latent, "text": tf.repeat(tf.constant(text[np.newaxis], tf.float32), GRID_SAMPLES, 0)}
            return to_uint8(generator(inputs, training=False)).numpy()

        def draw_stages() -> dict[str, np.ndarray]:
            captions = [captions[0] for captions in examples.captions]
            rows = [
                (f"{caption} ({name})", row(generator, text))
                for caption, text in zip(captions, embed(), strict=True)
                for name, generator in generators.items()
            ]
            return draw() | {"stages": captioned_rows(rows)}

        return draw_stages

    def model_has(self, config):
        """Two stages."""
        return frozenset({"stages"})

    def outputs(self, model, sampler, data, command):
        """A picture for each of some captions, and what the first stage alone makes of the same noise."""
        file = command.embeddings or self.choice
        return StageOutputs(sampler, data, model.config.image_size, lambda names: read_embeddings(file, names))
