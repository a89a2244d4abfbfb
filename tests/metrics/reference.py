"""Scores as their papers define them, one example at a time, by NumPy and SciPy: what ours are compared with."""

import itertools

import numpy as np
import scipy.linalg
import scipy.signal
import scipy.stats


def l1(images, truth):
    """Mean absolute difference of (n, h, w, c) uint8 images, as values in [0, 1]."""
    return np.abs(images.astype(float) - truth).mean() / 255


def psnr(images, truth):
    """Of (n, h, w, c) uint8 images: 10 log10(255^2 / mean squared error) of each, averaged."""
    errors = ((images.astype(float) - truth) ** 2).mean(axis=(1, 2, 3))
    return np.mean(10 * np.log10(255**2 / errors))


def ssim(images, truth):
    """Wang et al. 2004, equation 13, with the paper's Gaussian window of 11 pixels, by channel, averaged."""
    line = scipy.signal.windows.gaussian(11, 1.5)
    window = np.outer(line, line) / line.sum() ** 2

    def local(values):
        return scipy.signal.convolve2d(values, window, mode="valid")

    values = []
    for one, other in zip(images, truth, strict=True):
        for channel in range(one.shape[-1]):
            x, y = one[..., channel] / 255.0, other[..., channel] / 255.0
            mean_x, mean_y = local(x), local(y)
            var_x, var_y = local(x * x) - mean_x**2, local(y * y) - mean_y**2
            covariance = local(x * y) - mean_x * mean_y
            constant_1, constant_2 = 0.01**2, 0.03**2
            above = (2 * mean_x * mean_y + constant_1) * (2 * covariance + constant_2)
            values.append((above / ((mean_x**2 + mean_y**2 + constant_1) * (var_x + var_y + constant_2))).mean())
    return np.mean(values)


def sharpness(images, truth):
    """Mean difference of neighbors, below and beside, over that of the truth."""

    def contrast(pictures):
        pictures = pictures.astype(float)
        below = np.abs(pictures[:, 1:] - pictures[:, :-1]).mean()
        return below + np.abs(pictures[:, :, 1:] - pictures[:, :, :-1]).mean()

    return contrast(images) / contrast(truth)


def similarities(images, truth):
    """All four, by the keys of an evaluation, of (n, h, w, c) uint8 images."""
    return {scored.__name__: scored(images, truth) for scored in (l1, psnr, ssim, sharpness)}


def inception_score(probabilities):
    """Salimans et al. 2016, section 4, of one part: exp(E KL(p(y|x) || p(y)))."""
    marginal = probabilities.mean(axis=0)
    return np.exp(np.mean([scipy.stats.entropy(row, marginal) for row in probabilities]))


def frechet_distance(features, real):
    """Heusel et al. 2017, equation 6: by the matrix square root."""
    one, other = np.atleast_2d(np.cov(features, rowvar=False)), np.atleast_2d(np.cov(real, rowvar=False))
    root = scipy.linalg.sqrtm(one @ other).real
    return np.sum((features.mean(axis=0) - real.mean(axis=0)) ** 2) + np.trace(one + other - 2 * root)


def mean_pairwise_distance(images):
    """Root-mean-square differences of all pairs, averaged."""
    return np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.combinations(images, 2)])


def kernel_discrepancy(features, others):
    """Binkowski et al. 2018: the unbiased squared MMD with (x . y / d + 1)^3, pair by pair."""

    def kernel(x, y):
        return (np.dot(x, y) / len(x) + 1) ** 3

    within = [np.mean([kernel(x, y) for x, y in itertools.permutations(rows, 2)]) for rows in (features, others)]
    return sum(within) - 2 * np.mean([kernel(x, y) for x, y in itertools.product(features, others)])


def manifold(real, generated, k):
    """Precision, recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020), example by example."""

    def distance(x, y):
        return np.linalg.norm(x - y)

    def radius(rows, index):
        return sorted(distance(rows[index], row) for other, row in enumerate(rows) if other != index)[k - 1]

    real_radii = [radius(real, index) for index in range(len(real))]
    radii = [radius(generated, index) for index in range(len(generated))]
    inside = np.array([[distance(x, y) < r for y in generated] for x, r in zip(real, real_radii, strict=True)])
    recalled = [any(distance(x, y) < r for y, r in zip(generated, radii, strict=True)) for x in real]
    return {
        "precision": inside.any(axis=0).mean(),
        "recall": np.mean(recalled),
        "density": inside.sum() / (k * len(generated)),
        "coverage": inside.any(axis=1).mean(),
    }


def multi_scale_ssim(image, other, weights):
    """Wang et al. 2003, equation 7, of (h, w, c) in [0, 1]: halved by means of 2 x 2; negative terms count as 0."""
    line = scipy.signal.windows.gaussian(11, 1.5)
    window = np.outer(line, line) / line.sum() ** 2
    values = []
    for channel in range(image.shape[-1]):
        x, y, product = image[..., channel].astype(float), other[..., channel].astype(float), 1.0
        for scale, weight in enumerate(weights):
            if scale:
                x, y = (side.reshape(side.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3)) for side in (x, y))
            mean_x, mean_y, xx, yy, xy = (
                scipy.signal.convolve2d(values, window, mode="valid") for values in (x, y, x * x, y * y, x * y)
            )
            structure = (2 * (xy - mean_x * mean_y) + 0.03**2) / (xx - mean_x**2 + yy - mean_y**2 + 0.03**2)
            luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
            term = (structure * luminance if scale == len(weights) - 1 else structure).mean()
            product *= max(term, 0.0) ** weight
        values.append(product)
    return np.mean(values)


def gaussian_moments(mean, deviation):
    """The first three moments of a Gaussian."""
    return np.array([mean, mean**2 + deviation**2, mean**3 + 3 * mean * deviation**2])
