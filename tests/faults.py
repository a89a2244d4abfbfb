"""The deliberate faults of `tests.mutations`: file, line, what is made of it, and the tests that must fail."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One change of a line (or a few) of the project.

    Attributes:
        name: what is broken.
        file: which file is changed, from the project's root.
        old: what is replaced; it occurs once.
        new: by what.
        tests: files, or single tests, one of which must fail by an assertion.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


FAULTS = (
    # Those that no test saw when they were first tried.
    Fault(
        "cyclegan: residual block without the addition",
        "models/image_to_image/cyclegan_networks.py",
        "x = layers.add([x, InstanceNormalization()(reflected_convolution(inside, 4 * width, 3))])",
        "x = InstanceNormalization()(reflected_convolution(inside, 4 * width, 3))",
        ("tests/models/image_to_image/test_cyclegan_networks.py",),
    ),
    Fault(
        "cyclegan: pool filled but never shown",
        "models/image_to_image/pool.py",
        "taken.append(tf.where(swap, kept, image))",
        "taken.append(image)",
        ("tests/models/image_to_image/test_cyclegan_step.py",),
    ),
    Fault(
        "resnet generator: no shortcut",
        "models/generation/resnet.py",
        'x = layers.Add(name=f"maps_{stage}")([convolved(y, width, 3), shortcut])',
        'x = layers.Add(name=f"maps_{stage}")([convolved(y, width, 3), 0.0 * shortcut])',
        ("tests/models/generation/test_resnet_networks.py",),
    ),
    Fault(
        "resnet discriminator: the mean of the map",
        "models/generation/resnet.py",
        "pooled = ops.sum(layers.ReLU()(x), axis=(1, 2))",
        "pooled = ops.mean(layers.ReLU()(x), axis=(1, 2))",
        ("tests/models/generation/test_resnet_networks.py",),
    ),
    Fault(
        "dcgan discriminator: first layer normalized",
        "models/generation/dcgan.py",
        "(normalize(x) if stage else x)",
        "(normalize(x))",
        ("tests/models/generation/test_dcgan_networks.py",),
    ),
    Fault(
        "reed discriminator: another activation",
        "models/text_to_image/networks.py",
        "if left > 1 or (left == 1 and is_main_cls):",
        "if left >= 0:",
        ("tests/models/text_to_image/test_text_to_image_networks.py",),
    ),
    Fault(
        "reed: residual block without its input",
        "models/text_to_image/networks.py",
        "return activate(layers.add([x, y]))",
        "return activate(y)",
        ("tests/models/text_to_image/test_text_to_image_networks.py",),
    ),
    Fault(
        "text encoder: the sum of the states",
        "models/text_encoder/networks.py",
        "return sum(states) / len(states)",
        "return sum(states)",
        ("tests/models/text_encoder/test_text_encoder_networks.py",),
    ),
    Fault(
        "adam: not the preset's betas",
        "models/core/trained.py",
        "FusedAdam(rate, beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon)",
        "FusedAdam(rate, epsilon=config.epsilon)",
        ("tests/models/test_preset_optimizers.py",),
    ),
    Fault(
        "pix2pix: squares",
        "models/image_to_image/pix2pix.py",
        "l1_loss = tf.reduce_mean(tf.abs(target - generated))",
        "l1_loss = tf.reduce_mean(tf.square(target - generated))",
        ("tests/models/image_to_image/test_pix2pix_step.py",),
    ),
    Fault(
        "pix2pix: discriminator's loss not halved",
        "models/image_to_image/pix2pix.py",
        "discriminator_loss = 0.5 * (loss.real(real_logits) + loss.fake(fake_logits))",
        "discriminator_loss = (loss.real(real_logits) + loss.fake(fake_logits))",
        ("tests/models/image_to_image/test_pix2pix_step.py",),
    ),
    Fault(
        "acgan: generator without the class loss",
        "models/generation/acgan.py",
        'generator_loss += weight * class_loss(outputs["class_logits"], turn.conditions["label"])',
        'generator_loss += 0.0 * class_loss(outputs["class_logits"], turn.conditions["label"])',
        ("tests/models/generation/test_acgan_step.py",),
    ),
    Fault(
        "acgan: no class loss of the fakes",
        "models/generation/acgan.py",
        "discriminator_loss += weight * (real_class_loss + fake_class_loss)",
        "discriminator_loss += weight * real_class_loss",
        ("tests/models/generation/test_acgan_step.py",),
    ),
    Fault(
        "gan_int: interpolation_weight ignored",
        "models/text_to_image/gan_int.py",
        "generator_loss = (2.0 * loss.generator(logits[:count]) + interpolation_weight * interpolated_loss) / 3.0",
        "generator_loss = (2.0 * loss.generator(logits[:count]) + interpolated_loss) / 3.0",
        ("tests/models/text_to_image/test_gan_int_step.py",),
    ),
    Fault(
        "schedule: falls twice as fast",
        "models/core/schedules.py",
        "left = tf.cast(self.constant_periods + self.decay_periods - period, tf.float32)",
        "left = tf.cast(self.constant_periods + self.decay_periods - 2 * period, tf.float32)",
        ("tests/models/test_preset_optimizers.py", "tests/models/core/test_schedules.py"),
    ),
    Fault(
        "schedule: halves twice as often",
        "models/core/schedules.py",
        "tf.cast(epoch // self.halving_epochs, tf.float32)",
        "tf.cast(2 * epoch // self.halving_epochs, tf.float32)",
        ("tests/models/test_preset_optimizers.py",),
    ),
    Fault(
        "evaluated on the training split",
        "engine/splits.py",
        'examples = self.load("test")',
        "examples = self.load(self.train_split)",
        ("tests/engine/test_marked_splits.py",),
    ),
    Fault(
        "real images' class score as the model's",
        "evaluation/images.py",
        'for kind, part in (("", probabilities), ("_of_real", class_probabilities(data.judge, outputs.real))):',
        'for kind, part in (("_of_real", probabilities), ("", class_probabilities(data.judge, outputs.real))):',
        ("tests/evaluation/test_images.py",),
    ),
    Fault(
        "conditional accuracy against shuffled labels",
        "evaluation/images.py",
        "(judge_all(data.judge, outputs.generated)[:, 0] == outputs.asked).mean()",
        "(judge_all(data.judge, outputs.generated)[:, 0] == shuffled(outputs.asked)).mean()",
        ("tests/evaluation/test_images.py",),
    ),
    Fault(
        "a class score of one part",
        "evaluation/images.py",
        "splits=min(10, max(len(part) // 5, 1))",
        "splits=1",
        ("tests/evaluation/test_images.py",),
    ),
    # Others of these kinds.
    Fault(
        "dropout: off at test time in pix2pix",
        "models/image_to_image/pix2pix_networks.py",
        "SeededDropout(config.dropout, salt=stage)",
        "SeededDropout(config.dropout, salt=stage, always=False)",
        ("tests/models/image_to_image/test_pix2pix_networks.py",),
    ),
    Fault(
        "u-net: one skip missing",
        "models/image_to_image/pix2pix_networks.py",
        "if config.skips:",
        "if config.skips and stage:",
        ("tests/models/image_to_image/test_pix2pix_networks.py",),
    ),
    Fault(
        "leaky relu: another slope",
        "models/core/layers.py",
        "LEAK = 0.2",
        "LEAK = 0.1",
        ("tests/models/image_to_image/test_patchgan_networks.py",),
    ),
    Fault(
        "cyclegan: zero instead of reflection padding",
        "models/core/layers.py",
        '[self.width] * 2, [self.width] * 2, [0, 0]], "REFLECT")',
        "[self.width] * 2, [self.width] * 2, [0, 0]])",
        ("tests/models/image_to_image/test_cyclegan_networks.py",),
    ),
    Fault(
        "maxout: the mean of the pieces",
        "models/generation/mlp.py",
        "return ops.max(layers.Reshape((units, pieces))(x), axis=-1)",
        "return ops.mean(layers.Reshape((units, pieces))(x), axis=-1)",
        ("tests/models/generation/test_mlp_networks.py",),
    ),
    Fault(
        "spectral normalization: not divided",
        "models/core/spectral.py",
        "return super().convolution_op(inputs, kernel / tf.cast(self.sigma(), kernel.dtype))",
        "return super().convolution_op(inputs, kernel)",
        ("tests/models/generation/test_dcgan_networks.py", "tests/models/core/test_spectral.py"),
    ),
    Fault(
        "projection: embedding not multiplied",
        "models/generation/conditions.py",
        'logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")([embedded, pooled])], dtype="float32")',
        'logits = layers.add([logits, layers.Dot(axes=1, dtype="float32")([pooled, pooled])], dtype="float32")',
        ("tests/models/generation/test_dcgan_networks.py",),
    ),
    Fault(
        "gru: update gate inverted",
        "models/text_encoder/networks.py",
        "return update * keras.ops.tanh(x[:, gates:] + candidate) + (1.0 - update) * state",
        "return (1.0 - update) * keras.ops.tanh(x[:, gates:] + candidate) + update * state",
        ("tests/models/text_encoder/test_text_encoder_networks.py",),
    ),
    Fault(
        "gan_cls: mismatched pairs as real",
        "models/text_to_image/gan_cls.py",
        "+ mismatch_weight * loss.fake(wrong_logits)",
        "+ mismatch_weight * loss.real(wrong_logits)",
        ("tests/models/text_to_image/test_gan_cls_step.py",),
    ),
    Fault(
        "gan_int: the discriminator's images again",
        "models/text_to_image/gan_int.py",
        "self.generate(all_text, GENERATOR_LATENT)",
        "self.generate(all_text)",
        ("tests/models/text_to_image/test_gan_int_step.py", "tests/models/text_to_image/test_text_to_image.py"),
    ),
    Fault(
        "cyclegan: no identity loss of one way",
        "models/image_to_image/cyclegan.py",
        "distance(self.translate(b), b) + distance(self.translate_back(a), a)",
        "2.0 * distance(self.translate(b), b)",
        ("tests/models/image_to_image/test_cyclegan_step.py",),
    ),
    Fault(
        "pixel_dt: unassociated images as associated",
        "models/image_to_image/pixel_dt.py",
        "loss.real(associated) + loss.fake(other) + loss.fake(converted)",
        "loss.real(associated) + loss.real(other) + loss.fake(converted)",
        ("tests/models/image_to_image/test_pixel_dt_step.py",),
    ),
    Fault(
        "infogan: no information for the discriminator",
        "models/generation/infogan.py",
        "discriminator_loss -= weighted_information",
        "discriminator_loss -= 0.0 * weighted_information",
        ("tests/models/generation/test_infogan_step.py",),
    ),
    Fault(
        "the 2014 gan: discriminator's loss not halved",
        "models/generation/gan.py",
        "return self.config.discriminator_loss_factor * self.adversarial.discriminator(real_logits, fake_logits)",
        "return self.adversarial.discriminator(real_logits, fake_logits)",
        ("tests/models/generation/test_gan_step.py",),
    ),
    Fault(
        "penalty: not weighted",
        "models/core/adversarial.py",
        "return config.penalty_weight * PENALTIES",
        "return PENALTIES",
        ("tests/models/generation/test_gan_step.py",),
    ),
    Fault(
        "draws: the same for all passes of a step",
        "models/core/adversarial.py",
        "return purpose + 100 * role",
        "return purpose",
        ("tests/models/core/test_discriminator_inputs.py",),
    ),
    Fault(
        "rmsprop: not the preset's rho",
        "models/core/trained.py",
        "keras.optimizers.RMSprop(rate, rho=config.rho, epsilon=config.epsilon**2)",
        "keras.optimizers.RMSprop(rate, epsilon=config.epsilon**2)",
        ("tests/models/test_preset_optimizers.py",),
    ),
    Fault(
        "moving average: no warm-up of the decay",
        "models/core/average.py",
        "rate = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))",
        "rate = 1.0 - self.decay * tf.ones_like(step)",
        ("tests/models/core/test_average.py",),
    ),
    Fault(
        "samples: not of the average",
        "models/core/adversarial.py",
        'return getattr(self, f"averaged_{name}" if self.is_averaged else name)',
        "return getattr(self, name)",
        ("tests/engine/test_averages.py",),
    ),
    Fault(
        "strip: the last end missing",
        "panels/interpolation.py",
        "weight = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, np.newaxis]",
        "weight = np.linspace(0.0, 1.0, count, endpoint=False, dtype=np.float32)[:, np.newaxis]",
        ("tests/panels/test_interpolation.py", "tests/engine/test_strips.py"),
    ),
    Fault(
        "pairs: scores of the input as the model's",
        "evaluation/pairs.py",
        "yield from similarity(outputs.translated, outputs.truth).items()",
        "yield from similarity(outputs.inputs, outputs.truth).items()",
        ("tests/evaluation/test_pairs.py",),
    ),
    Fault(
        "named attributes: samples and real images exchanged",
        "evaluation/captions.py",
        "            outputs.generated,\n            outputs.real,\n",
        "            outputs.real,\n            outputs.generated,\n",
        ("tests/evaluation/test_captions.py",),
    ),
    Fault(
        "cyclegan: both discriminators are shown the same noise",
        "models/image_to_image/cyclegan.py",
        "self.augment(image, role, turn=1)",
        "self.augment(image, role)",
        ("tests/models/core/test_discriminator_inputs.py",),
    ),
    # Users' own files.
    Fault(
        "readers: validation images are tested on, too",
        "pipelines/readers/splits.py",
        "elif kind in (TRAIN, test):",
        "elif kind:",
        ("tests/pipelines/readers/test_folder_splits.py",),
    ),
    Fault(
        "readers: a link to a training image is tested on",
        "pipelines/readers/splits.py",
        "if kind == test and scanned.real_path(path) in trained:",
        "if kind == test and path in trained:",
        ("tests/pipelines/readers/test_folder_splits.py",),
    ),
    Fault(
        "readers: dead links are left out without a line",
        "pipelines/readers/files.py",
        'skipped.setdefault("the link leads nowhere", []).append(name)',
        "pass",
        ("tests/pipelines/readers/test_folder.py",),
    ),
    Fault(
        "readers: a suffix that says nothing is no picture",
        "pipelines/readers/files.py",
        "return opened.format not in STUBS",
        "return False",
        ("tests/pipelines/readers/test_folder.py",),
    ),
    Fault(
        "readers: every file is two pictures",
        "pipelines/readers/halves.py",
        "two[path] = width == 2 * height if looks is None else looks",
        "two[path] = True",
        ("tests/pipelines/readers/test_pair_layouts.py",),
    ),
    Fault(
        "readers: of two files of one name one is taken",
        "pipelines/readers/sides.py",
        "twice = [paths for table in tables for paths in table.values() if len(paths) > 1]",
        "twice = []",
        ("tests/pipelines/readers/test_pair_layouts.py",),
    ),
    Fault(
        "readers: A without B is not counted",
        "pipelines/readers/pairs.py",
        "skipped.setdefault(reason, []).extend(sorted(alone))",
        "pass",
        ("tests/pipelines/test_trees.py",),
    ),
    Fault(
        "readers: a text file of two images",
        "pipelines/readers/captions.py",
        "if len(images) > 1:",
        "if False:",
        ("tests/pipelines/readers/test_captions.py",),
    ),
    Fault(
        "readers: class 10 before 2",
        "pipelines/readers/class_tables.py",
        "found = sorted(set(classes), key=natural)",
        "found = sorted(set(classes))",
        ("tests/pipelines/readers/test_folder.py",),
    ),
    Fault(
        "readers: training images that stand in are not said",
        "pipelines/report.py",
        'return any(split.startswith("test") and not count for split, count in self.used.items())',
        "return False",
        ("tests/pipelines/readers/test_unpaired.py",),
    ),
    Fault(
        "readers: a class called as its split is lost",
        "pipelines/readers/splits.py",
        "if folders[path][depth] not in folders[path][depth + 1 : depth + 2]",
        "if False",
        ("tests/pipelines/readers/test_folder_splits.py",),
    ),
    Fault(
        "readers: the pictures of one path are those of another of its name, size and time",
        "pipelines/readers/records.py",
        "identity = (record.name, path, status.st_size, status.st_mtime_ns)",
        "identity = (record.name, status.st_size, status.st_mtime_ns)",
        ("tests/pipelines/readers/test_pair_layouts.py",),
    ),
    Fault(
        "readers: A is read in the range of 8 bits",
        "pipelines/readers/alike.py",
        "parts = {(side, split): read[side].of(part) for side",
        "parts = {(side, split): tuple(part) for side",
        ("tests/pipelines/readers/test_values.py",),
    ),
)
