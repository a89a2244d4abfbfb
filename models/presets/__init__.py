"""The one table of what `--model` accepts. Importing it does not import TensorFlow."""

from models.presets import judges, text_to_image

PRESETS = {**text_to_image.PRESETS, **judges.PRESETS}
