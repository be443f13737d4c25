"""A few pictures as an import would make them, in one format or another, before anything is imported.

Decoding, which a picture may crash or hang, happens once and in worker processes; from what it gives, another
format is had at once.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.decode_pool import Decoded, DecodePool
from training.image_format import ImageFormat
from training.images import decode_each
from training.picture_render import at_working_size, render
from training.skipping import SkippedPicture, skipped_by

PREVIEWED = 12
_MOST_SIDE = 768  # pixels
_ANY_FORMAT = ImageFormat(32, 3)

Plain = NDArray[np.uint8]  # [h, w, 4]


def decode_plainly(path: Path, _image_format: ImageFormat, every_frame: int) -> Iterator[Decoded]:
    """Decode a file's picture before it is brought into any format; ``pixels`` are uint8 [h, w, 4]."""
    try:
        with path.open("rb") as source:
            plain = decode_each(
                source, path.suffix, every_frame, lambda image: at_working_size(image, _MOST_SIDE)
            )
            yield Decoded(path, 0, 0, "", next(plain), None)
    except SkippedPicture as skipped:
        yield Decoded(path, 0, 0, "", None, skipped.reason)
    except (OSError, ValueError) as error:
        yield Decoded(path, 0, 0, "", None, skipped_by(error).reason)


def read_plainly(paths: Iterable[Path], should_stop: Callable[[], bool] = lambda: False) -> list[Plain]:
    """The first :data:`PREVIEWED` readable ones of these pictures; of films the first frame.

    Raises:
        VaeError: worker processes cannot be started.
    """
    found: list[Plain] = []
    with DecodePool(_ANY_FORMAT, decode_one=decode_plainly, every_frame=1) as pool:
        for decoded in pool.decode(paths, should_stop=should_stop):
            if decoded.pixels is not None:
                found.append(decoded.pixels)
            if len(found) == PREVIEWED:
                break
    return found


def in_format(picture: Plain, image_format: ImageFormat) -> NDArray[np.uint8]:
    """What an import makes of a picture, uint8 [S, S, C], but for rounding."""
    return render(Image.fromarray(picture), image_format).pixels
