"""Style encoders: how well they invert the generator, what they know of pose and background, and style transfer."""

import functools

import numpy as np

from evaluation.captions import CaptionOutputs
from evaluation.evaluator import Data, Evaluator, Outputs
from evaluation.judges import judge_all
from metrics.text_to_image import GROUPS, attribute_figures
from metrics.verification import BACKGROUND, POSE, same_style, verification_auc
from pipelines.images import center_crop, to_float
from serving.styles import StyleSampler

# Images whose pairs are compared: half a million pairs.
COMPARED = 1000


class StyleOutputs(Outputs):
    """Styles of real images, and captions drawn in these styles.

    Args:
        sampler: reads styles and transfers them.
        data: `examples` are captioned images.
        samples: of the generator alone, for the same captions: chooses and embeds them.
    """

    def __init__(self, sampler: StyleSampler, data: Data, samples: CaptionOutputs):
        self.sampler, self.data, self.samples = sampler, data, samples

    def protocol(self):
        """Captions, each drawn in the style of a real image."""
        return {"captions": len(self.samples.chosen), "generated": len(self.transferred), "real": len(self.images)}

    @functools.cached_property
    def images(self) -> np.ndarray:
        """(n, side, side, 3) uint8: the real images of the chosen captions."""
        rows = self.samples.chosen[:, 0]
        return center_crop(np.asarray(self.data.examples.images[rows]), self.sampler.image_size)

    @functools.cached_property
    def styles(self) -> np.ndarray:
        """(n, latent_dim) of the real images."""
        return self.sampler.styles_of(self.images)

    @functools.cached_property
    def transferred(self) -> np.ndarray:
        """(n, side, side, 3) in [-1, 1]: each caption in the style of another caption's image."""
        inputs = {"styles": np.roll(self.styles, 1, axis=0), "embeddings": self.samples.texts}
        return np.asarray(to_float(self.sampler.draw(inputs, self.data.seed)))


class StyleError(Evaluator):
    """How well the noise is read off generated images of captions that were not trained on."""

    lower = ("style_error",)

    def measure(self, outputs, data):
        """The mean squared error of a number of the noise, beside that of always saying 0, about 1."""
        sampler, texts = outputs.sampler, outputs.samples.texts
        latent = sampler.captions.latents(len(texts), data.seed).numpy()
        images = sampler.captions.draw({"embeddings": texts, "latent": latent}, data.seed)
        yield "style_error", np.mean((sampler.styles_of(images) - latent) ** 2)
        yield "style_error_of_zero", np.mean(latent**2)


class StyleVerification(Evaluator):
    """Whether two real images have the same pose, or background, by the cosine of their styles (Reed et al. 2016, 5.5).

    `metrics.verification` says what is the same.
    """

    needs = frozenset({"style"})
    higher = ("same_pose_auc", "same_background_auc")

    def measure(self, outputs, data):
        """The area under the ROC curve, beside that of the captions' embeddings, which should say nothing of either."""
        truth, rows = data.examples.truth, outputs.samples.chosen[:COMPARED, 0]
        for name, factors in (("pose", POSE), ("background", BACKGROUND)):
            columns = [truth.style_names.index(factor) for factor in factors]
            same = same_style(truth.style[rows][:, columns])
            yield f"same_{name}_auc", verification_auc(outputs.styles[:COMPARED], same)
            yield f"same_{name}_auc_of_text", verification_auc(outputs.samples.texts[:COMPARED], same)


class TransferredAttributes(Evaluator):
    """Whether captions drawn in the style of a real image still show what they name."""

    needs = frozenset({"attributes", "judge"})
    higher = ("transferred_attributes",)

    def measure(self, outputs, data):
        """The shares of `evaluation.captions.NamedAttributes`, of transfers and, beside them, of plain samples."""
        judge = functools.partial(judge_all, data.judge)
        for suffix, images in (("", outputs.transferred), ("_of_samples", outputs.samples.generated)):
            figures = attribute_figures(
                judge,
                images,
                outputs.samples.real,
                outputs.samples.chosen,
                data.examples.truth,
                np.random.default_rng([data.seed, 2]),
            )
            own = {group: figures[group] for group in GROUPS if group in figures}
            if own:
                yield f"transferred_attributes{suffix}", float(np.mean(list(own.values())))
            for group, value in own.items():
                yield f"transferred_{group}{suffix}", value
