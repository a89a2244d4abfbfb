"""A convolutional text encoder over words."""

from losses import alignment_loss, edited_words_loss
from models.text_encoder import words
from models.text_encoder.configs import WordCNNConfig
from models.text_encoder.joint_embedding import JointEmbedding


class WordCNN(JointEmbedding):
    """Reads `words` (B, read_words) integers; see `models.text_encoder.vocabulary`.

    With an `alignment_dim`, captions and images are also compared word by word and region by region.
    """

    config_class = WordCNNConfig
    text_key = "words"

    def build_text_encoder(self):
        """This project's."""
        network = words.text_encoder(self.config)
        others = words.aligned(network, self.config) if self.config.alignment_dim else {}
        return self.with_embedding(network.input, network.output, **others)

    def build_image_encoder(self):
        """Of the alignment, one that looks at small regions first."""
        if not self.config.alignment_dim:
            return super().build_image_encoder()
        network = words.region_encoder(self.config)
        return self.with_embedding(network.input, **network.output)

    def loss_of(self, images, texts, edits, is_edited, batch):
        """That of the embeddings and those of the words, added."""
        loss, config = super().loss_of(images, texts, edits, is_edited, batch), self.config
        if not config.alignment_dim:
            return loss
        regions, read = images["regions"], texts["words"]
        if config.edited_captions:
            loss += edited_words_loss(regions, read, edits["words"], is_edited, config.edited_scale)
        label, caption = batch["label"], batch["caption"]
        return loss + alignment_loss(regions, read, texts["weights"], label, caption, config.alignment_scale)
