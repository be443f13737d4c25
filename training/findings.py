"""What a check of a project finds: where, how bad it is, and what to do."""

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from training.language import mark, tr, trn


class Severity(Enum):
    """How bad something is; only what is harmless leaves a project whole."""

    HARMLESS = "harmless"  # nothing needs to be done
    MENDABLE = "can be mended"  # the program can make it again
    LOST = "lost"  # it can only come from a backup

    @property
    def words(self) -> str:
        """To stand before a finding."""
        return tr(_WORDS[self])


_WORDS = {
    Severity.HARMLESS: mark("Harmless"),
    Severity.MENDABLE: mark("Damaged, can be mended"),
    Severity.LOST: mark("Damaged"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written.

    Attributes:
        place: the file below the project's folder, or what else it is about.
        what: what is wrong and what that costs, in sentences.
        advice: what to do, as a sentence; "" for nothing.
    """

    severity: Severity
    place: str
    what: str
    advice: str = ""

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return " ".join(filter(None, (f"{self.severity.words}: {self.place}.", self.what, self.advice)))

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return {**asdict(self), "severity": self.severity.value}


@dataclass(frozen=True)
class CheckReport:
    """What a check came to.

    Attributes:
        pictures: that are used.
        pixel_files: shards that the pictures lie in.
        files: read to their end, the shards and the source pictures among them.
        cancelled: whether it was stopped before it was through.
    """

    findings: tuple[Finding, ...]
    pictures: int
    pixel_files: int
    files: int
    cancelled: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is damaged."""
        return all(finding.severity is Severity.HARMLESS for finding in self.findings)

    @property
    def sentence(self) -> str:
        """The outcome."""
        count = sum(finding.severity is not Severity.HARMLESS for finding in self.findings)
        if self.cancelled:
            what = tr("The check was stopped; so much of the project was looked at:")
        elif count == 0:
            what = tr("The project is whole:")
        else:
            what = trn("Damage was found in {count} place:", "Damage was found in {count} places:", count)
        pictures = trn("{count} picture", "{count} pictures", self.pictures)
        files = trn("{count} file read", "{count} files read", self.files)
        return f"{what} {pictures}, {files}."

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return {
            "whole": self.is_whole and not self.cancelled,
            "cancelled": self.cancelled,
            "pictures": self.pictures,
            "pixel_files": self.pixel_files,
            "files": self.files,
            "findings": [finding.to_json() for finding in self.findings],
        }
