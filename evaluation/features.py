"""Features of a pretrained image network that the user names by its file."""

from collections.abc import Callable

import keras
import numpy as np

from pipelines.examples import DataError


def feature_network(path: str) -> Callable[[np.ndarray], np.ndarray]:
    """(n, h, w, 3) images in [-1, 1] to (n, F) features of the network in a `.keras` file.

    The network gives one vector an image, or a dict with it as "features".

    Raises:
        DataError: there is no such network in the file, or it does not give that.
    """
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:
        # A file that is no network makes Keras raise almost anything.
        reason = str(error).splitlines()[0]
        raise DataError(f"an image network must be a .keras file. Received: {path} ({reason})") from None

    def features(images: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(images), 64):
            try:
                output = network(images[start : start + 64], training=False)
            except ValueError as error:
                reason = str(error).splitlines()[0]
                raise DataError(
                    f"the image network does not take images of {images.shape[1]} pixels. Received: {path} ({reason})"
                ) from None
            vectors = output.get("features") if isinstance(output, dict) else output
            if getattr(vectors, "ndim", None) != 2:
                received = f"a dict of {', '.join(output)}" if isinstance(output, dict) else f"{output!r:.80}"
                raise DataError(
                    "an image network must give one vector an image, or a dict with it as 'features'. "
                    f"Received: {path} which gives {' '.join(received.split())}"
                )
            parts.append(np.asarray(vectors))
        return np.concatenate(parts)

    return features
