"""Which language the window speaks: the one that a person chose in the View menu, else the system's."""

from collections.abc import Callable

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from training.language import LANGUAGES, SOURCE, choose_language, chosen_language, tr

SYSTEM = "system"
"""In the place of a language's code: the system's language."""


def speak(application: QApplication, language: str) -> None:
    """Choose the language, before any text is made: of our texts, and of Qt's own dialogs and numbers.

    Args:
        language: a code, or :data:`SYSTEM`.
    """
    system = QLocale.system()
    choose_language(_known(system.uiLanguages()) if language == SYSTEM else language)
    locale = QLocale(chosen_language())
    QLocale.setDefault(system if system.language() == locale.language() else locale)
    if chosen_language() != SOURCE:
        translator = QTranslator(application)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load(locale, "qtbase", "_", folder):
            application.installTranslator(translator)


def _known(wished: list[str]) -> str:
    """The first of the languages that people wish, such as "de-AT", that we have; else English."""
    codes = (language.partition("-")[0] for language in wished)
    return next((code for code in codes if code in LANGUAGES), SOURCE)


class LanguageMenu(QMenu):
    """The system's language, or one of ours, each called as its speakers call it.

    Args:
        language: what is chosen now, a code or :data:`SYSTEM`.
        chosen: called with another choice.
    """

    def __init__(self, parent: QWidget, language: str, chosen: Callable[[str], None]) -> None:
        super().__init__(tr("&Language"), parent)
        self.menuAction().setStatusTip(tr("The language of this window, from the next start on"))
        group = QActionGroup(self)
        for code, name in {SYSTEM: tr("&System"), **LANGUAGES}.items():
            action = self.addAction(name)
            action.setCheckable(True)
            action.setChecked(code == language)
            action.triggered.connect(lambda _checked=False, code=code: chosen(code))
            group.addAction(action)
