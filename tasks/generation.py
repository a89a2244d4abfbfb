"""What is made of noise alone (and perhaps a class), images or points: sampled, exported, shown while training."""

import pathlib

from models.core.trained import TrainedModel
from models.generation.latent import latents
from serving.export_images import export
from serving.image_sampler import ImageSampler
from tasks.base import Task


class GenerationTask(Task):
    """A generator of images or points. A subclass says what is trained on, shown and scored."""

    def sampler_of(self, model: TrainedModel) -> ImageSampler:
        """A model's generator, averaged if there is an average, as it is sampled."""
        return ImageSampler(
            model.sampled_generator, latents(model.config), getattr(model.config, "classes", 0), model.step
        )

    def sampler(self) -> ImageSampler:
        """The run's."""
        return self.sampler_of(self.trained_model())

    def finish(self, model: TrainedModel):
        """Export the trained model."""
        self.export()
        print(f"Pictures are in {self.folder.pictures}.", flush=True)

    def export(self) -> pathlib.Path:
        """Write a numbered SavedModel."""
        sampler = self.sampler()
        path = export(sampler, self.folder.exports)
        takes = "classes" if sampler.classes else "how many to draw"
        print(f"Exported the {self.weights(sampler.step)} to {path}; it takes {takes}.", flush=True)
        return path

    def sample(self) -> pathlib.Path:
        """Write a picture of samples."""
        self.sampled_path()  # Refused before anything is drawn.
        sampler = self.sampler()
        return self.write_sampled(self.sampled_picture(sampler), sampler.step)

    def sampled_picture(self, sampler: ImageSampler):
        """(h, w, 3) uint8: what the request asks for."""
        raise NotImplementedError
