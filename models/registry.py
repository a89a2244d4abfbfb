"""All presets that `--model` accepts, from the tables of the families. Importable without TensorFlow."""

from models.generation import presets as generation
from models.image_to_image import presets as image_to_image
from models.judges import presets as judges
from models.style_encoder import presets as style_encoder
from models.super_resolution import presets as super_resolution
from models.text_encoder import presets as text_encoder
from models.text_to_image import presets as text_to_image

FAMILIES = (text_to_image, text_encoder, style_encoder, image_to_image, super_resolution, generation, judges)
PRESETS = {name: preset for family in FAMILIES for name, preset in family.PRESETS.items()}
