"""Generators of image to image on pictures that are too large for memory."""
