"""A new modality as a whole: signals of one dimension. No file outside this folder knows of it."""
