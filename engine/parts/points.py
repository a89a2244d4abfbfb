"""Points of one or two dimensions: what both players have learned, as pictures and an animation."""

from engine.command import Evaluate, Sample
from engine.folder import RunError
from engine.parts.parts import Parts, Prepared, batch_at, fingerprint, with_measured
from evaluation.points import PointOutputs
from models.generation.latent import latents
from panels.points import animation, point_picture
from panels.sheet import point_sheet
from pipelines.atomic import atomic_write
from pipelines.batches.points import point_batches
from serving.latents import LatentSampler

# Points in a picture.
SHOWN = 1000


class PointParts(Parts):
    """Trains, draws and measures a generator of points."""

    def prepare(self, examples, dry_run=False):
        """Points of the distribution."""
        config = self.experiment.config
        batches = point_batches(examples, config)
        data = {"centers": fingerprint(examples.centers), "deviation": examples.deviation}
        return Prepared(with_measured(config, batches.measured), batches, data)

    def sheet(self, prepared, examples):
        """The points of the first batch."""
        batch, _ = batch_at(prepared.batches, 0)
        title = f"{self.experiment.dataset}: a batch as it is trained on"
        return point_sheet(title, batch["real"].reshape((-1, batch["real"].shape[-1])))

    def sampler(self, model):
        """The generator, averaged if there is an average."""
        return LatentSampler(model.sampled_generator, latents(model.config), step=model.step, output="points")

    def picture(self, model, sampler: LatentSampler, seed: int):
        """The data, generated points, and the discriminator's decision."""
        return point_picture(self.run.splits.train, sampler.draw({"count": SHOWN}, seed), model)

    def panels(self, model):
        """The same points' noise at every step."""
        sampler = self.sampler(model)
        return lambda: {"points": self.picture(model, sampler, model.config.seed)}

    def finish(self, model):
        """Make an animation of the pictures."""
        path = self.folder.path / "animation.gif"
        with atomic_write(path) as aside:
            animation(sorted(self.folder.pictures.glob("points-*.png")), aside)
        print(f"The training as an animation is {path}.", flush=True)

    def sample(self, model, command: Sample):
        """Write the picture of the trained model's points, of the seed."""
        self.png_path(command)  # Refused before anything is drawn.
        if command.interpolate or command.label:
            raise RunError(
                "--interpolate and --label are of images, and this model draws points. "
                f"Received: {command.interpolate or command.label[0]}"
            )
        return self.write_png(self.picture(model, self.sampler(model), command.seed), command, model)

    def evaluated(self, command: Evaluate):
        """Points."""
        return command.num_samples

    def outputs(self, model, sampler, data, command):
        """Generated points, beside as many real ones."""
        return PointOutputs(sampler, data)
