"""Captions as characters: the input of the char-CNN-RNN text encoder, in training, sampling and serving alike."""

import numpy as np
import tensorflow as tf

from pipelines.characters import MAX_CHARACTERS

# The 70 symbols of the authors' Torch code (reedscot/icml2016). '-' occurs twice, and the later index wins.
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+-=<>()[]{} "

# Everything that `caption_files.clean_caption` turns into spaces: Unicode's white space and control characters, byte
# order marks and U+FFFD, which replaces undecodable bytes. In the syntax of RE2, where \s matches ASCII only.
_SPACES = r"[\x00-\x20\x7f-\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}\x{fffd}]+"


def _ids_of_bytes() -> np.ndarray:
    """(256,) int32: for each byte its position in the alphabet, from 1; 0 if it is not in the alphabet."""
    ids = np.zeros(256, np.int32)
    for place, symbol in enumerate(ALPHABET, start=1):
        ids[ord(symbol)] = place
    return ids


_IDS_OF_BYTES = _ids_of_bytes()


def decode_characters(ids: np.ndarray, unknown: str = "\N{MIDDLE DOT}") -> str:
    """What an encoder reads of a caption: its (m,) ids as text, with a sign for each that it does not know."""
    return "".join(ALPHABET[place - 1] if place else unknown for place in np.trim_zeros(np.asarray(ids), "b"))


def encode_characters(captions: tf.Tensor) -> tf.Tensor:
    """Encodes captions as the ids of their characters. Works eagerly, in `tf.data` and in an exported graph.

    Bytewise, like the Torch code: a letter outside ASCII becomes as many unknown characters as it has bytes in UTF-8.
    A-Z are read as a-z; any run of Unicode white space, control characters, byte order marks and U+FFFD is read as one
    space, and dropped at the ends.

    Args:
        captions: tf.string, of any shape.

    Returns:
        int32 of shape `captions.shape + (MAX_CHARACTERS,)`: 1 to 70 for the symbols of `ALPHABET`, 0 for an unknown
        character and after the end of the caption. Id 0 stands for an all-zero row, not for a symbol.
    """
    # As in the readers of captions, so that a typed caption is encoded like one from a file.
    captions = tf.strings.strip(tf.strings.regex_replace(captions, _SPACES, " "))
    # Lower-casing bytes leaves everything outside A-Z alone; decoding cuts and pads with zeros to the fixed length.
    lowered = tf.strings.lower(captions)
    characters = tf.io.decode_raw(lowered, tf.uint8, fixed_length=MAX_CHARACTERS)
    return tf.gather(_IDS_OF_BYTES, tf.cast(characters, tf.int32))
