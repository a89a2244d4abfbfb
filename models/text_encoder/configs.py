"""What can be set of the char-CNN-RNN encoder: Reed et al., "Learning Deep Representations of Fine-Grained Visual
Descriptions" (CVPR 2016). "Torch code" is the authors' own, reedscot/cvpr2016.
"""

import dataclasses

from models.core.config import TrainingConfig, setting

SMALL_CNN = "small_cnn"


@dataclasses.dataclass(frozen=True)
class JointEmbeddingConfig(TrainingConfig):
    """The char-CNN-RNN text encoder, trained against an image encoder."""

    batch_size: int = setting(40, "pairs of distinct classes a step; Torch code, batch_size", minimum=2)
    epochs: int = setting(200, "of the ICML 2016 encoder; Torch code's default: 300", minimum=1, ends_run=True)
    learning_rate: float = setting(2e-4, "Adam's step size; of the ICML 2016 encoder", minimum=0.0, maximum=100.0)
    learning_rate_halving_epochs: int = setting(
        50, "epochs between halvings; of the ICML 2016 encoder: decay_every", minimum=0
    )
    embedding_dim: int = setting(1024, "size of both embeddings; CVPR 2016, section 5", minimum=1)
    convolution_width: int = setting(
        512, "channels of the second and third convolution, three quarters of it in the first", minimum=4
    )
    recurrent_width: int = setting(512, "units of the recurrent layer, whose states are averaged", minimum=1)
    read_characters: int = setting(
        201, "characters of a caption that are read, the rest is cut; Torch code, doc_length", minimum=48, maximum=201
    )
    image_encoder: str = setting(
        SMALL_CNN, "small_cnn (from scratch), or the .keras file of a pretrained network", path_or=(SMALL_CNN,)
    )
    image_features_dim: int = setting(0, "size of the pretrained network's features; from the network", minimum=0)
    image_encoder_width: int = setting(32, "channels of the small CNN's first stage", minimum=1)
    standardize: bool = setting(
        True,
        "whether the trained embeddings are moved and scaled to mean 0 and standard deviation 0.2; this project's, as "
        "the joint embedding leaves their scale free",
    )
    margin: float = setting(1.0, "by which the matching pair must win; CVPR 2016, equation 5", minimum=0.0)
