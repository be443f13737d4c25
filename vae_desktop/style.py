"""Colours, icons and the few metrics that every widget of the window shares."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from training.places import resources_folder

GRID = 8
"""The step of every margin and gap, in device-independent pixels."""

ICONS = resources_folder() / "icons"

_ICON_SIZES = (16, 20, 24, 48)
_SCALES = (1, 2)


def is_dark(palette: QPalette) -> bool:
    """Whether the palette draws light text on a dark ground."""
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def accent(palette: QPalette) -> QColor:
    """The one accent colour, readable on the palette's ground (contrast of 4.5 and more)."""
    return QColor("#7ab0f5") if is_dark(palette) else QColor("#2a68bf")


def text_on_accent(palette: QPalette) -> QColor:
    """The colour of text and icons that stand on the accent colour."""
    return QColor("#0e1622") if is_dark(palette) else QColor("#ffffff")


def held_out_colour(palette: QPalette) -> QColor:
    """The colour of held-out pictures; told from the accent by hue and lightness, colour-blind or not."""
    return QColor("#f2a65a") if is_dark(palette) else QColor("#b4540a")


def guest_colour(palette: QPalette) -> QColor:
    """The colour of pictures that are no part of the project; told from the two others by hue."""
    return QColor("#d79bf0") if is_dark(palette) else QColor("#8b36b0")


def run_colours(palette: QPalette) -> tuple[QColor, QColor]:
    """The colours of two runs that are compared."""
    return accent(palette), palette.color(QPalette.ColorRole.WindowText)


def quiet_text(palette: QPalette) -> QColor:
    """The colour of secondary text: weaker than the text, still a contrast of about 4.5."""
    return mix(palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window), 0.36)


def hairline(palette: QPalette) -> QColor:
    """The colour of thin borders and separators."""
    return mix(palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window), 0.82)


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """The colour that is ``share`` (0 to 1) of the way from the first to the second."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def icon(name: str, palette: QPalette) -> QIcon:
    """One of our icons in the palette's text colours, sharp at 1× and 2×, with a disabled look.

    Args:
        name: the file in resources/icons without its ending.
        palette: decides the colours; ask again when it changes.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    normal = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.ButtonText)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    return tinted_icon(name, normal, disabled)


def tinted_icon(name: str, normal: QColor, disabled: QColor) -> QIcon:
    """One of our icons in given colours. Raises FileNotFoundError when there is no such icon."""
    return _render_icon(name, normal.name(), disabled.name())


@lru_cache(maxsize=128)
def _render_icon(name: str, normal: str, disabled: str) -> QIcon:
    drawing = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for colour, mode in ((normal, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
        for size in _ICON_SIZES:
            for scale in _SCALES:
                result.addPixmap(_render(renderer, size, scale), mode)
    return result


def _render(renderer: QSvgRenderer, size: int, scale: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size * scale, size * scale))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def application_icon() -> QIcon:
    """The program's icon for windows and task bars; empty when the file is missing."""
    result = QIcon()
    for name, sizes in (("vae-desktop-small", (16, 24)), ("vae-desktop", (32, 48, 64, 128, 256))):
        drawing = ICONS / f"{name}.svg"
        if drawing.is_file():
            renderer = QSvgRenderer(str(drawing))
            for size in sizes:
                result.addPixmap(_render(renderer, size, 1))
    return result


def tabular_font(font: QFont) -> QFont:
    """The font with digits of equal width, so that changing numbers do not jitter."""
    result = QFont(font)
    if hasattr(QFont, "setFeature"):
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def scaled_font(font: QFont, factor: float, *, bold: bool = False) -> QFont:
    """The font at ``factor`` times its size."""
    result = QFont(font)
    if font.pointSizeF() > 0:
        result.setPointSizeF(font.pointSizeF() * factor)
    else:
        result.setPixelSize(round(font.pixelSize() * factor))
    if bold:
        result.setWeight(QFont.Weight.DemiBold)
    return result


def apply_style(app: QApplication) -> None:
    """Fusion in the system's light or dark colours with our accent; follows the system when it changes."""
    app.setStyle("Fusion")
    app.setWindowIcon(application_icon())
    apply_colours(app)
    QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: apply_colours(app))


def apply_colours(app: QApplication, chosen: QPalette | None = None) -> None:
    """Our accent on the system's palette, or on a chosen one that takes its place."""
    if chosen is not None:
        ground, ours = chosen, QPalette(chosen)
    else:
        # Only the roles set here are ours; every other one stays unresolved, so the system keeps deciding it.
        app.setPalette(QPalette())  # a palette that was chosen before would be taken for the system's
        scheme = QGuiApplication.styleHints().colorScheme()
        ground = app.style().standardPalette() if scheme != Qt.ColorScheme.Unknown else app.palette()
        ours = QPalette()
    colour = accent(ground)
    for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.Accent, QPalette.ColorRole.Link):
        ours.setColor(role, colour)
    ours.setColor(QPalette.ColorRole.HighlightedText, text_on_accent(ground))
    pale = mix(colour, ground.color(QPalette.ColorRole.Window), 0.6)
    ours.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, pale)
    app.setPalette(ours)
