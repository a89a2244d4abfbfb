"""The one table of what `--model` accepts. Importing it does not import TensorFlow."""

from models.presets import classic, image_to_image, judges, text_to_image

PRESETS = {**text_to_image.PRESETS, **image_to_image.PRESETS, **classic.PRESETS, **judges.PRESETS}
