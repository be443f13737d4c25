"""Draws the program's icons in every size and format that desktops want: `python installer/icons.py FOLDER`.

FOLDER/hicolor/NxN/apps/vae-desktop.png                        the freedesktop icon theme, Linux
FOLDER/hicolor/NxN/mimetypes/application-x-vae-model.png
FOLDER/hicolor/scalable/apps/vae-desktop.svg and mimetypes/application-x-vae-model.svg
FOLDER/vae-desktop.ico, vae-document.ico                       Windows
FOLDER/vae-desktop.icns, vae-document.icns                     macOS
"""

import os
import shutil
import sys
from io import BytesIO
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # drawing needs no screen

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWINGS = Path(__file__).resolve().parents[1] / "resources" / "icons"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 24, 32, 48, 64, 128, 256)
MACOS_SIZES = (16, 32, 64, 128, 256, 512, 1024)
SMALL = 24  # up to this size the program's icon has a drawing of its own
# What it is called in resources/icons and as a file; its place and name in the icon theme.
ICONS = {
    "vae-desktop": ("apps", "vae-desktop"),
    "vae-document": ("mimetypes", "application-x-vae-model"),
}


def write_icons(folder: Path) -> None:
    """Write all icons below ``folder``, which is made if need be."""
    for name, (kind, theme_name) in ICONS.items():
        for size in SIZES:
            path = folder / "hicolor" / f"{size}x{size}" / kind / f"{theme_name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(name, size).save(path, optimize=True)
        scalable = folder / "hicolor" / "scalable" / kind / f"{theme_name}.svg"
        scalable.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DRAWINGS / f"{name}.svg", scalable)
        _write_in_one_file(folder / f"{name}.ico", [draw(name, size) for size in WINDOWS_SIZES])
        _write_in_one_file(folder / f"{name}.icns", [draw(name, size) for size in MACOS_SIZES])


def draw(name: str, size: int) -> Image.Image:
    """One of our icons, RGBA [size, size]: drawn at that size, not made smaller from a larger one."""
    small = DRAWINGS / f"{name}-small.svg"
    drawing = small if size <= SMALL and small.is_file() else DRAWINGS / f"{name}.svg"
    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise ValueError(f"{drawing} cannot be drawn")
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(BytesIO(content.data())).convert("RGBA")


def _write_in_one_file(path: Path, images: list[Image.Image]) -> None:
    largest = images[-1]
    sizes = [image.size for image in images]
    largest.save(path, sizes=sizes, append_images=images[:-1])


if __name__ == "__main__":
    write_icons(Path(sys.argv[1]))
