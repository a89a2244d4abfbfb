"""What the sources publish on the systems after the classic line, as `models.generation.published` has it."""

from models.core.published import Published
from models.generation.published import LENGTH, OFF, ONE_RANGE, adam, dcgan

TUTORIAL = "two of its authors' tutorial, 2018"
BGAN = dcgan(
    adversarial=Published("adversarial", "boundary_seeking", TUTORIAL),
    factor=Published(
        "factor of the loss", "1: (log D - log(1 - D))^2", TUTORIAL, "a factor that Adam does not see", "1/2"
    ),
)
BGAN_DISCRETE = dcgan(
    estimator=Published("estimator", "boundary_seeking", f"{TUTORIAL}: the lower-variance policy gradient"),
    baseline=Published(
        "baseline of the importance weights", "none", TUTORIAL, "the same gradient on average, with less noise", "1 / M"
    ),
    samples=Published("samples", "drawn", TUTORIAL, "one image for one noise", "the more probable value of each pixel"),
)
FEW_LABELS = "train_mnist_feature_matching.py"
IMPROVED_GAN = (
    Published("network", "weight_normalized", FEW_LABELS),
    Published("image_size", 28, FEW_LABELS),
    Published("batch_size", 100, FEW_LABELS),
    *adam(3e-3, 0.5, 0.999, FEW_LABELS),
    Published("epochs", 300, FEW_LABELS),
    Published("latent_dim", 100, FEW_LABELS),
    Published("latent_distribution", "uniform_unit_cube", FEW_LABELS),
    Published("generator_width", 500, FEW_LABELS),
    Published("discriminator_width", 1000, FEW_LABELS),
    Published("discriminator_loss_factor", 0.5, FEW_LABELS),
    Published("noise", 0.5, FEW_LABELS),
    Published("labels", 100, FEW_LABELS),
    Published("unlabeled_weight", 1.0, FEW_LABELS),
    Published("feature_matching", True, FEW_LABELS),
    Published("discriminator_steps", 1, FEW_LABELS),
    Published("flip", False, FEW_LABELS),
    Published("output", "sigmoid, [0, 1]", FEW_LABELS, ONE_RANGE, "tanh, [-1, 1]"),
    Published(
        "lengths of the weights",
        "from a first batch: mean 0 and deviation 1 of each unit, then fixed",
        FEW_LABELS,
        "no step depends on a batch that is not its own",
        "the root of 2, fixed",
    ),
    Published(
        "images of the generator's turn",
        "100 others without labels",
        FEW_LABELS,
        "as in all models here",
        "those of the discriminator's last turn",
    ),
    OFF,
)
COARSEST, REFINING = "train_cifar.lua", "train_cifar_coarse_to_fine.lua"
LAPGAN = (
    Published("adversarial", "non_saturating", REFINING),
    Published("batch_size", 128, f"{REFINING}: of the generators; of the discriminators 64 real ones and 64 generated"),
    Published("optimizer", "sgd", REFINING),
    Published("learning_rate", 0.02, REFINING),
    Published(
        "decay of the rate",
        "1 / 1.000004 after each epoch",
        REFINING,
        "0.01 % in 25 epochs",
        "none; learning_rate_decay",
    ),
    Published("beta_1", 0.5, f"{REFINING}: initial momentum ({COARSEST}, and conditional on the class: 0)"),
    Published("final_momentum", 0.7, REFINING),
    Published("momentum_epochs", 251, f"{REFINING}: 0.0008 more after each"),
    Published("latent_dim", 100, COARSEST),
    Published("latent_distribution", "uniform", f"{COARSEST}; {REFINING}"),
    Published("coarse_generator_width", 1200, "of 8 pixels, from memory"),
    Published("coarse_discriminator_width", 600, "of 8 pixels, from memory"),
    Published("epochs", "until stopped, by the distance to the nearest of 128 samples", REFINING, LENGTH),
    Published("generator_width", 64, REFINING),
    Published("discriminator_width", 64, REFINING),
    Published("kernel_size", 7, REFINING),
    Published("dropout", 0.5, f"{COARSEST}; {REFINING}"),
    Published("discriminator_loss_factor", 0.5, f"{REFINING}: one mean over real and generated images"),
    Published("discriminator_steps", 1, "scripts' K"),
    Published(
        "range",
        "each pixel and channel standardized over the images",
        "image.lua: normalize",
        ONE_RANGE,
        "[-1, 1]; no tanh either, what is sampled is clipped",
    ),
    Published(
        "coarse images of the generated half",
        "of other images",
        REFINING,
        "section 3: those of the real half, so that a step does not couple its images",
        "those of the real half",
    ),
    Published(
        "initial weights",
        "coarsest: N(0, .05), D N(0, .005); the others Torch's",
        f"{COARSEST}; {REFINING}",
        ours="coarsest: N(0, .05), D N(0, .005); the others Torch's",
    ),
    Published("flip", False, REFINING),
    OFF,
)
EBGAN = (
    Published("adversarial", "energy", "equations 1 and 2"),
    Published(
        "network",
        "DCGAN's generator; D: an encoder 64-128-256 and its mirror",
        "section 4.3; from memory",
        "both DCGAN's",
    ),
    Published("image_size", 64, "section 4.3"),
    Published("batch_size", "not known here", "the text was not at hand", "DCGAN's"),
    Published("optimizer", "adam", "section 4.1"),
    Published("learning_rate", 1e-3, "section 4.1: digits", "DCGAN's, with its networks"),
    Published("beta_1", "not known here", "the text was not at hand", "DCGAN's"),
    Published("beta_2", 0.999, "the framework's default"),
    Published("epsilon", 1e-8, "the framework's default"),
    Published("epochs", "not known here", "the text was not at hand", LENGTH),
    Published("latent_dim", 100, "section 4.1; from memory"),
    Published("discriminator_steps", 1, "section 2.2"),
    Published("flip", False, "not said"),
    OFF,
    Published("pulling_away_weight", 0.1, "section 4.2"),
    Published(
        "margin",
        "by the size of the images (80 and 20 at 64 pixels)",
        "section 4; from memory",
        "the energy here is a mean over pixels, not a sum",
    ),
)
QUOTED_BEGAN = "section 4.1; from memory"
BEGAN = (
    Published("adversarial", "energy", "section 3.4"),
    Published("network", "convolutions of 3x3, ELU, nearest upsampling; G as the decoder", "section 3.5", "DCGAN's"),
    Published("energy_power", 1, "section 3.1: of 1 and 2 the one that is used"),
    Published("image_size", 64, QUOTED_BEGAN),
    Published("batch_size", 16, QUOTED_BEGAN),
    *adam(1e-4, 0.5, 0.999, QUOTED_BEGAN),
    Published("epochs", "until it has converged", QUOTED_BEGAN, LENGTH),
    Published("latent_dim", 64, QUOTED_BEGAN),
    Published("latent_distribution", "uniform", "section 3.5"),
    Published("diversity_ratio", 0.5, "section 4: of those shown between 0.3 and 0.7"),
    Published("balance_rate", 1e-3, "section 3.4"),
    Published("discriminator_normalization", "none", "section 3.5"),
    Published("discriminator_steps", 1, "section 3.4"),
    Published("flip", False, "not said"),
    OFF,
)
SCRIPT, BIG = "launch_cifar_ema.sh", "section 3; authors' README"
BIGGAN = (
    Published("adversarial", "hinge", "section 3"),
    Published("image_size", 32, SCRIPT),
    Published("batch_size", 50, f"{SCRIPT} (paper: 2,048)"),
    *adam(5e-5, 0.0, 0.999, SCRIPT, f"{BIG} ({SCRIPT}: 2e-4)"),
    Published("discriminator_learning_rate", 2e-4, f"{BIG}; {SCRIPT}"),
    Published("discriminator_steps", 2, f"{BIG} ({SCRIPT}: 4)"),
    Published("epochs", 500, SCRIPT),
    Published("latent_dim", 80, "appendix B: 20 for each part (no parts in the script: 128)"),
    Published("latent_distribution", "normal", SCRIPT),
    Published("generator_width", 256, f"{SCRIPT}: 4 x 64"),
    Published("discriminator_width", 256, f"{SCRIPT}: 4 x 64"),
    Published("shared_embedding", 128, f"appendix B ({SCRIPT}: none)"),
    Published("hierarchical_latent", True, f"appendix B ({SCRIPT}: no)"),
    Published("orthogonal_weight", 1e-4, f"section 3.1 ({SCRIPT}: 0)"),
    Published("average_decay", 0.9999, f"appendix C; {SCRIPT}: from step 1,000"),
    Published("spectral_normalization", True, "appendix B: in both players"),
    Published("conditioning", "projection", "appendix B"),
    Published("discriminator_normalization", "none", SCRIPT),
    Published(
        "derivative of the orthogonal regularization",
        "2 beta ((W W^T) o (1 - I)) W",
        "utils.py: ortho",
        "equation 3, whose derivative is twice that",
        "4 beta ((W W^T) o (1 - I)) W",
    ),
    Published(
        "initial weights of the discriminator",
        "orthogonal",
        "appendix B",
        "one residual discriminator for all",
        "as in SNGAN: uniform, He's and Glorot's",
    ),
    Published("attention", "at 64 pixels of 128", "appendix B", "smaller images", "none"),
    Published("flip", True, SCRIPT, "--set flip=true; on by default for birds"),
)
