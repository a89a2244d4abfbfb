"""What figures that compare images by a network are called, as keys and in words. Imports no TensorFlow.

A Frechet distance is called FID, and the score of classes IS, only on the weights of the Inception graph of 2015, by
which papers are compared. Any other network gives other numbers, under its own name.
"""

import dataclasses
import hashlib
import pathlib
import re

# Keras's InceptionV3, with its own weights.
INCEPTION, INCEPTION_NAME = "inception", "InceptionV3-Keras"
# MD5 of the files of these weights, with and without the classes; from Keras's own table.
INCEPTION_FILES = {
    "inception_v3_weights_tf_dim_ordering_tf_kernels.h5": "9a0d58056eeedaa3f26cb7ebd46da564",
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5": "bcbd6486424b2319ff4ef7d526e38f63",
}
# SHA-256 of files that hold the weights of the 2015 graph and that this program can read. None is known to it: those
# that are published with a checksum are PyTorch's (pt_inception-2015-12-05-6726825d.pth of pytorch-fid, named by its
# first digits). Add a conversion here once its features were found equal to the graph's.
INCEPTION_2015_FILES: frozenset[str] = frozenset()

# Figures: in keys, and in words.
FRECHET, KERNEL, SCORE = "fd", "kd", "score"
OF_INCEPTION_2015 = {FRECHET: "fid", KERNEL: "kid", SCORE: "inception_score"}
OF_JUDGES = {FRECHET: "frechet_distance", KERNEL: "kernel_distance"}
IN_WORDS = {FRECHET: "FD", KERNEL: "KD", SCORE: "score"}
IN_WORDS_2015 = {FRECHET: "FID", KERNEL: "KID", SCORE: "IS"}


@dataclasses.dataclass(frozen=True)
class NetworkName:
    """A network as it is named in keys and protocols.

    Attributes:
        name: in words, "InceptionV3-Keras" say.
        is_inception_2015: whether it has the weights of the Inception graph of 2015.
        is_judge: whether it is the run's judge, whose run the protocol names.
    """

    name: str
    is_inception_2015: bool = False
    is_judge: bool = False

    def key(self, figure: str) -> str:
        """The key of a figure: "fid", "inception_v3_keras_fd", "judge_frechet_distance"."""
        if self.is_judge:
            return f"judge_{OF_JUDGES.get(figure, figure)}"
        if self.is_inception_2015:
            return OF_INCEPTION_2015.get(figure, f"inception_{figure}")
        return f"{snake_case(self.name)}_{figure}"

    def title(self, figure: str) -> str:
        """A figure in words: "FID", "InceptionV3-Keras FD"."""
        if self.is_inception_2015:
            return IN_WORDS_2015.get(figure, f"Inception {figure}")
        return f"{without_suffix(self.name)} {IN_WORDS.get(figure, figure)}"


JUDGE = NetworkName("judge", is_judge=True)


def network_name(named: str) -> NetworkName:
    """The name of the network that `--feature_network` names: "inception", a file, or a folder."""
    path = pathlib.Path(named)
    if named == INCEPTION or (path.suffix == ".h5" and digest(path, "md5") in INCEPTION_FILES.values()):
        return NetworkName(INCEPTION_NAME)
    return NetworkName(path.name, bool(INCEPTION_2015_FILES) and digest(path) in INCEPTION_2015_FILES)


def digest(path: pathlib.Path, algorithm: str = "sha256") -> str:
    """The checksum of a file, or of the files of a folder and their names; "" where there is neither."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = "".join(f"{digest(file, algorithm)} {file.relative_to(path).as_posix()}\n" for file in files)
    return hashlib.new(algorithm, lines.encode()).hexdigest() if files else ""


def without_suffix(name: str) -> str:
    """The name of a network's file, without what says that it is one."""
    return re.sub(r"\.(keras|h5)$", "", name)


def snake_case(name: str) -> str:
    """A name as a part of a key: "InceptionV3-Keras" as inception_v3_keras, a file without its suffix."""
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+", without_suffix(name))
    joined = "_".join(word.lower() for word in words)
    # A key begins with a letter.
    return joined if joined[:1].isalpha() else f"network_{joined}".rstrip("_")
