"""Studies in the background: a thread that listens to the process which does one."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from training.events import StudyProgress
from training.study_job import Order, do_some
from training.study_plan import Study
from training.talking_process import TalkingProcess
from vae_desktop.error_words import error_sentence
from vae_desktop.lane import Lane

LEAVE_SECONDS = 1.2  # what a process gets to keep what it has, when the program ends


class StudyLane(QObject):
    """One study at a time. Signals come from the lane's thread."""

    probing = Signal()  # a training tells how long things take
    planned = Signal(object)  # study_plan.Study: this one is carried out
    progress = Signal(object)  # events.StudyProgress
    ended = Signal(bool, str)  # whether all of it is done, and what went wrong, "" for nothing

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lane = Lane("study", self._tell_failure)
        self._process: TalkingProcess | None = None
        self._is_stopped = False

    def begin(self, order: Order) -> None:
        """Carry out a study; :attr:`ended` follows whatever happens."""
        self._is_stopped = False
        self._lane.submit(lambda: self._carry_out(order))

    def stop(self) -> None:
        """End it soon; the same study goes on another time."""
        self._is_stopped = True
        if self._process is not None:
            self._process.stop()

    def close(self) -> None:
        """End it within two seconds, and the thread."""
        self._is_stopped = True
        if self._process is not None:
            self._process.stop_within(LEAVE_SECONDS)
        self._lane.close()

    def _carry_out(self, order: Order) -> None:
        is_whole = False
        while not is_whole and not self._is_stopped:
            process = self._process = TalkingProcess(do_some, order)
            if self._is_stopped:  # in the meantime: then nobody has told this one
                process.stop()
            for told in process.events():
                if isinstance(told, Study):
                    order = replace(order, study=told)
                    self.planned.emit(told)
                elif isinstance(told, StudyProgress):
                    self.progress.emit(told)
                else:
                    self.probing.emit()
            is_whole = bool(process.result)
        self.ended.emit(is_whole, "")

    def _tell_failure(self, error: Exception) -> None:
        self.ended.emit(False, "" if self._is_stopped else error_sentence(error))
