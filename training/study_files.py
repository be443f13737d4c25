"""What a study leaves for people and other programs: report and table."""

from pathlib import Path

from training.files import telling_write_problems, write_atomically, write_json
from training.study_pdf import as_pdf
from training.study_report import Report, as_html
from training.study_table import as_csv, as_json, as_markdown
from training.study_words import introduction, tell_all

REPORT_FILE = "report.html"


def summary(report: Report) -> dict[str, object]:
    """Plan, table, claims and failures, as JSON has it."""
    return {
        "plan": report.study.plan.to_json(),
        "table": as_json(report.findings),
        "claims": [told.to_json() for told in tell_all(report.findings)],
        "failures": [
            {"arm": arm, "seed": seed, "failure": why}
            for (arm, seed), why in report.findings.failures.items()
        ],
    }


def write_files(report: Report, folder: Path, *, pdf: bool) -> list[Path]:
    """Write table and report; the files."""
    with telling_write_problems(folder):
        folder.mkdir(parents=True, exist_ok=True)
    findings = report.findings
    claims = "\n\n".join(told.text for told in tell_all(findings))
    markdown = f"{as_markdown(findings)}\n{introduction(findings)}\n\n{claims}\n"
    contents = {
        REPORT_FILE: as_html(report),
        "table.md": markdown.encode(),
        "table.csv": as_csv(findings).encode(),
    }
    if pdf:
        contents["report.pdf"] = as_pdf(report)
    for file_name, content in contents.items():
        write_atomically(folder / file_name, content)
    write_json(folder / "table.json", summary(report))
    return [folder / file_name for file_name in (*contents, "table.json")]
