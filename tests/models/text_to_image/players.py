"""The networks of text to image as the papers' equations use them."""

import tensorflow as tf


class Players:
    """Networks with the latents that a step gave them; images are generated and scored with the batch's statistics."""

    def __init__(self, step):
        self.model, self.step = step.model, step

    @property
    def discriminators(self):
        """What the discriminator's loss trains: end to end, the text encoder too."""
        return [network for network in (self.model.discriminator, self.model.text_encoder) if network is not None]

    def generate(self, text, call=0):
        """With the latents of the generator's first, second, ... pass."""
        latent = tf.constant(self.step.given["generator"][call]["latent"])
        return self.model.generator({"latent": latent, "text": tf.stop_gradient(text)}, training=True)

    def score(self, image, text):
        return self.model.discriminator({"image": image, "text": text}, training=True)

    def embed(self, batch):
        """Texts, or end to end the mean over the captions of their embeddings."""
        if "text" in batch:
            return batch["text"]
        captions = tf.unstack(batch["characters"], axis=1)
        embedded = [self.model.text_encoder({"characters": characters}, training=True) for characters in captions]
        return tf.add_n(embedded) / len(embedded)
