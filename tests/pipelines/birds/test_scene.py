import dataclasses

import numpy as np
import pytest

from pipelines.birds import scene
from pipelines.birds.scene import ATTRIBUTE_NAMES, ATTRIBUTE_VALUES, STYLE_NAMES, TRAIN_SPECIES, make_species


@pytest.mark.parametrize("seed", range(6))
def test_species_are_distinct_and_training_shows_every_value(seed):
    species = make_species(seed)
    assert len(species) == len(set(species)) == 200
    train = np.stack([one.attributes() for one in species[:TRAIN_SPECIES]])
    for column, values in zip(train.T, ATTRIBUTE_VALUES, strict=True):
        counts = np.bincount(column, minlength=len(values))
        # Nobody is rare: each value is seen at least half as often as if all were equally frequent.
        assert counts.min() >= 0.5 * TRAIN_SPECIES / len(values)


def test_species_follow_the_seed():
    assert make_species(3) == make_species(3)
    assert make_species(3) != make_species(4)


def test_a_part_cannot_be_guessed_from_another_but_for_breast_belly_and_wings():
    attributes = np.stack([one.attributes() for seed in range(5) for one in make_species(seed)])
    colors = [index for index, name in enumerate(ATTRIBUTE_NAMES) if name.endswith("color")][:5]
    for one in colors:
        for other in colors:
            if one < other:
                same = np.mean(attributes[:, one] == attributes[:, other])
                pair = {ATTRIBUTE_NAMES[one], ATTRIBUTE_NAMES[other]}
                if pair == {"breast color", "belly color"}:
                    assert 0.5 < same < 0.7
                elif pair <= {"breast color", "belly color", "wing color"}:
                    assert 0.2 < same < 0.4
                else:
                    assert same < 0.17


def test_attribute_vector_spells_the_species():
    for species in make_species(0)[:20]:
        words = [values[index] for index, values in zip(species.attributes(), ATTRIBUTE_VALUES, strict=True)]
        assert tuple(words) == dataclasses.astuple(species)


def test_attribute_names_are_the_published_ones():
    assert ATTRIBUTE_NAMES == (
        "crown color",
        "breast color",
        "belly color",
        "wing color",
        "tail color",
        "bill color",
        "size",
        "bill length",
        "bill shape",
        "wing bars",
        "eye ring",
    )


def test_nuisance_varies_and_leaves_the_species_alone():
    species = make_species(0)[0]
    scenes = [scene.random_scene(species, np.random.default_rng(index)) for index in range(100)]
    assert all(one.species == species for one in scenes)
    styles = np.stack([one.style() for one in scenes])
    assert styles.shape == (100, len(STYLE_NAMES))
    assert styles.dtype == np.float32
    assert (styles.std(axis=0) > 0.03).all()
    assert set(styles[:, STYLE_NAMES.index("facing")]) == {-1, 1}
    assert set(styles[:, STYLE_NAMES.index("perch")]) == set(range(len(scene.PERCHES)))
    assert set(styles[:, STYLE_NAMES.index("background")]) == set(range(len(scene.BACKGROUNDS)))
