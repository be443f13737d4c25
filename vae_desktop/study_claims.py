"""What a study says of the textbook's claims, in the window's language, marked by signs and words."""

import html
from collections import Counter
from itertools import groupby

from PySide6.QtWidgets import QTextBrowser, QWidget

from training.estimate import Estimate
from training.language import mark, tr
from training.study_figures import Findings
from training.study_table import BY_NAME
from training.study_words import CLAIMS, Claim, Comparison, Verdict, Voice, verdict_of, voices_of
from training.twin_order import title_of
from vae_desktop.figure_rows import interval_words
from vae_desktop.map_meaning import few_digits
from vae_desktop.plain_words import one_line

VERDICTS: dict[Verdict, tuple[str, str]] = {
    "supported": ("✓", mark("Supported")),
    "contradicted": ("✗", mark("Contradicted")),
    "undecided": ("?", mark("Undecided")),
    "not supported": ("≈", mark("Not supported, as the figures do not agree")),
    "not tested": ("–", mark("Not tested")),
}
_VOICES: dict[Voice, str] = {"for": mark("✓ for"), "against": mark("✗ against"), "open": mark("? open")}
_ONE_SEED = mark(
    "With one seed there are no differences over seeds: what is said holds for these very trainings and no"
    " others."
)
_SEEDS = mark(
    "Differences are paired by seed, {seeds} of them, with 95 % intervals. A claim is supported if more than"
    " half of its comparisons speak for it and none against it, contradicted the other way round, and"
    " undecided if all intervals include no difference."
)


class StudyClaims(QTextBrowser):
    """A paragraph for each claim, and what failed above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(tr("What the study says"))

    def show_findings(self, findings: Findings) -> None:
        """Show what figures say."""
        kept = self.verticalScrollBar().value()
        self.setHtml("".join((*_failures(findings), *_claims(findings))))
        self.verticalScrollBar().setValue(kept)


def _failures(findings: Findings) -> list[str]:
    if not findings.failures:
        return []
    lines = [
        tr("{objective}, seed {seed}: {why}", objective=title_of(arm), seed=seed, why=one_line(why))  # type: ignore[arg-type]
        for (arm, seed), why in findings.failures.items()
    ]
    title = tr("⚠ These trainings failed; the others count without them:")
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return [f"<p><b>{html.escape(title)}</b></p><ul>{items}</ul>"]


def _claims(findings: Findings) -> list[str]:
    about = tr(_ONE_SEED) if findings.seeds == 1 else tr(_SEEDS, seeds=findings.seeds)
    return [f"<p>{html.escape(about)}</p>", *(_claim(claim, findings) for claim in CLAIMS)]


def _claim(claim: Claim, findings: Findings) -> str:
    voices = voices_of(claim, findings)
    verdict = verdict_of([voice for _each, voice in voices])
    sign, word = VERDICTS[verdict]
    words = [claim_summary(claim, verdict, [voice for _each, voice in voices])]
    for _pair, of_pair in groupby(voices, key=lambda each: (each[0].arm, each[0].other)):
        words.append(_pair_words(list(of_pair), findings))
    body = "<br>".join(map(html.escape, words))
    return f"<p><b>{sign} {html.escape(tr(word))}: {html.escape(tr(claim.text))}</b><br>{body}</p>"


def claim_summary(claim: Claim, verdict: Verdict, voices: list[Voice]) -> str:
    """How many comparisons say what, a sentence or two."""
    if verdict == "not tested":
        arms = dict.fromkeys(arm for each in claim.comparisons for arm in (each.arm, each.other) if arm)
        return tr("It takes figures of: {objectives}.", objectives=", ".join(map(title_of, arms)))
    count = Counter(voices)
    text = tr(
        "{supporting} of {count} comparisons speak for it, {against} against it.",
        supporting=count["for"],
        count=len(voices),
        against=count["against"],
    )
    if verdict == "contradicted":
        text += " " + tr("This contradicts the textbook.") + " " + tr(claim.contrary)
    return text


def _pair_words(comparisons: list[tuple[Comparison, Voice]], findings: Findings) -> str:
    first = comparisons[0][0]
    figures = "; ".join(_figure(each, voice, findings) for each, voice in comparisons)
    if first.other is None:
        return tr("{objective}: {figures}.", objective=title_of(first.arm), figures=figures)
    return tr(
        "{objective} instead of {other} changes: {figures}.",
        objective=title_of(first.arm),
        other=title_of(first.other),
        figures=figures,
    )


def _figure(comparison: Comparison, voice: Voice, findings: Findings) -> str:
    return tr(
        "{figure} {difference}, {voice}",
        figure=tr(BY_NAME[comparison.name].title),
        difference=estimate_words(comparison.difference(findings)),
        voice=tr(_VOICES[voice]),
    )


def estimate_words(estimate: Estimate) -> str:
    """A figure and its interval: '0.314 (0.290 to 0.338)'; '–' where it is not known."""
    if not estimate.is_known:
        return "–"
    interval = interval_words(estimate)
    return few_digits(estimate.value) + (f" ({interval})" if interval else "")
