"""What to tell of an error of a background job."""

import logging

from training.errors import VaeError
from training.language import tr

_log = logging.getLogger(__name__)


def error_sentence(error: Exception) -> str:
    """What to tell; what is not meant for people goes to the log."""
    if isinstance(error, VaeError):
        return str(error)
    _log.error("A background job failed", exc_info=error)
    return tr(
        "Something unexpected went wrong ({name}: {error}). The log file has the details.",
        name=type(error).__name__,
        error=error,
    )
