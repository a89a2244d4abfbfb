"""The one table of what `--model` accepts. Importing it does not import TensorFlow."""

from models.presets import image_to_image, judges, text_to_image

PRESETS = {**text_to_image.PRESETS, **image_to_image.PRESETS, **judges.PRESETS}
