"""A convolutional text encoder over words."""

from models.text_encoder import words
from models.text_encoder.configs import WordCNNConfig
from models.text_encoder.joint_embedding import JointEmbedding


class WordCNN(JointEmbedding):
    """Reads `words` (B, read_words) integers; see `models.text_encoder.vocabulary`."""

    config_class = WordCNNConfig
    text_key = "words"

    def build_text_encoder(self):
        """This project's."""
        return words.text_encoder(self.config)
