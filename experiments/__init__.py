"""What a trained GAN is asked to show: each experiment is a function from a model and data to a `Finding`."""
