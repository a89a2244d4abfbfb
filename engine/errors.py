"""What a user can do something about is one line; any other error is a bug, and passes as it is."""

import contextlib
import os
from collections.abc import Callable

from absl import logging
from tensorflow import errors

from callbacks.checkpoints import TrainingError
from engine.folder import RunError
from models.core.config import ConfigError
from pipelines.examples import DataError


@contextlib.contextmanager
def errors_in_one_line(fail: Callable[[Exception], None]):
    """End with `fail` and one line for what a user can do something about."""
    try:
        yield
    except (ConfigError, DataError, RunError, TrainingError) as error:
        fail(error)
    except errors.ResourceExhaustedError as error:
        # TensorFlow's name for both. A graph's error is long before the line that tells which.
        reason = next((line for line in str(error).splitlines() if "OOM" in line), error)
        fail(ValueError(f"not enough memory (use a smaller --batch_size or --image_size), or a full disk: {reason}"))
    except (
        OSError,
        errors.AlreadyExistsError,
        errors.DataLossError,
        errors.NotFoundError,
        errors.PermissionDeniedError,
        errors.UnavailableError,
    ) as error:
        # A full disk, a folder without permission, a damaged file.
        fail(ValueError(f"could not read or write: {error}"))


def plain_log():
    """Log lines as they are, without absl's prefix of time, process and file, and without TensorFlow's own notes."""
    logging.get_absl_handler().setFormatter(None)
    logging.get_absl_handler().addFilter(is_for_users)
    logging.set_verbosity(logging.INFO)


def is_for_users(record) -> bool:
    """Whether a log record is worth a user's while: TensorFlow's own notes are not, its warnings are."""
    return record.levelno > logging.converter.STANDARD_INFO or f"{os.sep}tensorflow{os.sep}" not in record.pathname
