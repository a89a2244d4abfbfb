"""What is measured of a first stage's pictures, on generators whose pictures are known."""

import types

import numpy as np
import pytest

from evaluation.captions import CaptionDiversity, NamedAttributes
from evaluation.evaluator import Data, applicable
from evaluation.levels import laplacian_energy
from evaluation.stages import StageOutputs, Stages
from metrics.diversity import mean_pairwise_distance
from models.text_to_image import stackgan_networks as zhang
from serving.captions import CaptionSampler
from tests.models.generation.test_lapgan import doubled
from tests.models.steps import plain
from tests.worlds import SIDE, captioned_images, of_earlier_run

TEXT = 3
EXAMPLES = captioned_images()


@pytest.fixture(scope="module")
def generator():
    model = plain("stackgan", image_size=SIDE, **of_earlier_run("stackgan", text_dim=TEXT))
    rng = np.random.default_rng(0)
    first = model.generator.get_layer(zhang.FIRST_STAGE)
    # Of its initial weights all pictures would be gray.
    model.take_first_stage([3.0 * rng.normal(size=w.shape) if w.ndim > 1 else w for w in first.get_weights()])
    return model.generator


def embeddings(names):
    return [np.random.default_rng(len(name)).normal(size=(2, TEXT)).astype(np.float32) for name in names]


def outputs(generator, **data):
    data = Data(EXAMPLES, "test", 12, model_has=frozenset({"stages"}), **data)
    return StageOutputs(CaptionSampler(generator, None), data, SIDE, embeddings)


def measured(made):
    return dict(Stages().measure(made, made.data))


def test_the_first_stage_draws_the_same_captions_and_noise(generator):
    made = outputs(generator)
    first = generator.get_layer(zhang.FIRST_STAGE)
    latent = made.sampler.latents(12, 0).numpy()[:, : first.input["latent"].shape[1]]
    coarse = first({"latent": latent, "text": made.texts}).numpy()
    assert coarse.shape == (12, SIDE // 2, SIDE // 2, 3)
    # Both through 8 bits.
    np.testing.assert_allclose(made.first.generated[:], doubled(coarse), atol=0.01)
    np.testing.assert_array_equal(made.first.chosen, made.chosen)


def test_detail_and_diversity_are_of_each_stages_pictures(generator):
    made = outputs(generator)
    metrics = measured(made)
    assert metrics["laplacian_energy"] == pytest.approx(laplacian_energy(made.generated))
    assert metrics["laplacian_energy_of_real"] == pytest.approx(laplacian_energy(made.real))
    assert metrics["laplacian_energy_of_first_stage"] == pytest.approx(laplacian_energy(made.first.generated))
    assert len(set(metrics.values())) == 4
    # An image that was enlarged has no detail; noise has.
    assert metrics["laplacian_energy_of_first_stage"] < 0.2 * metrics["laplacian_energy_of_real"]
    distances = [mean_pairwise_distance(images[:]) for images in made.first.of_captions]
    assert metrics["diversity_within_caption_of_first_stage"] == pytest.approx(np.mean(distances))
    of_both = dict(CaptionDiversity().measure(made, made.data))
    assert of_both["diversity_within_caption"] != metrics["diversity_within_caption_of_first_stage"]


class Judge:
    """Sees in three pixels what differs from picture to picture: the last bit of their values."""

    def judge(self, images):
        return np.rint(127.5 * np.asarray(images)[:, 5, 5:8, 0]).astype(int) % 2


def test_named_attributes_are_those_that_the_judge_sees_in_the_first_stages_pictures(generator, monkeypatch):
    made = outputs(generator, judge=Judge())
    monkeypatch.setattr("evaluation.stages.judge_extractor", lambda judge: types.SimpleNamespace(name="judge"))
    monkeypatch.setattr("evaluation.stages.seen", lambda compared, side, extractor, data: (compared, side))
    monkeypatch.setattr("evaluation.stages.JudgeDistances.distance", lambda self, made, real, name: (made, real))
    metrics = measured(made)
    assert metrics["judge_frechet_distance_of_first_stage"] == ((made.first, "generated"), (made, "real"))
    # As the evaluator of both stages' pictures counts, if the first stage's were these.
    twin = outputs(generator, judge=Judge())
    twin.generated = made.first.generated
    expected = dict(NamedAttributes().measure(twin, twin.data))
    for key in ("attributes", "breast_or_belly_color", "wing_color", "size"):
        assert metrics[f"named_{key}_of_first_stage"] == pytest.approx(expected[f"named_{key}"])
    found = [metrics[f"named_{key}_of_first_stage"] for key in ("breast_or_belly_color", "wing_color", "size")]
    assert 0 < np.mean(found) < 1


def test_models_of_one_stage_have_none_of_it():
    assert applicable([Stages()], Data(EXAMPLES, "test", 4)) == []
