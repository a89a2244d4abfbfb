"""What Reed et al. (ICML 2016) publish on their style encoder: section 4.4 and equation 6; no code of it is known.

Its training is not described, so that the constants are those of section 5, of the generators.
"""

from models.core.published import Published

PUBLISHED = (
    Published("loss", "|z - S(G(z, phi(t)))|^2", "equation 6", ours="|z - S(G(z, phi(t)))|^2"),
    Published(
        "network",
        "a convolutional network",
        "section 4.4",
        "the paper does not describe it",
        "the discriminator's, up to its smallest map, and a linear layer",
    ),
    Published("weights of the generator", "fixed", "section 4.4", ours="fixed"),
    Published("batch_size", 64, "section 5"),
    Published("optimizer", "adam", "section 5"),
    Published("learning_rate", 2e-4, "section 5"),
    Published("beta_1", 0.5, "section 5"),
    Published("beta_2", 0.999, "Torch's optim.adam"),
    Published("epsilon", 1e-8, "Torch's optim.adam"),
    Published("steps", "not stated", "section 4.4", "some passes over a set as large as CUB"),
)
