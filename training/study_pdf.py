"""A study's report as PDF, by reportlab, which is not among what the program needs: the extra ``report``.

The report's web page prints as well, and browsers save what they print as PDF; this is for machines without
one. The fonts are those that every PDF reader has, so that none is shipped or embedded.
"""

import html
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from training.errors import VaeError
from training.objectives import OBJECTIVES
from training.study_pictures import hole_picture
from training.study_report import TITLE, Report, meanings, report_failures
from training.study_table import LEGEND, arm_title, blocks, place_text, places, seeds_words
from training.study_words import introduction, tell_all

_ARROWS_AND_GREEK = frozenset("σμ↑↓→−≥≤")  # of the characters that we use those which the font Symbol has
_DINGBATS = frozenset("★")
_REPLACED = str.maketrans({"‖": "||", "\u0304": None})
_PICTURE = 82.0  # points
_PLANES_A_ROW = 4


def require_reportlab() -> None:
    """Raise :class:`VaeError` where PDF cannot be written."""
    try:
        import reportlab  # noqa: F401
    except ImportError:
        raise VaeError(
            "Writing PDF needs the package reportlab, which is not installed.",
            kept="Nothing was changed.",
            advice="Install it (pip install 'vae-desktop[report]'), or print report.html from a browser.",
        ) from None


def as_pdf(report: Report) -> bytes:
    """The report as a PDF file; raises :class:`VaeError` where reportlab is not installed."""
    require_reportlab()
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import SimpleDocTemplate

    buffer = BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=landscape(A4),
        title=f"{TITLE}: {report.name}",
        author="VAE Desktop",
        leftMargin=36,
        rightMargin=36,
        topMargin=36,
        bottomMargin=36,
    )
    document.build(list(_story(report)))
    return buffer.getvalue()


def _story(report: Report) -> Iterator[Any]:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph

    styles = getSampleStyleSheet()
    findings = report.findings

    def told(text: str, style: str = "BodyText") -> Any:
        return Paragraph(marked_up(text), styles[style])

    yield told(TITLE, "Title")
    yield told(report.name)
    yield told("What it says of the textbook's claims", "Heading2")
    yield told(introduction(findings))
    for claim in tell_all(findings):
        yield told(claim.text)
    yield told("The figures", "Heading2")
    yield told(f"{seeds_words(findings.seeds)} {LEGEND}")
    found = places(findings)
    for idea, columns in blocks():
        yield told(idea, "Heading3")
        rows = [["objective", *(column.heading for column in columns)]]
        for arm in findings.arms:
            texts = [place_text(found[arm, column.name], findings.seeds) for column in columns]
            rows.append([arm_title(findings, arm), *texts])
        yield _table(rows)
        yield told(meanings(columns))
    if report.planes or report.holes:
        yield told(
            "The planes of the first seed: drawings within 3 σ of the prior, and holes in orange", "Heading2"
        )
        yield _planes(report)
    for title, lines in report_failures(findings):
        yield told(title, "Heading2")
        yield from (told(line) for line in lines)
    yield told("How it was made", "Heading2")
    yield _table([list(fact) for fact in report.facts], heading=False)


def _table(rows: Sequence[Sequence[str]], *, heading: bool = True) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Table, TableStyle

    small = ParagraphStyle("small", fontName="Helvetica", fontSize=7.5, leading=9)
    cells = [[Paragraph(marked_up(text), small) for text in row] for row in rows]
    lines = TableStyle(
        [("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.lightgrey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    widths = [150.0, *[(770.0 - 150.0) / (len(rows[0]) - 1)] * (len(rows[0]) - 1)]
    return Table(cells, colWidths=widths, style=lines, repeatRows=int(heading), hAlign="LEFT")


def _planes(report: Report) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Image, Paragraph, Table

    small = ParagraphStyle("small", fontName="Helvetica", fontSize=7.5, leading=9)
    cells: list[Any] = []
    for arm in report.findings.arms:
        images = [report.planes[arm]] if arm in report.planes else []
        images += [hole_picture(report.holes[arm])] if arm in report.holes else []
        pictures = [Image(BytesIO(png), _PICTURE, _PICTURE) for png in images]
        shown = [Table([pictures])] if pictures else []
        cells.append([*shown, Paragraph(marked_up(OBJECTIVES[arm].label), small)])
    while len(cells) % _PLANES_A_ROW:
        cells.append("")
    return Table([cells[start : start + _PLANES_A_ROW] for start in range(0, len(cells), _PLANES_A_ROW)])


def marked_up(text: str) -> str:
    """A text for reportlab: nothing in it is markup, and other fonts have what Helvetica lacks."""
    return "".join(map(_in_font, text.translate(_REPLACED)))


def _in_font(character: str) -> str:
    font = "Symbol" if character in _ARROWS_AND_GREEK else "ZapfDingbats" if character in _DINGBATS else ""
    if font:
        return f'<font name="{font}">{character}</font>'
    known = character.encode("cp1252", "replace").decode("cp1252")  # what Helvetica has
    return html.escape(known)
