"""What a person did and can take back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtGui import QAction, QUndoCommand, QUndoStack

from training.language import tr

_MOST_EDITS = 500
_MERGES_SECONDS = 1.0  # what is done again sooner, as by an arrow key, is one edit with what was before


class Edit(QUndoCommand):
    """One thing that was done.

    Args:
        text: what it was, as it follows "Undo": "move handle 2".
        do: brings about the state after it; doing it twice is like doing it once.
        undo: brings about the state before it.
        merges: edits with the same words here that follow each other soon are one.
    """

    def __init__(self, text: str, do: Callable[[], None], undo: Callable[[], None], merges: str = "") -> None:
        super().__init__(text)
        self._do, self._undo, self._merges = do, undo, merges
        self._when = time.monotonic()

    def redo(self) -> None:
        """Do it, for the first time or again."""
        self._do()

    def undo(self) -> None:
        """Take it back."""
        self._undo()

    def id(self) -> int:
        """Equal for edits that may be one."""
        return hash(self._merges) & 0x7FFFFFFF if self._merges else -1

    def mergeWith(self, later: QUndoCommand) -> bool:
        """Be one with a later edit, if it came soon and is of the same kind."""
        if not isinstance(later, Edit) or later._merges != self._merges:
            return False
        if later._when - self._when > _MERGES_SECONDS:
            return False
        self._do, self._when = later._do, later._when
        return True


class Edits(QUndoStack):
    """Edits, the newest last."""

    def __init__(self) -> None:
        super().__init__()
        self.setUndoLimit(_MOST_EDITS)
        self._busy = False

    @property
    def is_busy(self) -> bool:
        """Whether an edit is being done or taken back: what changes now is no edit of its own."""
        return self._busy

    def do(self, text: str, do: Callable[[], None], undo: Callable[[], None], merges: str = "") -> None:
        """Do something that can be taken back; see :class:`Edit`."""
        self.push(Edit(text, self._marking(do), self._marking(undo), merges))

    @contextmanager
    def resting(self) -> Iterator[None]:
        """For changes that are no edits."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _marking(self, job: Callable[[], None]) -> Callable[[], None]:
        def marked() -> None:
            with self.resting():
                job()

        return marked


def join_undo(edits: Edits, undo: QAction, redo: QAction) -> None:
    """Let two actions take edits back and do them again, and say which."""

    undo.triggered.connect(edits.undo)
    redo.triggered.connect(edits.redo)
    edits.canUndoChanged.connect(undo.setEnabled)
    edits.canRedoChanged.connect(redo.setEnabled)
    edits.undoTextChanged.connect(
        lambda text: undo.setText(tr("&Undo {edit}", edit=text) if text else tr("&Undo"))
    )
    edits.redoTextChanged.connect(
        lambda text: redo.setText(tr("&Redo {edit}", edit=text) if text else tr("&Redo"))
    )
    undo.setEnabled(False)
    redo.setEnabled(False)
