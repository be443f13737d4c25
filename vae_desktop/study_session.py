"""Studies of the open project: opens their window, carries them out, and keeps what was found at hand."""

import contextlib
import datetime
import logging
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from training.errors import VaeError
from training.events import StudyProgress
from training.language import tr, trn
from training.study_files import REPORT_FILE, write_files
from training.study_job import Order
from training.study_plan import Study, Wish, digest_of, studies_of, study_for
from training.study_report import Report, name_of, read_report
from vae_desktop.application import come_forward
from vae_desktop.main_window import MainWindow
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import long_date, one_line
from vae_desktop.save_dialog import ask_where_to_save
from vae_desktop.study_lane import StudyLane
from vae_desktop.study_print import write_pdf
from vae_desktop.study_window import StudyWindow
from vae_desktop.training_session import TrainingSession

_log = logging.getLogger(__name__)


class StudySession(QObject):
    """While a study runs, nothing else is trained; closing its window stops it, and it can be gone on with.

    Args:
        window, training: what it is opened from.

    Attributes:
        view: the window; None until it is opened for a project.
        is_running: whether a study is carried out, or is being stopped.
    """

    def __init__(self, window: MainWindow, training: TrainingSession) -> None:
        super().__init__(window)
        self._window, self._training = window, training
        self.view: StudyWindow | None = None
        self.is_running = False
        self._is_stopping = self._is_refused = False
        self._lane: StudyLane | None = None
        self._digest = ""
        self._studies: list[Study] = []
        self._study: Study | None = None  # that is looked at
        self._done = 0  # of the one that runs
        self._other_refusal = training.refusal
        training.refusal = self._why_none_may_begin
        training.changed.connect(self._tell_refusal)
        window.action("study").triggered.connect(self.open)

    def open(self) -> None:
        """Show the window; an unfinished study of the project is ready to be gone on with."""
        project = self._training.project
        if project is None:
            return
        if self.view is None:
            try:
                self._digest = digest_of(project.pictures())
            except VaeError as error:
                self._window.show_problem(str(error))
                return
            self._make_view()
        if not self.is_running:
            self._look_again()
        if self.view is not None:
            self.view.show()
            come_forward(self.view)

    def close(self) -> None:
        """End a study that runs, within two seconds, and the window; it is kept as far as it is."""
        self.is_running = self._is_stopping = False
        if self._lane is not None:
            self._lane.close()
            self._lane.deleteLater()
            self._lane = None
        if self.view is not None:
            self.view.hide()
            self.view.deleteLater()
            self.view = None
        self._studies, self._study = [], None

    # ------------------------------------------------------------------ the window

    def _make_view(self) -> None:
        view = self.view = StudyWindow(self._window)
        view.closed.connect(self._stop)
        view.form.begin_requested.connect(self._begin)
        view.form.stop_requested.connect(self._stop)
        view.form.changed.connect(self._tell_known)
        view.results.chosen.connect(self._choose)
        view.results.open_requested.connect(self._open_report)
        view.results.pdf_requested.connect(self._ask_for_pdf)
        view.results.folder_requested.connect(self._open_folder)

    def _look_again(self) -> None:
        """Show what studies there are: an unfinished one that can be gone on with, or the newest."""
        project = self._training.project
        if project is None or self.view is None:
            return
        self._list()
        unfinished = (each for each in self._studies if self._can_go_on(each))
        study = next(unfinished, next(iter(self._studies), None))
        if study is not None:
            self.view.form.show_wish(study.plan.wish)
        self._show(study)
        self._tell_known()
        self._tell_refusal()

    def _list(self) -> None:
        project = self._training.project
        self._studies = [] if project is None else studies_of(project)

    def _choose(self, number: int) -> None:
        self._show(self._studies[number])

    def _show(self, study: Study | None) -> None:
        """Look at a study, and offer to go on with it where that is possible."""
        if self.view is None:
            return
        self._study = study
        number = self._studies.index(study) if study in self._studies else None
        self.view.results.show_studies([title_of(each) for each in self._studies], number)
        self._show_found()
        if study is not None and not self.is_running and not is_done(study):
            self._offer(study)

    def _show_found(self) -> None:
        if self.view is None:
            return
        try:
            self.view.results.show_report(self._report())
        except VaeError as error:
            self.view.results.show_report(None, str(error))

    def _offer(self, study: Study) -> None:
        assert self.view is not None
        done, total = count_done(study)
        text = tr(
            "{name} is not finished: {done} of {total} trainings are done.",
            name=study.name,
            done=done,
            total=total,
        )
        if self._can_go_on(study):
            go_on = StripButton(tr("Go on"), lambda: self._go_on(study))
            self.view.messages.show_note(text, go_on)
        else:
            why = tr("It cannot be gone on with, as the pictures or the measures are others now.")
            self.view.messages.show_note(f"{text} {why}")

    def _can_go_on(self, study: Study) -> bool:
        project = self._training.project
        if project is None or is_done(study) or study.plan.wish.pictures != self._digest:
            return False
        return study_for(project, study.plan.wish) == study

    def _tell_known(self) -> None:
        """Say what is done already of the study that is chosen."""
        if self.view is None or self.is_running:
            return
        known = self._known()
        if known is not None:
            done, total = count_done(known)
            self.view.form.show_known(done, total, (total - done) * known.plan.cell_seconds)

    def _known(self) -> Study | None:
        project = self._training.project
        wish = self.view.form.wish(self._digest) if self.view is not None else None
        return None if project is None or wish is None else study_for(project, wish)

    # ------------------------------------------------------------------ carrying out

    def _begin(self) -> None:
        if self.view is not None and (wish := self.view.form.wish(self._digest)) is not None:
            self._carry_out(wish, self._known())

    def _go_on(self, study: Study) -> None:
        if self.view is not None:
            self.view.form.show_wish(study.plan.wish)
        self._carry_out(study.plan.wish, study)

    def _carry_out(self, wish: Wish, study: Study | None) -> None:
        project = self._training.project
        if project is None or self.view is None or self._refusal():
            self._tell_refusal()
            return
        if self._lane is None:
            self._lane = StudyLane(self)
            self._lane.probing.connect(self._on_probing)
            self._lane.planned.connect(self._on_planned)
            self._lane.progress.connect(self._on_progress)
            self._lane.ended.connect(self._on_ended)
        self.is_running, self._is_stopping = True, False
        self._done = -1
        self.view.messages.clear()
        self.view.form.show_running(True)
        self.view.form.show_probing()
        _log.info("A study begins")
        self._lane.begin(Order(project.path, study, wish, wish.command(self._name())))
        self._training.changed.emit()  # from now on nothing else may begin

    def _stop(self) -> None:
        if self._lane is not None and self.is_running and not self._is_stopping:
            self._is_stopping = True
            self._lane.stop()
            if self.view is not None:
                self.view.form.show_running(True, stopping=True)

    def _on_probing(self) -> None:
        if self.is_running and self.view is not None:
            self.view.form.show_probing()

    def _on_planned(self, study: Study) -> None:
        if self.is_running and study != self._study:
            self._list()
            self._show(study)

    def _on_progress(self, progress: StudyProgress) -> None:
        if not self.is_running or self.view is None:
            return
        self.view.form.show_progress(progress)
        if progress.done != self._done:
            self._done = progress.done
            self._show(self._study)

    def _on_ended(self, is_whole: bool, problem: str) -> None:
        if not self.is_running or self.view is None:
            return
        _log.info("The study has ended%s", "" if is_whole else " before all was done")
        self.is_running = self._is_stopping = False
        self.view.form.show_running(False)
        self._list()
        self._show(self._study)
        self._tell_known()
        if problem:
            self.view.messages.show_problem(problem)
        elif is_whole:
            self.view.messages.clear()
            self._write_report()
        elif self._study is None:
            self.view.messages.show_note(tr("Stopped before there was a plan. Nothing was trained."))
        self._training.changed.emit()

    def _why_none_may_begin(self) -> str:
        if self.is_running:
            return tr("A study runs in a window of its own. Stop it there first; it can be gone on with.")
        return self._other_refusal()

    def _refusal(self) -> str:
        """Why no study may begin now; "" where one may."""
        if self._training.is_running:
            return tr("A training runs in the main window. A study can begin when it has ended.")
        return self._other_refusal()

    def _tell_refusal(self) -> None:
        if self.view is None or self.is_running:
            return
        why, was_refused = self._refusal(), self._is_refused
        self._is_refused = bool(why)
        self.view.form.set_refused(self._is_refused)
        if why:
            self.view.messages.show_note(why)
        elif was_refused:
            self.view.messages.clear()

    # ------------------------------------------------------------------ the report

    def _name(self) -> str:
        project = self._training.project
        return "" if project is None else name_of(str(project.source))

    def _report(self) -> Report | None:
        return None if self._study is None else read_report(self._study, self._name())

    def _write_report(self) -> Path | None:
        """Write report and tables into the study's folder; the report's path."""
        try:
            report = self._report()
            if report is None:
                return None
            write_files(report, report.study.path, pdf=False)
            return report.study.path / REPORT_FILE
        except VaeError as error:
            if self.view is not None:
                self.view.messages.show_problem(str(error))
            return None

    def _open_report(self) -> None:
        path = self._write_report()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _open_folder(self) -> None:
        if self._study is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._study.path)))

    def _ask_for_pdf(self) -> None:
        if self._study is not None and self.view is not None:
            name = f"{self._name()}-{self._study.name}.pdf"
            ask_where_to_save(self.view, tr("Save report as PDF"), "PDF (*.pdf)", name, self._save_pdf)

    def _save_pdf(self, path: str) -> None:
        if self.view is None:
            return
        try:
            if (report := self._report()) is not None:
                write_pdf(report, Path(path))
                self.view.messages.show_note(tr("Saved {path}", path=one_line(path)))
        except VaeError as error:
            self.view.messages.show_problem(str(error))


def count_done(study: Study) -> tuple[int, int]:
    """How many trainings are done, of how many."""
    cells = list(study.cells)
    return sum(cell.result is not None for cell in cells), len(cells)


def is_done(study: Study) -> bool:
    """Whether nothing is left of it."""
    return all(cell.result is not None for cell in study.cells)


def title_of(study: Study) -> str:
    """What a study is called in a list: its name, how far it is, its size and day."""
    wish = study.plan.wish
    done, total = count_done(study)
    state = tr("done") if done == total else tr("{done} of {total} done", done=done, total=total)
    arms = trn("{count} objective", "{count} objectives", len(wish.arms))
    seeds = trn("{count} seed", "{count} seeds", wish.seeds)
    parts = [study.name, state, f"{arms} × {seeds}"]
    with contextlib.suppress(ValueError):
        parts.append(long_date(datetime.datetime.fromisoformat(study.plan.created).date()))
    return " · ".join(parts)
