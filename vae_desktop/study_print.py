"""A study's report as PDF, by Qt."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from training.files import write_atomically
from training.study_report import TITLE, Report, as_simple_html

_MARGIN = 12.0  # millimetres
_DOTS_PER_INCH = 300
_STYLE = """
h1 { font-size: 16pt; } h2 { font-size: 12pt; } h3 { font-size: 10pt; }
p, li { font-size: 8.5pt; }
td, th { padding: 1px 5px; font-size: 7pt; text-align: left; }
.best { background-color: #e3f0e4; }
.verdict { font-weight: bold; }
"""
_PLANES_A_ROW, _SIDE = 4, 118  # pixels of 1/96 inch


def write_pdf(report: Report, path: Path) -> None:
    """Write the report to a file; raises :class:`training.errors.VaeError` where that cannot be."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DOTS_PER_INCH)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Landscape,
            margins,
            QPageLayout.Unit.Millimeter,
        )
    )
    writer.setTitle(f"{TITLE}: {report.name}")
    writer.setCreator("VAE Desktop")
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    document.setPageSize(QSizeF(writer.width(), writer.height()))
    document.setDocumentMargin(0.0)
    document.setHtml(as_simple_html(report, _STYLE, _PLANES_A_ROW, _SIDE))
    document.print_(writer)
    buffer.close()
    write_atomically(path, bytes(content.data()))
