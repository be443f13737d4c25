"""Why pictures are skipped. People act on these reasons and the window counts them, so they are few."""

from training.language import mark

EMPTY = mark("empty file")
NOT_A_PICTURE = mark("not a picture")
UNSUPPORTED = mark("unsupported format")
RAW_PHOTO = mark("raw photo (install the extra “raw”)")
FILM = mark("film (its pictures are taken only where that is chosen)")
FILM_EXTRA = mark("film (install the extra “video”)")
DAMAGED = mark("damaged or cut short")
TOO_LARGE = mark("too large (over 200 megapixels)")
NEEDS_MEMORY = mark("needs too much memory")
TOO_SMALL = mark("too small (under 8 pixels)")
NO_PERMISSION = mark("no permission to read")
UNREADABLE = mark("could not be read from the disk")

LEFT_OUT = "left out: "  # how the reasons begin that a person has, see training.health


class SkippedPicture(Exception):  # noqa: N818 - it says what became of the picture, not what broke
    """A picture that cannot be used.

    Args:
        reason: one of the few above, in plain words.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def skipped_by(error: OSError | ValueError) -> SkippedPicture:
    """Why a file that could not be opened or read is skipped."""
    return SkippedPicture(NO_PERMISSION if isinstance(error, PermissionError) else UNREADABLE)
