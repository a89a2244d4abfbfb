"""What Ledig et al. (CVPR 2017) publish on SRResNet and SRGAN; the authors published no code.

"Ours" of a row that is no setting says what is here in its place.
"""

from models.core.published import Published

SHARED = (
    Published("batch_size", 16, "section 3.2"),
    Published("image_size", 96, "section 3.2: sub images of 96 x 96"),
    Published("factor", 4, "section 3.2"),
    Published("generator_width", 64, "section 2.1"),
    Published("blocks", 16, "section 3.2"),
    Published("generator_normalization", "batch", "section 2.1"),
    Published("adds_to_bicubic", False, "figure 4"),
    Published("optimizer", "adam", "section 3.2"),
    Published("learning_rate", 1e-4, "section 3.2"),
    Published("beta_1", 0.9, "section 3.2"),
    Published("beta_2", 0.999, "Adam's own"),
    Published("epsilon", 1e-8, "Adam's own"),
    Published("average_decay", 0.0, "none"),
    Published("low resolution", "bicubic kernel, factor 4", "section 3.2", ours="bicubic kernel, factor 4"),
    Published(
        "range of low resolution",
        "[0, 1]",
        "section 3.2",
        "one range for all images here; the first layer can undo it",
        "[-1, 1]",
    ),
    Published(
        "training images",
        "350,000 of ImageNet",
        "section 3.2",
        "the user's own photographs, at their own size",
        "the user's folder",
    ),
)

SRRESNET = (*SHARED, Published("steps", 1_000_000, "section 3.2"), Published("loss", "MSE", "equation 4", ours="MSE"))

SRGAN = (
    *SHARED,
    Published("steps", 200_000, "section 3.2: 10^5 at 1e-4 and 10^5 at 1e-5"),
    Published("learning_rate_drop_step", 100_000, "section 3.2"),
    Published("srresnet", "srresnet", "section 3.2: initialized by the MSE-based SRResNet"),
    Published("adversarial", "non_saturating", "section 2.2.2"),
    Published("adversarial_weight", 1e-3, "equation 3"),
    Published("content_weight", 1.0, "equation 3"),
    Published("pixel_weight", 0.0, "equation 3"),
    Published("discriminator_width", 64, "section 2.1"),
    Published("discriminator_units", 1024, "figure 4"),
    Published("discriminator_normalization", "batch", "figure 4"),
    Published(
        "content loss",
        "MSE of VGG19's phi_5,4, features / 12.75",
        "sections 2.2.1 and 3.2",
        "the network is a file that the user names",
        "as published where the file has block5_conv4; else the last map of each size, each relative to its own mean "
        "square; without a file MSE of pixels",
    ),
    Published(
        "adversarial loss",
        "the sum over the batch",
        "equation 6",
        "losses here are means, whatever the batch size",
        "the mean over the batch",
    ),
)
