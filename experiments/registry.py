"""The experiments that `--mode=explore` accepts. Importable without TensorFlow, as all registries are."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One experiment on a trained model.

    Attributes:
        function: dotted name of the function from an `experiments.subject.Subject` to an `experiments.result.Finding`;
            of texts, from an `experiments.subject.Evaluated`; of judges, from an `experiments.subject.Judged`.
        summary: one line on what it shows.
        needs: keys of `experiments.explore.REQUIREMENTS`, checked in this order: the cheap ones first.
        of: the models that it is for, by what they take (`models.core.preset.Preset.samples_from`).
    """

    function: str
    summary: str
    needs: tuple[str, ...] = ()
    of: str = "noise"


EXPERIMENTS = {
    "latent_walk": Experiment("experiments.latent_walk.run", "closed walks through the latent space"),
    "vector_arithmetic": Experiment(
        "experiments.vector_arithmetic.run", "a - b + c of latents", ("unconditional_generator", "birds")
    ),
    "first_filters": Experiment(
        "experiments.first_filters.run", "the discriminator's first filters, trained and untrained", ("convolutions",)
    ),
    "feature_maps": Experiment(
        "experiments.feature_maps.run", "the images that activate the discriminator's maps most", ("convolutions",)
    ),
    "dropping": Experiment(
        "experiments.dropping.run", "samples without the maps that draw an object", ("convolutions", "birds")
    ),
    "nearest_neighbors": Experiment(
        "experiments.nearest_neighbors.run", "samples beside the nearest training images", ("unseen_images",)
    ),
    "embedding": Experiment(
        "experiments.embedding.run", "t-SNE of the discriminator's features", ("label_free_discriminator", "labels")
    ),
    "linear_classifier": Experiment(
        "experiments.linear_classifier.run",
        "a linear classifier on the discriminator's features",
        ("convolutions", "label_free_discriminator", "labels", "unseen_images", "shared_classes"),
    ),
    "interpolation": Experiment(
        "experiments.interpolation.run", "from sentence to sentence and from noise to noise, in steps", of="captions"
    ),
    "adversarial_examples": Experiment(
        "experiments.adversarial_examples.run", "images changed so that a judge is wrong about them", of="real images"
    ),
    "style_transfer": Experiment(
        "experiments.style_transfer.run", "captions drawn in the style of real images", of="images and captions"
    ),
}
