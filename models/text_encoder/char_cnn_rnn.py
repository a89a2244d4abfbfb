"""The char-CNN-RNN text encoder (Reed et al., CVPR 2016)."""

from models.text_encoder import networks
from models.text_encoder.configs import CharCNNRNNConfig
from models.text_encoder.joint_embedding import JointEmbedding


class CharCNNRNN(JointEmbedding):
    """Reads `characters` (B, 201) integers; see `pipelines.batches.text`."""

    config_class = CharCNNRNNConfig
    text_key = "characters"

    def build_text_encoder(self):
        """The paper's."""
        network = networks.text_encoder(self.config, self.config.embedding_dim)
        return self.with_embedding(network.input, network.output)
