"""What can be done from the menus, as a list: for the search of actions and for the list of keys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from vae_desktop.plain_words import without_mnemonic

PATH_SIGN = " ▸ "


@dataclass(frozen=True)
class Command:
    """Something that can be done now or, where ``is_enabled`` says so, not now.

    Attributes:
        title: what it does, as menus say it.
        where: the menus that lead to it, outermost first; may be empty.
        keys: its shortcuts as the person types them.
        tip: a few words more.
        is_checked: of what can be switched on and off; None for all else.
    """

    title: str
    run: Callable[[], object]
    where: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    tip: str = ""
    icon: QIcon = field(default_factory=QIcon)
    is_enabled: Callable[[], bool] = lambda: True
    is_checked: bool | None = None

    @property
    def path(self) -> str:
        """The menus that lead to it, in one line."""
        return PATH_SIGN.join(self.where)


def menu_commands(bar: QMenuBar) -> Iterator[Command]:
    """Everything in the menus, in their order; what is hidden is left out."""
    for action in bar.actions():
        yield from _commands_below(action, ())


def commands_of(menu: QMenu, where: tuple[str, ...]) -> Iterator[Command]:
    """Everything in a menu of a button, which is filled as if it were opened; ``where`` leads to it."""
    menu.aboutToShow.emit()
    for action in menu.actions():
        yield from _commands_below(action, where)


def _commands_below(action: QAction, where: tuple[str, ...]) -> Iterator[Command]:
    if action.isSeparator() or not action.isVisible():
        return
    menu = action.menu()
    if isinstance(menu, QMenu):
        for child in menu.actions():
            yield from _commands_below(child, (*where, without_mnemonic(menu.title())))
        return
    yield Command(
        title=without_mnemonic(action.text()),
        run=action.trigger,
        where=where,
        keys=tuple(filter(None, map(keys_in_words, action.shortcuts()))),
        tip=action.statusTip(),
        icon=action.icon(),
        is_enabled=action.isEnabled,
        is_checked=action.isChecked() if action.isCheckable() else None,
    )


def keys_in_words(keys: QKeySequence) -> str:
    """A shortcut as this system writes it."""
    return keys.toString(QKeySequence.SequenceFormat.NativeText)
