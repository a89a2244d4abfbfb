"""What the lectures say of a system, as a number beside the same with its mechanism off: same seeds, same table.

    python -m benchmarks.claims --claim=modes [--seeds=0,1,2] [--folder=runs/claims] [--table]

Each cell (a row and a seed) is trained and evaluated by the commands of a user. Its result is
`FOLDER/CLAIM/<row>-seed-<n>.json`, written when it is whole; the same command goes on where it was stopped. The table
(mean and standard deviation over the seeds that are there) is printed at the end, or of what is there with --table.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks import text_to_image_settings
from benchmarks.cells import (
    Cell,
    Cells,
    add_flags,
    by_label,
    common,
    markdown,
    mean_and_spread,
    print_table,
    seeds,
)
from models.generation.class_configs import ATTRIBUTES


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim, and how it is shown.

    Attributes:
        says: it in a sentence, with its source.
        dataset: that all rows are trained on.
        rows: by label, the preset and its changed settings.
        metrics: keys of the evaluation, by the heads of the table's columns.
        flags: of every training.
        evaluation: flags of every evaluation.
        judge: the preset of the judge of the evaluation, which is trained first; "" for none.
        encoder: the preset of the text encoder of all rows, which is trained first; "" for none.
        earlier: settings that name earlier runs, each with the preset of a run that every cell trains first, with its
            seed.
        variants: of each row several, by label, each with what its keys end with; what has no such key is left empty.
    """

    says: str
    dataset: str
    rows: Mapping[str, tuple[str, Mapping[str, object]]]
    metrics: Mapping[str, str]
    flags: tuple[str, ...] = ()
    evaluation: tuple[str, ...] = ()
    judge: str = ""
    encoder: str = ""
    earlier: Mapping[str, str] = dataclasses.field(default_factory=dict)
    variants: Mapping[str, str] = dataclasses.field(default_factory=lambda: {"": ""})


MODES = {"modes found": "modes_found", "near a center": "high_quality_share", "balance": "balance"}
# Of images of classes.
IMAGES = {
    "class score": "class_score",
    "judge's Fréchet distance": "judge_frechet_distance",
    "rarest class": "rarest_class_share",
    "distance among samples": "diversity",
}
POINTS = ("--num_samples=2500",)
JUDGED = {"flags": ("--steps=2500",), "evaluation": ("--num_samples=2000",), "judge": "class_judge"}
# Of a pyramid's finest level.
DETAIL = {
    "detail of samples": "laplacian_energy",
    "from real coarse": "laplacian_energy_from_real_coarse",
    "of these upsampled": "laplacian_energy_of_upsampled",
}
# Of two cores; a penalty is of each example alone, so that nothing normalizes over the batch.
NARROW = {"generator_width": 32, "discriminator_width": 32}
PENALIZED = {**NARROW, "discriminator_normalization": "none", "penalty_weight": 1.0}
# Images that each run of a table sees.
SEEN = 64_000
CLASSIFIED = {
    "metrics": {"test error": "test_error", "distance among samples": "diversity"},
    "flags": ("--steps=3000",),
    "evaluation": ("--num_samples=500",),
}
# Of text to image on the birds.
CAPTIONS = {
    "evaluation": ("--num_captions=1000",),
    "judge": "attribute_judge",
    "encoder": "word_region",
}
# Of images of the class that is asked for.
SCALED = {
    "metrics": IMAGES | {"class that was asked for": "class_consistency"},
    "evaluation": ("--num_samples=2000",),
    "judge": "class_judge",
}


def scaled(batch: int, steps: int, width: int) -> tuple[str, dict]:
    """BigGAN of a size."""
    changes = {"batch_size": batch, "steps": steps, "generator_width": width, "discriminator_width": width}
    return "biggan", changes


CLAIMS = {
    "modes": Claim(
        "pairing with R1 and R2 keeps modes that a GAN with R1 drops (Huang et al. 2024, R3GAN, section 2)",
        "grid_2d",
        {
            f"{loss}, {penalty}": ("gan_2d", {"adversarial": loss, "penalty": penalty, "penalty_weight": 0.1})
            for loss in ("non_saturating", "relativistic")
            for penalty in ("r1", "r1_r2")
        },
        MODES,
        evaluation=POINTS,
    ),
    "minibatch_discrimination": Claim(
        "a discriminator that sees the batch keeps modes (Salimans et al. 2016, section 3.2)",
        "ring_2d",
        {
            "without": ("gan_2d", {}),
            "minibatch discrimination": ("gan_2d", {"minibatch_kernels": 5}),
            "minibatch discrimination, averaged": ("gan_2d", {"minibatch_kernels": 5, "minibatch_average": True}),
        },
        MODES,
        evaluation=POINTS,
    ),
    "stacked": Claim(
        "the same of the colors of three parts: 729 combinations (Salimans et al. 2016, 3.2; Huang et al. 2024, 2)",
        "birds_stacked",
        {
            "non-saturating": ("dcgan", NARROW),
            "minibatch discrimination": ("dcgan", {**NARROW, "minibatch_kernels": 16}),
            "minibatch discrimination, averaged": (
                "dcgan",
                {**NARROW, "minibatch_kernels": 16, "minibatch_average": True},
            ),
            "non-saturating, r1": ("dcgan", {**PENALIZED, "penalty": "r1"}),
            "relativistic, r1_r2": ("dcgan", {**PENALIZED, "adversarial": "relativistic", "penalty": "r1_r2"}),
        },
        {
            "combinations": "combinations_found",
            "of real images": "combinations_of_real",
            "judge's Fréchet distance": "judge_frechet_distance",
            "distance among samples": "diversity",
            "of real": "diversity_of_real",
        },
        flags=("--steps=2000",),
        evaluation=("--num_samples=3000",),
        judge="attribute_judge",
    ),
    "pyramid": Claim(
        "a pyramid of GANs refines a coarse image to a sharp one (Denton et al. 2015, section 3)",
        "fashion_mnist",
        {"unconditional": ("lapgan", {}), "conditional on the class": ("lapgan", {"conditioning": "concatenation"})},
        {
            "nearer than upsampled, 14": "refined_share_14",
            "28": "refined_share_28",
            "judge's Fréchet distance": "judge_frechet_distance",
            "from real coarse images": "judge_frechet_distance_from_real_coarse",
            "these upsampled": "judge_frechet_distance_of_upsampled",
            **DETAIL,
            "of real, 28": "laplacian_energy_of_real_28",
        },
        **JUDGED,
    ),
    "pyramid_birds": Claim(
        "the same from 8 to 64 pixels",
        "birds",
        {"8 to 64 pixels": ("lapgan", {})},
        {
            "nearer than upsampled, 16": "refined_share_16",
            "32": "refined_share_32",
            "64": "refined_share_64",
            **DETAIL,
            "of real, 64": "laplacian_energy_of_real_64",
            "distance among samples": "diversity",
        },
        flags=("--steps=3000",),
        evaluation=("--num_samples=1000",),
    ),
    "scaling": Claim(
        "larger batches and wider networks are better, of as many images (Brock et al. 2019, section 3, table 1)",
        "fashion_mnist",
        {
            f"batch {batch}, width {width}": scaled(batch, SEEN // batch, width)
            for width in (32, 48)
            for batch in (32, 64, 128)
        },
        **SCALED,
    ),
    "scaling_by_steps": Claim(
        "larger batches are better after as many steps, each of more images, as the paper counts (the same)",
        "fashion_mnist",
        {f"batch {batch}": scaled(batch, SEEN // 32, 32) for batch in (32, 64, 128)},
        **SCALED,
    ),
    "few_labels": Claim(
        "generated and unlabeled images teach a classifier that has 100 labels (Salimans et al. 2016, section 5)",
        "fashion_mnist",
        {
            "supervised only": ("improved_gan", {"unlabeled_weight": 0.0}),
            "adversarial generator": ("improved_gan", {"feature_matching": False}),
            "feature matching": ("improved_gan", {}),
        },
        **CLASSIFIED,
    ),
    "more_labels": Claim(
        "the same with 1,000 labels",
        "fashion_mnist",
        {
            "supervised only": ("improved_gan", {"labels": 1000, "unlabeled_weight": 0.0}),
            "feature matching": ("improved_gan", {"labels": 1000}),
        },
        **CLASSIFIED,
    ),
    "pulling_away": Claim(
        "codes that are pulled apart make samples that differ (Zhao et al. 2017, section 2.4)",
        "fashion_mnist",
        {"without": ("ebgan", {"pulling_away_weight": 0.0}), "pulling-away term": ("ebgan", {})},
        {
            "squared cosine of codes": "code_cosine_of_generated",
            "of real": "code_cosine_of_real",
            "energy of generated": "energy_of_generated",
            "of real images": "energy_of_real",
            "of noise": "energy_of_noise",
            **IMAGES,
        },
        **JUDGED,
    ),
    "anomaly": Claim(
        "the energy tells images of a kind that was never trained on (Zhao et al. 2017, section 2.1, read so)",
        "fashion_mnist",
        {
            "auto-encoder alone": ("ebgan", {"left_out_class": 8, "margin": 0.0}),
            "against a generator": ("ebgan", {"left_out_class": 8}),
        },
        {
            "area under the ROC curve": "anomaly_auc",
            "energy of real images": "energy_of_real",
            "of generated": "energy_of_generated",
            "of noise": "energy_of_noise",
        },
        flags=("--steps=1500",),
        evaluation=("--num_samples=1000",),
    ),
    "balance": Claim(
        "one number sets how much samples differ (Berthelot et al. 2017, section 4.2)",
        "fashion_mnist",
        {f"ratio {ratio}": ("began", {"diversity_ratio": ratio}) for ratio in (0.3, 0.5, 0.7)},
        {
            "energy of generated": "energy_of_generated",
            "of real images": "energy_of_real",
            **IMAGES,
        },
        **JUDGED,
    ),
    "boundary": Claim(
        "a generator that seeks the boundary leads D to it: logits near 0 (Hjelm et al. 2018)",
        "fashion_mnist",
        {"non-saturating": ("dcgan", {}), "boundary-seeking": ("bgan", {})},
        {
            "mean absolute logit of samples": "mean_absolute_logit_of_generated",
            "of real images'": "mean_absolute_logit_of_real",
            **IMAGES,
        },
        **JUDGED,
    ),
    "attributes": Claim(
        "a generator that is told by how much it misses attributes draws what is asked for (after Wang et al. 2020)",
        "glyphs",
        {"without": ("attribute_font", {"attribute_weight": 0.0}), "attribute loss": ("attribute_font", {})},
        {
            # Of asked against measured ones; beside it that of how real characters were drawn.
            f"R² of {name}{kind}": f"{name}_r_squared{key}"
            for name in ATTRIBUTES
            for kind, key in (("", ""), (", rule on real", "_of_rule"))
        }
        | {"class that was asked for": "class_consistency", "judge's Fréchet distance": "judge_frechet_distance"},
        evaluation=("--num_samples=6200",),
        judge="class_judge",
    ),
    "binary": Claim(
        "importance weights train a generator through whose pixels no gradient goes (Hjelm et al. 2018)",
        "digits",
        {
            "straight-through estimate": ("bgan_discrete", {"estimator": "straight_through"}),
            "boundary-seeking": ("bgan_discrete", {}),
        },
        IMAGES,
        **JUDGED,
    ),
    "stages": Claim(
        "a second stage adds detail that a first one's enlarged images lack (Zhang et al. 2017, sections 3.4 and 4.3)",
        "birds",
        {"stackgan": ("stackgan", {})},
        {"detail": "laplacian_energy", **text_to_image_settings.METRICS},
        **CAPTIONS,
        earlier={"first_stage": "stackgan_stage1"},
        variants={"first stage, enlarged": "_of_first_stage", "second stage": "", "real images": "_of_real"},
    ),
    "conditioning_augmentation": Claim(
        "drawing the conditions of a caption makes samples that differ, of the same meaning (Zhang et al. 2017, 3.2)",
        "birds",
        {
            "without": ("stackgan_stage1", {"conditioning_augmentation": False}),
            "without its divergence": ("stackgan_stage1", {"divergence_weight": 0.0}),
            "conditioning augmentation": ("stackgan_stage1", {}),
        },
        {
            **text_to_image_settings.METRICS,
            "MS-SSIM of a caption": "ms_ssim_within_caption",
            "distance of real images of a class": "diversity_within_class_of_real",
        },
        **CAPTIONS,
    ),
}


@dataclasses.dataclass(frozen=True)
class ClaimCells(Cells):
    """The cells of a claim.

    Attributes:
        claim: which.
    """

    claim: Claim = dataclasses.field(default_factory=lambda: CLAIMS["modes"])

    def run_of(self, model: str, workdir: str) -> list[str]:
        """Flags that name a run."""
        return [f"--model={model}", f"--dataset={self.claim.dataset}", f"--workdir={self.folder / workdir}"]

    def shared(self):
        """The judge and the text encoder."""
        return [self.main(*self.run_of(model, model)) for model in (self.claim.judge, self.claim.encoder) if model]

    def commands(self, cell):
        """Training, after the earlier runs that it needs, and evaluating."""
        run, claim = self.run_of(cell.model, cell.name), self.claim
        judge = [f"--judge={self.folder / claim.judge}"] if claim.judge else []
        given = [f"--seed={cell.seed}", *([f"--text_encoder={self.folder / claim.encoder}"] if claim.encoder else [])]
        earlier = {setting: f"{cell.name}-{setting}" for setting in claim.earlier}
        named = [flag for name, run in earlier.items() for flag in ("--set", f"{name}={self.folder / run}")]
        return [
            *(self.main(*self.run_of(claim.earlier[name], workdir), *given) for name, workdir in earlier.items()),
            self.main(*run, *given, *claim.flags, *cell.flags, *named),
            self.main(*run, "--mode=evaluate", *claim.evaluation, *judge),
        ]

    def cell(self, label: str, seed: int) -> Cell:
        """Of a row."""
        model, settings = self.claim.rows[label]
        return Cell(
            model, seed, label, tuple(flag for name, value in settings.items() for flag in ("--set", f"{name}={value}"))
        )

    def table(self, results: Sequence[Mapping]) -> str:
        """A Markdown table: a row a row of the claim and variant, mean and standard deviation over the seeds."""
        rows = [["", "seeds", *self.claim.metrics, "minutes"]]
        for label, several in by_label(results).items():
            count = ", ".join(str(each["seed"]) for each in several)
            minutes = mean_and_spread([each["seconds"] / 60 for each in several])
            for variant, ending in self.claim.variants.items():
                figures = [self.figure(several, f"{key}{ending}") for key in self.claim.metrics.values()]
                rows.append([f"{label}: {variant}" if variant else label, count, *figures, minutes])
        return markdown(rows)

    def figure(self, several: Sequence[Mapping], key: str) -> str:
        """A cell of the table; empty of a key that only other variants have."""
        if len(self.claim.variants) > 1 and not any(key in each["metrics"] for each in several):
            return ""
        return mean_and_spread([each["metrics"][key] for each in several])


def main():
    """Compute what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claim", choices=CLAIMS, required=True)
    parser.add_argument("--seeds", type=seeds, default=[0, 1, 2], help="separated by commas")
    add_flags(parser, folder="runs/claims")
    given = parser.parse_args()
    given.folder /= given.claim
    cells = ClaimCells(**common(given), claim=CLAIMS[given.claim])
    wanted = [cells.cell(label, seed) for seed in given.seeds for label in cells.claim.rows]
    print(cells.claim.says, flush=True)
    print_table(parser, given, cells, wanted, cells.table, lambda result: list(cells.claim.rows).index(result["label"]))


if __name__ == "__main__":
    main()
