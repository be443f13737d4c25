"""A study's report: one HTML file that needs nothing else, for the screen and for the printer.

It can be handed on: a policy in its head (CSP) forbids scripts and every request; texts are escaped. It has
none of the pictures, only what the models draw.
"""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import __version__
from training.errors import VaeError
from training.objectives import OBJECTIVES, ObjectiveName
from training.places import resources_folder
from training.plane_map import PlaneMap, unpacked
from training.study_figures import Findings, findings_of
from training.study_pictures import hole_picture
from training.study_plan import MAPS_FILE, PLANE_FILE, RESULT_FILE, Study
from training.study_table import (
    LEGEND,
    Column,
    arm_title,
    blocks,
    place_text,
    places,
    seeds_words,
)
from training.study_words import introduction, tell_all

TITLE = "Which part of the regularisation achieves which property"
_STYLE = "web/study.css"


@dataclass(frozen=True)
class Report:
    """What a report is made of.

    Attributes:
        name: of the pictures that it is about.
        study: which study.
        findings: what it came to.
        results: what was kept of each training, see :mod:`training.study_plan`.
        planes: by arm, a PNG of what the first seed's model draws all over the prior.
        holes: by arm, its map of ln q̄/p.
    """

    name: str
    study: Study
    findings: Findings
    results: Sequence[Mapping[str, Any]]
    planes: Mapping[str, bytes]
    holes: Mapping[str, PlaneMap]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Settings, versions, times and the command that made it."""
        plan = self.study.plan
        wish = plan.wish
        seconds = sum(float(result["seconds"]) for result in self.results)
        return [
            ("pictures", f"{self.name}: {plan.learnt:,} learnt from, {plan.held_out:,} held out"),
            ("objectives", ", ".join(wish.arms)),
            ("seeds", ", ".join(map(str, range(wish.seeds)))),
            ("each training", f"{plan.epochs:,} epochs, {plan.steps:,} steps of {plan.batch_size} pictures"),
            ("latent numbers", str(wish.latent_dim)),
            ("arithmetic", plan.precision + (", XLA" if plan.xla else "")),
            (
                "weights",
                "averaged, of the last step and not of the best epoch: all have learnt for equally long",
            ),
            ("time", f"{seconds / 60:.0f} min for {len(self.results)} trainings, measuring included"),
            ("machine", plan.machine),
            ("versions", ", ".join(f"{name} {version}" for name, version in plan.versions.items())),
            ("begun", plan.created),
            ("command", plan.command),
        ]


def read_report(study: Study, name: str) -> Report:
    """What a study came to, from its folder.

    Raises:
        VaeError: something in it is damaged.
    """
    results = [result for cell in study.cells if (result := cell.result) is not None]
    try:
        findings = findings_of(study.plan.wish.arms, study.plan.wish.seeds, results)
    except (KeyError, TypeError, ValueError) as error:
        raise VaeError(
            f"A {RESULT_FILE} of {study.path} is damaged.",
            advice="Delete it, and the same command makes it anew.",
        ) from error
    planes: dict[str, bytes] = {}
    holes: dict[str, PlaneMap] = {}
    for cell in study.cells:
        if cell.seed == 0:
            if (cell.path / PLANE_FILE).is_file():
                planes[cell.arm] = (cell.path / PLANE_FILE).read_bytes()
            if (cell.path / MAPS_FILE).is_file():
                maps = {each.name: each for each in unpacked((cell.path / MAPS_FILE).read_bytes())}
                if "log_ratio" in maps:
                    holes[cell.arm] = maps["log_ratio"]
    return Report(name, study, findings, results, planes, holes)


def as_html(report: Report) -> bytes:
    """The report as one page in UTF-8."""
    style = (resources_folder() / _STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    title = html.escape(f"{TITLE}: {report.name}")
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    return (page + _body(report, _pictures(report)) + "\n</body>\n</html>\n").encode()


def as_simple_html(report: Report, style: str, a_row: int, side: int) -> str:
    """The report for what knows HTML 4 alone, such as Qt.

    Args:
        style: a style sheet.
        a_row: objectives whose planes stand side by side.
        side: of a picture, in pixels.
    """
    body = _body(report, _pictures_in_rows(report, a_row, side))
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def _body(report: Report, pictures: Iterable[str]) -> str:
    about = f"{report.name} · VAE Desktop {__version__} · {report.study.name}"
    parts = (
        f"<h1>{html.escape(TITLE)}</h1>",
        f'<p class="quiet">{html.escape(about)}</p>',
        *_claims(report.findings),
        *_tables(report.findings),
        *pictures,
        *_failures(report.findings),
        *_facts(report),
    )
    return "\n".join(parts)


def _claims(findings: Findings) -> Iterable[str]:
    yield "<h2>What it says of the textbook's claims</h2>"
    yield f"<p>{html.escape(introduction(findings))}</p>"
    for told in tell_all(findings):
        figures = html.escape(" ".join(("", *told.sentences)))
        yield (
            f"<h3>“{html.escape(told.claim)}”</h3><p>"
            f'<span class="verdict">{html.escape(told.summary)}</span>{figures}</p>'
        )


def _tables(findings: Findings) -> Iterable[str]:
    found = places(findings)
    yield "<h2>The figures</h2>"
    yield f"<p>{html.escape(seeds_words(findings.seeds))} {html.escape(LEGEND)}</p>"
    for idea, columns in blocks():
        yield f'<h3>{html.escape(idea)}</h3><div class="wide"><table>'
        heads = "".join(f"<th>{html.escape(column.heading)}</th>" for column in columns)
        yield f"<tr><th>objective</th>{heads}</tr>"
        for arm in findings.arms:
            cells = "".join(_cell(found[arm, column.name], findings.seeds) for column in columns)
            yield f"<tr><th>{html.escape(arm_title(findings, arm))}</th>{cells}</tr>"
        yield "</table></div>"
        yield f'<p class="quiet">{html.escape(meanings(columns))}</p>'


def _cell(place: Any, seeds: int) -> str:
    best = ' class="best"' if place.is_best else ""
    return f"<td{best}>{html.escape(place_text(place, seeds))}</td>"


def meanings(columns: Sequence[Column]) -> str:
    """What columns mean, in a line."""
    return " ".join(f"{column.title}: {column.meaning}." for column in columns)


_PLANES = (
    "<h2>The planes of the first seed</h2>"
    "<p>Left what is drawn within 3 σ of the prior, right how densely pictures lie there, against the"
    " prior: orange and outlined where there is hardly any, white where they are as dense, blue where"
    " they are denser.</p>"
)


def _pictures(report: Report) -> Iterable[str]:
    if not report.planes and not report.holes:
        return
    yield f'{_PLANES}<div class="arms">'
    for arm in report.findings.arms:
        yield f"<figure>{_images(report, arm)}<figcaption>{_caption(arm)}</figcaption></figure>"
    yield "</div>"


def _pictures_in_rows(report: Report, a_row: int, side: int) -> Iterable[str]:
    if not report.planes and not report.holes:
        return
    yield f"{_PLANES}<table>"
    arms = report.findings.arms
    for start in range(0, len(arms), a_row):
        yield "<tr>"
        for arm in arms[start : start + a_row]:
            yield f"<td>{_images(report, arm, f' width={side} height={side}')}<br>{_caption(arm)}</td>"
        yield "</tr>"
    yield "</table>"


def _images(report: Report, arm: ObjectiveName, size: str = "") -> str:
    label = OBJECTIVES[arm].label
    images = []
    if arm in report.planes:
        images.append(_image(report.planes[arm], f"Drawings over the prior: {label}", size))
    if arm in report.holes:
        images.append(_image(hole_picture(report.holes[arm]), f"Holes: {label}", size))
    return " ".join(images)


def _caption(arm: ObjectiveName) -> str:
    objective = OBJECTIVES[arm]
    return f"<strong>{html.escape(objective.label)}</strong>. {html.escape(objective.meaning)}"


def _image(png: bytes, words: str, size: str) -> str:
    content = base64.b64encode(png).decode()
    return f'<img alt="{html.escape(words)}"{size} src="data:image/png;base64,{content}">'


def _failures(findings: Findings) -> Iterable[str]:
    for title, lines in report_failures(findings):
        yield f"<h2>{html.escape(title)}</h2><ul>"
        yield from (f"<li>{html.escape(line)}</li>" for line in lines)
        yield "</ul>"


def report_failures(findings: Findings) -> list[tuple[str, list[str]]]:
    """What failed and what could not be measured: titles with their lines, none where there is nothing."""
    failed = [
        f"{OBJECTIVES[arm].label}, seed {seed}: {why}"  # type: ignore[index]
        for (arm, seed), why in findings.failures.items()
    ]
    missing = [f"{why} ({arms})" for why, arms in _by_note(findings).items()]
    return [
        (title, lines)
        for title, lines in (("What failed", failed), ("What could not be measured", missing))
        if lines
    ]


def _by_note(findings: Findings) -> dict[str, str]:
    by_note: dict[str, dict[str, None]] = {}
    for (arm, _name), why in findings.notes.items():
        by_note.setdefault(why, {})[OBJECTIVES[arm].label] = None  # type: ignore[index]
    return {why: ", ".join(arms) for why, arms in by_note.items()}


def _facts(report: Report) -> Iterable[str]:
    yield "<h2>How it was made</h2><table>"
    for name, value in report.facts:
        yield f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
    yield "</table>"
    yield "<h3>Trainings</h3><div class='wide'><table>"
    yield "<tr><th>objective</th><th>seed</th><th>epochs</th><th>training</th><th>in all</th></tr>"
    for result in report.results:
        label = OBJECTIVES[result["arm"]].label
        times = (f"{float(result[name]):.0f} s" for name in ("training_seconds", "seconds"))
        texts = (label, str(int(result["seed"])), str(int(result["epochs"])), *times)
        yield f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in texts)}</tr>"
    yield "</table></div>"


def name_of(target: str) -> str:
    """What a project or a folder is called in a report: no path, which may tell of its owner."""
    return target if target.startswith("sample:") else Path(target).resolve().name
