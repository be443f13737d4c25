"""Groups of a person's pictures: made, changed, undone, and kept with the project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.language import mark, tr
from vae_desktop.exploration import Exploration
from vae_desktop.group_statistics import GroupMean
from vae_desktop.plain_words import one_line
from vae_desktop.plane_colouring import MOST_NAMED, Colouring, named, unknown
from vae_desktop.plane_session import PlaneSession

MOST_GROUPS = 100
_LONGEST_NAME = 60
_MOST_IDS = 10_000_000
_NONE = mark("No groups yet: select pictures and make a group of them (Ctrl+Shift+G).")


@dataclass(frozen=True, eq=False)
class Group:
    """Some pictures with a name.

    Attributes:
        key: tells it from others, whatever it is called.
        colour: which of the palette's.
        ids: int64 [n], ascending, what the project's index calls its pictures; some may be gone for a while.
    """

    key: int
    name: str
    colour: int
    ids: NDArray[np.int64]

    @cached_property
    def written_ids(self) -> str:
        """The ids in short: "3-17 20 31-40"."""
        parts = np.split(self.ids, np.nonzero(np.diff(self.ids) > 1)[0] + 1) if len(self.ids) else []
        return " ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)

    def as_state(self) -> dict[str, Any]:
        """As what JSON has."""
        return {"key": self.key, "name": self.name, "colour": self.colour, "ids": self.written_ids}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> "Group":
        """From :meth:`as_state`; raises ValueError, TypeError or KeyError where it is none of ours."""
        ids, total = [np.zeros(0, np.int64)], 0
        for part in str(state["ids"]).split():
            first, _, last = part.partition("-")
            low, high = int(first), int(last or first)
            total += high - low + 1
            if not 0 <= low <= high or total > _MOST_IDS:
                raise ValueError(f"ids {part}")
            ids.append(np.arange(low, high + 1))
        colour = int(state["colour"]) % MOST_NAMED
        return cls(int(state["key"]), _named(str(state["name"])), colour, np.unique(np.concatenate(ids)))


class PictureGroups(QObject):
    """The groups of the open project; every change is an edit.

    Args:
        session: whose pictures.
        exploration: where edits go to.

    Attributes:
        groups: the first ones come first where a picture is in several.
    """

    changed = Signal()
    moved = Signal()  # where they lie, or what they are

    def __init__(self, session: PlaneSession, exploration: Exploration) -> None:
        super().__init__(session)
        self._session, self._exploration = session, exploration
        self.groups: tuple[Group, ...] = ()
        self._means: dict[int, GroupMean | None] = {}
        self._numbers: dict[int, NDArray[np.int64]] = {}
        session.shown.connect(self._forget_means)
        session.closing.connect(lambda: self._set(()))

    # ------------------------------------------------------------------ edits

    def add(self, groups: Sequence[tuple[str, NDArray[np.int64]]]) -> None:
        """Make groups with names of pictures, given by their ids; what is beyond MOST_GROUPS is left out."""
        made: list[Group] = []
        for name, ids in groups[: MOST_GROUPS - len(self.groups)]:
            there = (*self.groups, *made)
            key = max((group.key for group in there), default=0) + 1
            taken = [group.colour for group in there]
            colour = min(range(MOST_NAMED), key=taken.count)  # the first of those that are used least
            made.append(Group(key, _named(name) or tr("Group {number}", number=key), colour, np.unique(ids)))
        if made:
            what = (
                tr("make group {name}", name=made[0].name)
                if len(made) == 1
                else tr("make {count} groups", count=len(made))
            )
            self._do(what, (*self.groups, *made))

    def rename(self, key: int, name: str) -> None:
        """Call a group something else; '' changes nothing."""
        name, group = _named(name), self.group(key)
        if group is not None and name and name != group.name:
            self._replace(
                tr("rename group {name}", name=group.name), key, lambda group: replace(group, name=name)
            )

    def recolour(self, key: int, colour: int) -> None:
        """Give a group another colour of the palette."""
        group = self.group(key)
        if group is not None and colour != group.colour:
            self._replace(
                tr("recolour group {name}", name=group.name), key, lambda group: replace(group, colour=colour)
            )

    def set_pictures(self, key: int, ids: NDArray[np.int64]) -> None:
        """Let a group be of other pictures, given by their ids."""
        group = self.group(key)
        if group is not None and not np.array_equal(np.unique(ids), group.ids):
            self._replace(
                tr("change group {name}", name=group.name),
                key,
                lambda group: replace(group, ids=np.unique(ids)),
            )

    def delete(self, key: int) -> None:
        """Have a group no more; its pictures stay."""
        group = self.group(key)
        if group is not None:
            rest = tuple(each for each in self.groups if each.key != key)
            self._do(tr("delete group {name}", name=group.name), rest)

    def _replace(self, text: str, key: int, change: Callable[[Group], Group]) -> None:
        self._do(text, tuple(change(each) if each.key == key else each for each in self.groups))

    def _do(self, text: str, after: tuple[Group, ...]) -> None:
        before = self.groups
        self._exploration.edits.do(text, lambda: self._set(after), lambda: self._set(before))

    def _set(self, groups: tuple[Group, ...]) -> None:
        if groups != self.groups:
            self.groups = groups
            self._means.clear()
            self._numbers.clear()
            self.changed.emit()
            self.moved.emit()

    # ------------------------------------------------------------------ what is known of them

    def group(self, key: int) -> Group | None:
        """A group; None where there is none of this key."""
        return next((each for each in self.groups if each.key == key), None)

    def ids_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the index calls pictures with these numbers."""
        store = self._session.pictures.store
        return np.zeros(0, np.int64) if store is None else store.ids[numbers]

    def numbers_of(self, group: Group) -> NDArray[np.int64]:
        """Which pictures of the project a group has, int64 [n], ascending; without those that are gone."""
        store = self._session.pictures.store
        if store is None:
            return np.zeros(0, np.int64)
        if group.key not in self._numbers:
            self._numbers[group.key] = np.nonzero(np.isin(store.ids, group.ids, assume_unique=True))[0]
        return self._numbers[group.key]

    def mean_of(self, group: Group) -> GroupMean | None:
        """Where a group lies; None while it is not known of any of its pictures."""
        if group.key not in self._means:
            where, store = self._session.where, self._session.pictures.store
            is_member = np.zeros(0 if store is None else len(store), np.bool_)
            is_member[self.numbers_of(group)] = True
            known = where.means[is_member[where.numbers]] if store is not None else where.means[:0]
            self._means[group.key] = GroupMean.of(known)
        return self._means[group.key]

    def colouring(self) -> Colouring:
        """A colour for each picture that is in a group."""
        if not self.groups:
            return unknown(tr(_NONE))
        store = self._session.pictures.store
        classes = np.zeros(0 if store is None else len(store), np.uint8)
        for place, group in reversed(list(enumerate(self.groups))):
            classes[self.numbers_of(group)] = place + 1
        colours = tuple(group.colour for group in self.groups)
        return named(
            classes, tuple(group.name for group in self.groups), other=tr("in no group"), colours=colours
        )

    def _forget_means(self) -> None:
        self._means.clear()
        self.moved.emit()

    # ------------------------------------------------------------------ kept with the project

    def state(self) -> list[dict[str, Any]]:
        """For :class:`exploration.Exploration`."""
        return [group.as_state() for group in self.groups]

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        """The same."""
        groups = tuple(Group.of_state(each) for each in state[:MOST_GROUPS])
        if len({group.key for group in groups}) < len(groups):
            raise ValueError("two groups have one key")
        self._set(groups)


def _named(name: str) -> str:
    return one_line(name).strip()[:_LONGEST_NAME]
