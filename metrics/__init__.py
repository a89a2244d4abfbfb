"""Measures of images, features and embeddings: pure functions that know no model and open no file."""
