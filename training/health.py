"""The health of a project's pictures: what was skipped and why, copies, near copies, tiny and blank ones.

What is left out stays in the project, pixels and all, and can be taken back at any time. Every file that was
found is used or skipped, and those that are left out are among the skipped ones.
"""

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.held_out import FEWEST_PICTURES, hold_some_out
from training.language import mark, tr
from training.near_copies import near_copies
from training.project import Project

# What a person may leave out, and why it is skipped then; see training.skipping.LEFT_OUT.
Kind = Literal["copies", "alike", "tiny", "blank"]
REASONS: Mapping[Kind, str] = {
    "copies": mark("left out: a copy of another picture"),
    "alike": mark("left out: looks nearly like another picture"),
    "tiny": mark("left out: tiny"),
    "blank": mark("left out: blank"),
}
KINDS = tuple(REASONS)
TINY_SHARE = 0.5  # of the project's size: what is smaller is enlarged to more than twice its own

ShouldStop = Callable[[], bool]
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Health:
    """What was found out about the pictures, by the index's ids. Always found == used + skipped.

    Attributes:
        reasons: why files were skipped, and how many for each reason, the commonest first.
        copies: groups of used pictures whose files are the same, byte by byte; the first one would stay.
        alike: groups of used pictures that look nearly the same and are no copies; the first one, which is
            the largest, would stay.
        tiny: used pictures that are enlarged to more than twice their size.
        blank: used pictures that show hardly anything.
        is_known: whether all used pictures were looked at for this; those that an earlier version imported
            are only told by their bytes.
    """

    found: int
    used: int
    skipped: int
    reasons: Mapping[str, int]
    copies: Groups
    alike: Groups
    tiny: tuple[int, ...]
    blank: tuple[int, ...]
    is_known: bool

    def superfluous(self, kind: Kind) -> list[int]:
        """The pictures that would be left out; of each group one stays."""
        if kind in ("tiny", "blank"):
            return list(self.tiny if kind == "tiny" else self.blank)
        return [
            picture for group in (self.copies if kind == "copies" else self.alike) for picture in group[1:]
        ]

    def left_out(self, kind: Kind) -> int:
        """How many were left out and can be taken back."""
        return self.reasons.get(REASONS[kind], 0)

    def to_json(self) -> dict[str, Any]:
        """Everything by name."""
        return asdict(self)


def look_at(project: Project, should_stop: ShouldStop = lambda: False) -> Health | None:
    """Find out how the pictures are; it takes seconds where there are a million. None when told to stop.

    Raises:
        VaeError: the index or the pixels cannot be read.
    """
    facts = _facts(project)
    reasons = project.reasons()
    skipped = sum(reasons.values())
    compared = np.flatnonzero(facts["is_known"] & ~facts["is_blank"])
    near: list[list[int]] = []
    if len(compared) > 1:
        likeness = facts["likeness"][compared].view(np.uint64)
        near = near_copies(project.pictures(), compared, likeness, should_stop)
    if should_stop():
        return None
    image_format = project.image_format
    side = 0 if image_format is None else image_format.size
    is_tiny = facts["is_known"] & (facts["short_side"] < TINY_SHARE * side) & ~facts["is_blank"]
    return Health(
        len(facts) + skipped,
        len(facts),
        skipped,
        reasons,
        _copies(project),
        _alike(project, facts, near),
        tuple(facts["id"][is_tiny].tolist()),
        tuple(facts["id"][facts["is_blank"]].tolist()),
        bool(facts["is_known"].all()),
    )


_FACTS = np.dtype(
    [
        ("id", np.int64),
        ("likeness", np.int64),
        ("short_side", np.int64),
        ("area", np.int64),
        ("is_blank", np.bool_),
        ("is_known", np.bool_),
    ]
)


def _facts(project: Project) -> NDArray[np.void]:
    """What the index has of every used picture, in the order of :meth:`Project.pictures`."""
    query = (
        "SELECT id, COALESCE(likeness, 0), MIN(COALESCE(width, 0), COALESCE(height, 0)),"
        " COALESCE(width * height, 0), is_blank, likeness IS NOT NULL"
    )
    with project.index() as index:
        rows = index.execute(f"{query} FROM pictures WHERE status = 'used' ORDER BY id")
        return np.fromiter(rows, _FACTS)


def _copies(project: Project) -> Groups:
    query = (
        "SELECT id, sha256, frame FROM pictures WHERE status = 'used' AND sha256 IN"
        " (SELECT sha256 FROM pictures WHERE status = 'used' GROUP BY sha256, frame HAVING COUNT(*) > 1)"
        " ORDER BY sha256, frame, id"
    )
    with project.index() as index:
        rows = index.execute(query).fetchall()
    groups = (tuple(row[0] for row in group) for _, group in groupby(rows, key=lambda row: row[1:]))
    return tuple(sorted(groups))


def _alike(project: Project, facts: NDArray[np.void], near: list[list[int]]) -> Groups:
    """Groups without what is the same byte by byte, the largest picture first."""
    groups = []
    with project.index() as index:
        for numbers in near:
            of_content: dict[tuple[str, int], int] = {}
            for number in numbers:
                found = index.execute(
                    "SELECT sha256, frame FROM pictures WHERE id = ?", (int(facts["id"][number]),)
                )
                of_content.setdefault(found.fetchone(), number)
            ordered = sorted(of_content.values(), key=lambda number: (-facts["area"][number], number))
            if len(ordered) > 1:
                groups.append(tuple(int(facts["id"][number]) for number in ordered))
    return tuple(groups)


# ---------------------------------------------------------------------- leaving out


def leave_out(project: Project, pictures: Sequence[int], kind: Kind) -> None:
    """Skip pictures from now on, for this reason; trainings do not see them any more.

    Args:
        pictures: the index's ids.

    Raises:
        VaeError: too few would be left to learn from; nothing is changed then.
    """
    with project.index() as index:
        index.executemany(
            "UPDATE pictures SET status = 'skipped', reason = ? WHERE id = ? AND status = 'used'",
            ((REASONS[kind], picture) for picture in pictures),
        )
        left = index.execute("SELECT COUNT(*) FROM pictures WHERE status = 'used'").fetchone()[0]
        if left < FEWEST_PICTURES:
            raise VaeError(
                tr(
                    "Only {left} pictures would be left, and it takes {fewest}.",
                    left=left,
                    fewest=FEWEST_PICTURES,
                ),
                kept=tr("Nothing was changed."),
            )
        hold_some_out(index)


def take_back(project: Project, kind: Kind) -> None:
    """Use again what was left out for this reason."""
    with project.index() as index:
        index.execute(
            "UPDATE pictures SET status = 'used', reason = NULL WHERE reason = ? AND shard IS NOT NULL",
            (REASONS[kind],),
        )
        hold_some_out(index)


# ---------------------------------------------------------------------- as a table

_COLUMNS = ("path", "frame", "status", "reason", "bytes", "width", "height", "sha256", "held_out", "is")


def as_csv(project: Project, health: Health) -> str:
    """A line for every file that was found, or for every frame of it that was taken, counted from 1.

    The last column tells what it is besides, and of which file.
    """
    besides = _besides(project, health)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    with project.index() as index:
        rows = index.execute(
            "SELECT id, path, frame, status, reason, size, width, height, sha256, held_out FROM pictures"
            " ORDER BY path, frame"
        )
        for picture, path, frame, status, reason, *facts in rows:
            told = "" if reason is None else tr(reason)
            table.writerow([_shown(path), frame + 1, status, told, *facts, besides.get(picture, "")])
    return text.getvalue()


def _besides(project: Project, health: Health) -> dict[int, str]:
    told = {picture: tr("tiny") for picture in health.tiny} | {
        picture: tr("blank") for picture in health.blank
    }
    for groups, words in ((health.copies, mark("copy of {path}")), (health.alike, mark("looks like {path}"))):
        for first, *others in groups:
            told |= dict.fromkeys(others, tr(words, path=_shown(os.fsencode(project.picture_name(first)))))
    return told


def _shown(path: bytes) -> str:
    """As text that every program reads: bytes that are not UTF-8 as escapes."""
    return path.decode("utf-8", "backslashreplace")
