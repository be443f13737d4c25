"""Which pictures are dropped or pasted: files, the bytes of one, or what another program copied."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from training.files import is_shared_model
from training.language import mark, tr
from training.recipe import has_recipe

# In the order they are wanted: without loss first. They are read as a file is, never by Qt.
_FORMATS = ("image/png", "image/webp", "image/tiff", "image/bmp", "image/jpeg", "image/gif", "image/avif")
_REMOTE = mark(
    "That picture is somewhere on the network, and this program makes no network connections. "
    "Save it as a file first and drop that, or copy the picture itself and paste it."
)
_REMOTE_SCHEMES = ("http", "https", "ftp", "sftp", "smb")
_FOLDER = mark("That is a folder. Open it with File ▸ Open folder, or drop it on the window.")
_NOTHING_DROPPED = mark(
    "There is no picture in what was dropped. Copy a picture, or a picture file, and paste it."
)
_NOTHING_COPIED = mark(
    "There is no picture in the clipboard. Copy a picture, or a picture file, and paste it."
)


@dataclass(frozen=True)
class Offered:
    """Pictures to place on the plane, or why there are none.

    Attributes:
        paths: files.
        content: the bytes of a picture file.
        image: what only Qt can read from the other program; None for none.
        problem: why there is none of these.
    """

    paths: tuple[Path, ...] = ()
    content: bytes = b""
    image: QImage | None = None
    problem: str = ""


def is_for_plane(data: QMimeData) -> bool:
    """Whether this may be pictures: anything but folders and models, which are opened, and mere text."""
    if data.hasUrls():
        paths = _local_paths(data)
        if len(paths) == 1 and has_recipe(paths[0]):
            return False  # of ours: the window comes back to where it was made
        return not any(path.is_dir() or is_shared_model(path) for path in paths)
    return data.hasImage() or any(data.hasFormat(name) for name in _FORMATS)


def dropped_pictures(data: QMimeData) -> Offered:
    """What was dropped on the plane."""
    return _offered(data, tr(_NOTHING_DROPPED))


def pasted_pictures(data: QMimeData | None) -> Offered:
    """What is in the clipboard."""
    return Offered(problem=tr(_NOTHING_COPIED)) if data is None else _offered(data, tr(_NOTHING_COPIED))


def _offered(data: QMimeData, nothing: str) -> Offered:
    if paths := _local_paths(data):
        return Offered(problem=tr(_FOLDER)) if any(path.is_dir() for path in paths) else Offered(paths=paths)
    for name in _FORMATS:
        if data.hasFormat(name) and (content := bytes(data.data(name).data())):
            return Offered(content=content)
    if data.hasImage() and isinstance(image := data.imageData(), QImage) and not image.isNull():
        return Offered(image=image)
    addresses = data.urls() or ([QUrl(data.text().strip())] if data.hasText() else [])
    for address in addresses:
        if address.scheme() == "data":
            return _within_address(address)
        if data.hasUrls() or address.scheme() in _REMOTE_SCHEMES:
            return Offered(problem=tr(_REMOTE))
    return Offered(problem=nothing)


def _local_paths(data: QMimeData) -> tuple[Path, ...]:
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())


def _within_address(url: QUrl) -> Offered:
    """The picture that an address of the kind ``data:`` itself holds, as browsers hand on small ones."""
    head, _, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    content = unquote_to_bytes(body)
    try:
        return Offered(content=base64.b64decode(content) if head.endswith(";base64") else content)
    except binascii.Error:
        return Offered(problem=tr("The picture in this address is damaged."))
