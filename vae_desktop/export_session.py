"""Taking the model that is open elsewhere: asks how and where, has it written, and tells how it went."""

from pathlib import Path

from PySide6.QtCore import QObject

from training.export_formats import EXPORT_FORMATS
from training.language import tr
from training.project import Project
from training.run import Run
from training.vae_file import SharedModel
from vae_desktop.engine import Engine
from vae_desktop.export_dialog import ExportChoice, ExportDialog
from vae_desktop.main_window import MainWindow
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import one_line
from vae_desktop.save_dialog import ask_where_to_save


class ExportSession(QObject):
    """One export at a time is asked for; those that were asked for are written one after the other.

    Args:
        window, engine: what shows it, and what does it.
    """

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._last: ExportChoice | None = None
        engine.files.exported.connect(self._on_exported)
        engine.files.export_failed.connect(self._on_failed)

    def ask(self, source: Project | SharedModel, run: Run | None = None) -> None:
        """Ask how and where, then export a project's run, by default its newest, or a shared model."""
        dialog = ExportDialog(self._window, list(EXPORT_FORMATS.values()), self._last)
        dialog.decided.connect(lambda choice: self._ask_where(source, run, choice))
        dialog.open()

    def _ask_where(self, source: Project | SharedModel, run: Run | None, choice: ExportChoice) -> None:
        self._last, to = choice, choice.to
        title = source.about.title if isinstance(source, SharedModel) else source.source.name

        def export(path: str) -> None:
            self._window.statusBar().showMessage(tr("Exporting the model…"))
            # Whether a file may be replaced, the dialog has asked; of folders, it does not ask.
            self._engine.files.export_model(
                source, run, to, Path(path), replace=not to.is_folder, with_points=choice.with_points
            )

        kinds = f"{tr(to.title)} (*{'' if to.is_folder else to.ending})"
        ask_where_to_save(
            self._window, tr("Export as {format}", format=tr(to.title)), kinds, to.file_name(title), export
        )

    def _on_exported(self, path: str) -> None:
        self._window.statusBar().clearMessage()
        file = Path(path)
        name = one_line(file.name)
        if file.suffix == EXPORT_FORMATS["html"].ending:
            text = tr(
                "Exported {name}. It opens in any browser, without internet, also on a phone.", name=name
            )
            button = StripButton(
                tr("Open"), lambda: self._window.show_file(file), tr("Show the page in the browser")
            )
        else:
            text = tr("Exported {name}. It computes what the model here does.", name=name)
            button = StripButton(
                tr("Open folder"),
                lambda: self._window.show_file(file.parent),
                tr("Show where it was written"),
            )
        self._window.messages.show_note(text, button)

    def _on_failed(self, text: str) -> None:
        self._window.statusBar().clearMessage()
        self._window.show_problem(text)
