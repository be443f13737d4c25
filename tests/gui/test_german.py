"""The window in German: what a person sees who chose it, and whether it has room."""

from collections import Counter

import pytest
from PySide6.QtCore import QLocale, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QMenu,
)

from training.language import choose_language, chosen_language
from training.setting_help import RUN_SETTINGS
from vae_desktop.about import AboutDialog
from vae_desktop.labels import ElidedLabel
from vae_desktop.languages import SYSTEM, speak
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.sample_cards import sample_cards
from vae_desktop.setting_field import SettingField
from vae_desktop.settings import Settings

SMALLEST = (900, 600)


@pytest.fixture
def english_after():
    """Whatever language a test chooses, the next one begins in English."""
    before = QLocale()
    yield
    choose_language("en")
    QLocale.setDefault(before)
    for translator in QApplication.instance().findChildren(QTranslator):
        QApplication.removeTranslator(translator)
        translator.deleteLater()


@pytest.fixture
def german(english_after, qapp):
    speak(qapp, "de")


@pytest.fixture
def show_window(qtbot, settings):
    def show():
        window = MainWindow(settings)
        qtbot.addWidget(window)
        window.resize(*SMALLEST)
        window.show()
        qtbot.waitExposed(window)
        return window

    return show


def menus(window):
    return [action.menu() for action in window.menuBar().actions()]


def entries(menu):
    return [action for action in menu.actions() if action.isVisible() and not action.isSeparator()]


def mnemonic(action):
    text = action.text().replace("&&", "")
    return text[text.index("&") + 1].lower() if "&" in text else None


def test_few_shortcut_letters_stand_twice_in_a_german_menu(german, start_app):
    """None do but in menus that are longer than there are letters in German words."""
    window = start_app().window
    for menu in (window.menuBar(), *menus(window), *window.menuBar().findChildren(QMenu)):
        letters = Counter(mnemonic(action) for action in entries(menu) if mnemonic(action))
        most = 1 if letters.total() <= 20 else 2
        assert max(letters.values(), default=0) <= most, (menu.accessibleName(), letters)


def test_the_window_speaks_german(german, show_window):
    window = show_window()
    assert [menu.title().replace("&", "") for menu in menus(window)] == [
        *("Datei", "Bearbeiten", "Training", "Ebene", "Ansicht", "Hilfe")
    ]
    assert window.action("open_folder").text() == "&Ordner öffnen…"
    assert "Strg" in window.action("train").toolTip()  # Qt's own words, too
    assert "Ordner wählen…" in [button.text() for button in window.welcome.findChildren(QAbstractButton)]


def test_the_samples_are_told_in_german(german):
    assert [card.title for card in sample_cards()] == ["Kleider und Schuhe", "Farbige Emoji"]


def test_qts_own_dialogs_speak_german(german, qtbot):
    about = AboutDialog(None)
    qtbot.addWidget(about)
    close = about.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    assert close.text().replace("&", "") == "Schließen"


def is_seen(widget):
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def too_small(window):
    """Words of what is visible and has less room than they need."""
    cramped = []
    for widget in window.findChildren(QAbstractButton) + window.findChildren(QComboBox):
        needed = widget.sizeHint()
        if is_seen(widget) and (widget.width() < needed.width() or widget.height() < needed.height()):
            cramped.append(widget.accessibleName() or getattr(widget, "text", str)())
    for label in window.findChildren(QLabel):
        shortens_itself = label.wordWrap() or isinstance(label, ElidedLabel)
        needed_width = label.fontMetrics().horizontalAdvance(label.text())
        if is_seen(label) and not shortens_itself and label.width() < needed_width:
            cramped.append(label.text())
    return cramped


@pytest.mark.parametrize("code", ["en", "de"])
@pytest.mark.parametrize("state", list(WindowState))
@pytest.mark.usefixtures("english_after")
def test_every_button_has_room_for_its_words(show_window, code, state):
    speak(QApplication.instance(), code)
    window = show_window()
    window.set_state(state)
    QApplication.processEvents()
    assert (window.width(), window.height()) == SMALLEST
    assert too_small(window) == []


def test_a_language_is_chosen_in_the_view_menu_for_the_next_start(show_window, settings, qapp, english_after):
    window = show_window()
    view = next(menu for menu in menus(window) if menu.title() == "&View")
    languages = next(action.menu() for action in view.actions() if action.text() == "&Language")
    assert [action.text() for action in languages.actions()] == ["&System", "English", "Deutsch"]
    assert [action.isChecked() for action in languages.actions()] == [True, False, False]
    languages.popup(window.pos())
    german = languages.actions()[-1]
    QTest.mouseClick(languages, Qt.MouseButton.LeftButton, pos=languages.actionGeometry(german).center())
    assert window.welcome.strip.text == "The language changes when the program is started the next time."
    assert window.action("quit").text() == "&Quit"
    assert settings.language == "de"
    speak(qapp, settings.language)
    assert show_window().action("quit").text() == "B&eenden"


def test_settings_without_a_known_language_mean_that_of_the_system(tmp_path):
    assert Settings(tmp_path / "none.ini").language == SYSTEM
    (tmp_path / "odd.ini").write_text("[window]\nlanguage=klingon\n")
    assert Settings(tmp_path / "odd.ini").language == SYSTEM


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        (["de-AT", "de", "en-US"], "de"),
        (["fr-FR", "fr", "de-DE"], "de"),
        (["fr-FR", "fr"], "en"),
        (["en-GB", "de-DE"], "en"),
        ([], "en"),
    ],
)
def test_the_systems_language_is_the_first_one_that_we_have(english_after, qapp, monkeypatch, wished, spoken):
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _locale: wished)
    speak(qapp, SYSTEM)
    assert chosen_language() == spoken


def test_german_texts_stand_in_every_action(german, show_window):
    english = {"&System", "English", "Deutsch", "&Training", "Training", "&Pause", "&Lasso", ""}
    window = show_window()
    texts = {action.text() for action in window.findChildren(QAction) if not action.isSeparator()}
    choose_language("en")
    before = {action.text() for action in show_window().findChildren(QAction) if not action.isSeparator()}
    assert texts & before <= english


def test_typed_numbers_are_read_as_germans_write_them(german, qtbot):
    field = SettingField(RUN_SETTINGS["learning_rate"], 0.001, "üblich: 0,001")
    qtbot.addWidget(field)
    for typed, value in {"0,05": 0.05, "0.05": 0.05, "2,5": 2.5, "1e-3": 0.001}.items():
        field.editor.setText(typed)
        assert field.value == pytest.approx(value)
    field.set_value(0.05)
    assert field.editor.text() == "0,05"
    batch = SettingField(RUN_SETTINGS["batch_size"], None, "automatisch")
    qtbot.addWidget(batch)
    batch.editor.setText("1.204")
    assert batch.value == 1204
    batch.editor.setText("2.000.000")
    assert not batch.check()
    assert "eine ganze Zahl von 1 bis 1.000.000 sein, nicht 2000000" in batch.editor.accessibleDescription()
