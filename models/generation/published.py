"""What the papers and the authors' code publish for the presets of generation; `presets` names the papers.

Sources: goodfeli/adversarial (GAN), Newmu/dcgan_code and soumith/dcgan.torch (DCGAN), facebook/eyescream (LAPGAN),
xudonmao/LSGAN, martinarjovsky/WassersteinGAN, openai/improved-gan, igul222/improved_wgan_training (WGAN-GP:
gan_cifar_resnet.py),
pfnet-research/sngan_projection (SNGAN, projection: configs/sn_cifar10_*.yml). Of CGAN, ACGAN, InfoGAN, EBGAN, BEGAN and
BGAN (whose code has no license) no code was read; BGAN's networks are those of DCGAN.
"""

from models.core.published import Published

ONE_RANGE = "one range of images for all models"
LENGTH = "the user's choice: --epochs, --steps"
OFF = Published("average_decay", 0.0, "none; a running average came later")
NETWORKS = "one small network for all losses, so that they compare; --set network=resnet has the residual one"
REAL_LABELS = Published(
    "labels of generated images",
    "drawn apart from the real ones'",
    "updater.py: sample_categorical",
    "one draw for both, the same distribution",
    "those of the real batch",
)
DEQUANTIZED = Published(
    "dequantization",
    "U(0, 1/128) added to the images",
    "gan_cifar_resnet.py; datasets/cifar10.py",
    "8-bit images as they are",
    "none",
)


def adam(rate: float, beta_1: float, beta_2: float, source: str, rate_source: str = "") -> tuple[Published, ...]:
    """Adam's constants."""
    return (
        Published("optimizer", "adam", source),
        Published("learning_rate", rate, rate_source or source),
        Published("beta_1", beta_1, source),
        Published("beta_2", beta_2, source),
        Published("epsilon", 1e-8, "the framework's default"),
    )


def mlp(source: str) -> tuple[Published, ...]:
    """The 2014 networks, by SGD with momentum."""
    return (
        Published("network", "mlp", source),
        Published("image_size", 28, source),
        Published("batch_size", 100, source),
        Published("optimizer", "sgd", source),
        Published("learning_rate", 0.1, source),
        Published("minimum_learning_rate", 1e-6, source),
        Published("beta_1", 0.5, f"{source}: initial momentum"),
        Published("final_momentum", 0.7, source),
        Published("momentum_epochs", 250, "mnist.yaml: saturate"),
        Published("discriminator_loss_factor", 0.5, "__init__.py: AdversaryCost2: d_obj = 0.5 * (...)"),
        Published("latent_dim", 100, source),
        Published("generator_width", 1200, source),
        Published("discriminator_width", 240, source),
        Published("maxout_pieces", 5, source),
        Published("dropout", 0.5, source),
        Published(
            "initial weights",
            "U(-.05, .05) of G, U(-.005, .005) of D, the logit's included",
            "mnist.yaml: irange",
            ours="U(-.05, .05) of G, U(-.005, .005) of D, the logit's included",
        ),
        Published("output", "sigmoid, [0, 1]", source, ONE_RANGE, "tanh, [-1, 1]"),
        Published("epochs", "until stopped, by the likelihood of a validation set", source, LENGTH),
        Published("discriminator_steps", 1, source),
        Published("flip", False, source),
        OFF,
    )


YAML = (
    Published("learning_rate_decay", 1 / 1.000004, "mnist.yaml: decay_factor"),
    Published("latent_distribution", "uniform_unit_variance", "mnist.yaml: noise: 'uniform'; __init__.py: get_noise"),
    Published(
        "dropout's inputs",
        "of D's image .2, of its other layers .5, the logit's included",
        "mnist.yaml",
        ours="of D's image .2, of its other layers .5, the logit's included",
    ),
    Published(
        "initial bias of the output",
        "from the data's mean image",
        "mnist.yaml: init_sigmoid_bias_from_marginals",
        "a network does not depend on the data",
        "0",
    ),
    Published(
        "turns",
        "both players at once, on the same images",
        "pylearn2's SGD on one cost",
        "the paper's Algorithm 1",
        "the discriminator's, then the generator's on new noise",
    ),
)
GAN = (Published("adversarial", "non_saturating", "section 3; __init__.py: g_obj"), *mlp("mnist.yaml"), *YAML)
MINIMAX = (
    Published("adversarial", "minimax", "equation 1"),
    Published(
        "factor of the generator's loss",
        "1 (paper), 1/2 (code)",
        "equation 1; __init__.py: minimax_coeff",
        "the paper's",
        "1",
    ),
    *mlp("mnist.yaml"),
    *YAML,
)
CGAN = (
    Published("adversarial", "non_saturating", "GAN's code"),
    *mlp("section 4.1"),
    Published("learning_rate_decay", 1 / 1.00004, "section 4.1"),
    Published("latent_distribution", "uniform_unit_cube", "section 4.1"),
    Published("generator_dropout", 0.5, "section 4.1: both the generator and discriminator"),
    Published("conditioning", "concatenation", "section 4.1"),
    Published("joint_pieces", 4, "section 4.1"),
    Published(
        "dropout's inputs",
        "not said",
        "section 4.1",
        "as in GAN's code",
        "of D's image .2, of the joint layer and the logit .5; of G's hidden layers",
    ),
)


def dcgan(**different: Published) -> tuple[Published, ...]:
    """DCGAN's constants, some of them another paper's: by constant."""
    rows = (
        Published("network", "dcgan", "section 3"),
        Published("adversarial", "non_saturating", "train_uncond_dcgan.py"),
        Published("image_size", 64, "section 4"),
        Published("batch_size", 128, "section 4"),
        *adam(2e-4, 0.5, 0.999, "section 4; train_uncond_dcgan.py"),
        Published("epochs", 25, "train_uncond_dcgan.py: niter"),
        Published("latent_dim", 100, "section 4"),
        Published("latent_distribution", "uniform", "section 4"),
        Published("discriminator_steps", 1, "section 4"),
        Published("flip", False, "section 4: no augmentation (dcgan.torch flips)"),
        Published("generator_width", 128, "figure 1"),
        Published("discriminator_width", 64, "dcgan.torch: ndf (dcgan_code: 128)"),
        Published(
            "kernels",
            "4x4 (dcgan.torch), 5x5 (dcgan_code)",
            "main.lua; train_uncond_dcgan.py",
            "dcgan.torch's: no checkerboard from uneven overlaps",
            "4x4",
        ),
        Published("initial weights", "N(0, .02), scales N(1, .02)", "section 4", ours="N(0, .02), scales N(1, .02)"),
        Published(
            "biases",
            "none",
            "main.lua: noBias",
            "where no offset of a normalization follows",
            "of the first convolution, the logit and the image",
        ),
        Published(
            "weight decay", "1e-5 (dcgan_code), none (dcgan.torch)", "train_uncond_dcgan.py: l2", "the paper's", "none"
        ),
        OFF,
    )
    changed = {row.constant: row for row in rows} | {row.constant: row for row in different.values()}
    return tuple(changed.values())


LSGAN = dcgan(
    adversarial=Published("adversarial", "least_squares", "equation 9, a = 0, b = c = 1"),
    halves=Published(
        "factors of the loss",
        "1/2, summed over the batch",
        "vgg.py: tf.nn.l2_loss",
        "a factor that Adam does not see",
        "1, averaged",
    ),
    network=Published(
        "network", "the authors' own for 112 pixels, DCGAN's for comparisons", "vgg.py; dcgan64.py", "the comparison's"
    ),
    rate=Published("learning_rate", 2e-4, "stability_comparison: train.py (scenes of 112 pixels: 1e-3)"),
    batch=Published("batch_size", 64, "train_lsun.py", "DCGAN's, so that the losses compare"),
    latent=Published("latent_dim", 1024, "train_lsun.py", "DCGAN's, so that the losses compare"),
    epochs=Published("epochs", "1,000,000 steps at most", "train_lsun.py", LENGTH),
)
WGAN = (
    *(
        row
        for row in dcgan(
            adversarial=Published("adversarial", "wasserstein", "Algorithm 1"),
            batch=Published("batch_size", 64, "main.py: batchSize"),
            optimizer=Published("optimizer", "rmsprop", "Algorithm 1; main.py"),
            rate=Published("learning_rate", 5e-5, "main.py: lrD, lrG"),
            epochs=Published("epochs", 25, "main.py: niter"),
            epsilon=Published("epsilon", 1e-8, "PyTorch's RMSprop; beside the root, here its square within it"),
            noise=Published("latent_distribution", "normal", "main.py: noise.normal_(0, 1)"),
            steps=Published("discriminator_steps", 5, "Algorithm 1: n_critic"),
            width=Published("generator_width", 64, "main.py: ngf"),
            decay=Published("weight decay", "none", "main.py", ours="none"),
            kernels=Published("kernels", "4x4", "models/dcgan.py", ours="4x4"),
        )
        if row.constant not in ("beta_1", "beta_2")
    ),
    Published("rho", 0.99, "PyTorch's RMSprop: alpha"),
    Published("weight_clip", 0.01, "Algorithm 1: c; after each of the critic's steps (main.py: before)"),
    Published(
        "first steps of the critic",
        "100 a turn, for 25 turns and at every 500th",
        "main.py: Diters",
        "Algorithm 1 has none",
        "5 a turn",
    ),
)


def critic(source: str, adversarial: Published, widths: tuple[int, int], length: int, length_source: str):
    """What WGAN-GP and SNGAN have in common, on CIFAR-10."""
    return (
        adversarial,
        Published("network", "residual blocks, 32 pixels", source, NETWORKS),
        Published("image_size", 32, source, "DCGAN's network for one's own images"),
        Published("generator_width", widths[0], source, *(("DCGAN's network",) if widths[0] != 128 else ())),
        Published("discriminator_width", widths[1], source, "DCGAN's network"),
        Published("batch_size", 64, source),
        Published("generated images of the generator's turn", "2 x 64", source, "one batch size for both turns", "64"),
        *adam(2e-4, 0.0, 0.9, source),
        Published("discriminator_steps", 5, source),
        Published("steps", length, length_source, *(("the paper's, as remembered",) if length != 100_000 else ())),
        Published(
            "decay_steps", length, length_source, *(("falls over the whole training",) if length != 100_000 else ())
        ),
        Published("latent_dim", 128, source),
        Published("latent_distribution", "normal", source),
        Published("discriminator_normalization", "none", source),
        Published("flip", False, source),
        DEQUANTIZED,
        OFF,
    )


WGAN_GP = (
    *critic(
        "gan_cifar_resnet.py",
        Published("adversarial", "wasserstein", "Algorithm 1"),
        (128, 128),
        100_000,
        "gan_cifar_resnet.py: ITERS",
    ),
    Published("penalty", "gradient", "equation 3"),
    Published("penalty_weight", 10.0, "equation 3: lambda"),
    Published("residual critic's logit", "Glorot", "gan_cifar_resnet.py: Linear", "DCGAN's", "N(0, .02)"),
    Published(
        "batch statistics when sampling",
        "the batch's own",
        "batchnorm.py: is_training None",
        "a sample does not depend on its batch",
        "moving averages",
    ),
    Published(
        "pooling of the residual critic",
        "mean",
        "gan_cifar_resnet.py: reduce_mean",
        "one residual network for WGAN-GP and SNGAN",
        "sum",
    ),
)
SPECTRAL = (
    *critic(
        "sn_cifar10_*.yml",
        Published("adversarial", "hinge", "equations 16, 17"),
        (256, 128),
        50_000,
        "sn_cifar10_*.yml: iteration",
    ),
    Published("margin", 1.0, "equation 16"),
    Published("spectral_normalization", True, "section 2.1"),
    Published("order of the turns", "G, then 5 of D", "updater.py: i == 0", "Algorithm 1 of the GAN", "5 of D, then G"),
    Published("logit's bias", "none", "snresnet_32.py: nobias", "one head for all networks", "one"),
    Published(
        "batch normalization of G",
        "epsilon 2e-5, scales from 1",
        "Chainer's BatchNormalization",
        "one normalization for all networks",
        "epsilon 1e-5, scales N(1, .02)",
    ),
    Published(
        "power iterations",
        "one in every pass of the discriminator",
        "sn_convolution_2d.py",
        "Algorithm 1",
        "one a step of the discriminator, 200 at the start",
    ),
)
PROJECTION = (
    *SPECTRAL,
    Published("conditioning", "projection", "section 2"),
    REAL_LABELS,
    Published("last normalization of G", "not conditional", "resnet_32.py: b5", "as the others", "conditional"),
)
QUOTED = "appendix, as quoted by others: the tables could not be read here"
ACGAN = (
    Published("network", "the paper's own (table 2), G 384-192-96, D six convolutions of 16 to 512", QUOTED, NETWORKS),
    Published("adversarial", "non_saturating", "section 3"),
    Published("image_size", "32 (CIFAR-10), 128 (ImageNet)", "appendix", "DCGAN's network for one's own images"),
    Published("batch_size", 100, QUOTED),
    *adam(2e-4, 0.5, 0.999, QUOTED),
    Published("epochs", "50,000 steps", QUOTED, LENGTH),
    Published("latent_dim", 110, QUOTED),
    Published("class_weight", 1.0, "section 3"),
    Published("conditioning", "concatenation", "section 3"),
    Published("dropout of D", "0.5 of its convolutions", QUOTED, "not verified", "none"),
    Published("noise on activations of D", "standard deviation 0 to .2", QUOTED, "not verified", "none"),
    REAL_LABELS,
    OFF,
)
INFOGAN = (
    Published("network", "dcgan", "appendix C.1, table 1"),
    Published("adversarial", "non_saturating", "appendix C"),
    Published("image_size", 28, "appendix C.1"),
    Published("hidden_units", 1024, "appendix C.1, table 1"),
    Published("code_units", 128, "appendix C.1, table 1"),
    Published("generator_width", 64, "appendix C.1, table 1"),
    Published("discriminator_width", 64, "appendix C.1, table 1"),
    Published("optimizer", "adam", "appendix C"),
    Published("learning_rate", 1e-3, "appendix C"),
    Published("beta_1", "not said", "appendix C", "DCGAN's"),
    Published("discriminator_learning_rate", 2e-4, "appendix C"),
    Published("batch_size", "not said", "appendix C", "DCGAN's"),
    Published("epochs", "not said", "appendix C", LENGTH),
    Published("latent_dim", 62, "appendix C.1"),
    Published("categories", 10, "appendix C.1"),
    Published("continuous_codes", 2, "appendix C.1"),
    Published("information_weight", 1.0, "appendix C: lambda"),
    Published("continuous_weight", "smaller than 1", "section 5", "chosen for digits"),
    Published("slope of leaky ReLU", "0.1", "appendix C", "one slope for all networks, DCGAN's", "0.2"),
    Published(
        "Q of a continuous code",
        "mean and standard deviation",
        "appendix C",
        "the variance is fixed: the bound is the squared error",
        "mean",
    ),
    OFF,
)
