"""Experiments on a trained GAN: each is a function from a model and data to a `Finding` of pictures and figures."""
