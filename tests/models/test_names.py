"""The lists of names that the TensorFlow-free configurations accept are the keys of the tables of functions."""

import ast
import dataclasses
import inspect
import pathlib

import pytest

import losses
from models.core import adversarial_config, augmentation, config, layers
from models.core.config import OPTIMIZERS, TrainingConfig
from models.generation import configs, gan, latent
from models.image_to_image import configs as translation
from models.image_to_image import patchgan
from models.registry import PRESETS
from models.text_to_image.configs import MATCHING_AWARE
from tests.worlds import tiny


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (adversarial_config.LOSSES, losses.ADVERSARIAL),
        (adversarial_config.PENALTIES, losses.PENALTIES),
        (adversarial_config.AUGMENTATIONS, augmentation.AUGMENTATIONS),
        (adversarial_config.NORMALIZATIONS, layers.NORMALIZATIONS),
        (adversarial_config.NORMALIZATIONS, patchgan.PATCH_NORMALIZATIONS),
        (adversarial_config.UPSAMPLINGS, layers.UPSAMPLINGS),
        (configs.NETWORKS, gan.NETWORKS),
        (configs.LATENT_DISTRIBUTIONS, latent.DISTRIBUTIONS),
    ],
)
def test_a_table_has_exactly_the_names(names, table):
    assert tuple(table) == tuple(names)


def test_paired_losses_and_loss_parameters_are_those_of_the_functions():
    made = {name: loss() for name, loss in losses.ADVERSARIAL.items()}
    assert {name for name, loss in made.items() if loss.is_paired} == set(adversarial_config.PAIRED_LOSSES)
    parameters = {
        (parameter, name) for parameter, names in adversarial_config.LOSS_PARAMETERS.items() for name in names
    }
    found = {(key, name) for name, loss in losses.ADVERSARIAL.items() for key in inspect.signature(loss).parameters}
    assert found == parameters
    # The defaults of the functions are those of the configuration.
    defaults = {field.name: field.default for field in dataclasses.fields(adversarial_config.AdversarialConfig)}
    for name, loss in losses.ADVERSARIAL.items():
        for key, parameter in inspect.signature(loss).parameters.items():
            assert parameter.default == defaults[key], (name, key)


KNOWN = {
    "adversarial": adversarial_config.LOSSES,
    "penalty": ("none", *adversarial_config.PENALTIES, MATCHING_AWARE),
    "discriminator_normalization": adversarial_config.NORMALIZATIONS,
    "generator_normalization": (*adversarial_config.NORMALIZATIONS, adversarial_config.VIRTUAL),
    "upsampling": adversarial_config.UPSAMPLINGS,
    "network": (*configs.NETWORKS, configs.PYRAMID),
    "conditioning": configs.CONDITIONINGS,
    "latent_distribution": configs.LATENT_DISTRIBUTIONS,
    "direction": translation.DIRECTIONS,
    "optimizer": OPTIMIZERS,
    "precision": config.PRECISIONS,
}


@pytest.mark.parametrize("name", PRESETS)
def test_the_choices_of_a_setting_are_some_of_the_names(name):
    for field in dataclasses.fields(PRESETS[name].config):
        if field.name in KNOWN:
            assert field.metadata["choices"], field.name
            assert set(field.metadata["choices"]) <= set(KNOWN[field.name]), field.name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_is_made(name):
    model = gan.PointGAN(tiny("gan_2d", dimensions=2, optimizer=name))
    model.compile()
    assert name in type(model.generator_optimizer).__name__.lower()


FILES = sorted((pathlib.Path(__file__).parent.parent.parent / "models").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_model_asks_what_kind_of_configuration_it_has(path):
    """Neither `isinstance(config, ...)` nor `getattr(config, "a literal name")`: configurations have properties."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "getattr"):
            is_config = ast.unparse(node.args[0]).split(".")[-1] == "config"
            is_literal = node.func.id == "isinstance" or isinstance(node.args[1], ast.Constant)
            assert not (is_config and is_literal), ast.unparse(node)


def test_the_latent_input_is_the_parts_that_the_configuration_names():
    config = tiny("infogan", categories=3, continuous_codes=2)
    assert config.latent_parts == {"noise": 5, "category": 3, "codes": 2}
    assert latent.latents(config)(7, [0, 1]).shape == (7, config.input_dim) == (7, 10)
    assert latent.latents(tiny("infogan", continuous_codes=0))(7, [0, 1]).shape == (7, 8)
    assert latent.latents(tiny("dcgan"))(7, [0, 1]).shape == (7, 5)


def test_remapping_is_off_where_tensorflow_does_not_support_it():
    assert TrainingConfig().remapping
    off = {name for name, preset in PRESETS.items() if not preset.config.remapping}
    assert off == {"wgan_gp", "sngan", "projection", "biggan"}
    assert not tiny("gan_cls", penalty="r1", discriminator_normalization="layer").remapping
