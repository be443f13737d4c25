import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QRadioButton, QToolButton, QWidget

from training.setting_help import RUN_SETTINGS
from vae_desktop.settings_dialog import Chosen, Entry, RunInForm, SettingsDialog

LEFT = Qt.MouseButton.LeftButton
USUAL = {
    "latent_dim": (2, "usual: 2"),
    "mirror": (False, "usual: off"),
    "batch_size": (None, "automatic: 64"),
    "learning_rate": (0.002, "usual: 0.002"),
    "xla": (None, "automatic: off"),
    "objective": ("vae", "usual: VAE"),
    "beta_mean": (1.0, "usual: 1"),
}
RUN = RunInForm("Cats & “dogs”", {**{name: usual for name, (usual, _) in USUAL.items()}, "batch_size": 16})


@pytest.fixture
def ask(qtbot):
    """ask(remembered, run, afresh): an open dialog, and what was decided in it."""

    def make(remembered=None, run=None, afresh=False):
        entries = {name: Entry(RUN_SETTINGS[name], *usual) for name, usual in USUAL.items()}
        dialog = SettingsDialog(
            None, entries, remembered=remembered or {}, run=run, length="for 10 minutes", afresh=afresh
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        decided = []
        dialog.decided.connect(decided.append)
        dialog.show()
        return dialog, decided

    return make


def field(dialog, label):
    """The editor of a setting, by what a screen reader calls it."""
    return next(each for each in dialog.findChildren(QWidget) if each.accessibleName() == label)


def shown(dialog):
    return [each.text() for each in dialog.findChildren(QLabel) if each.isVisible()]


def press(dialog, text, kind=QPushButton):
    wanted = next(each for each in dialog.findChildren(kind) if each.text() == text and each.isVisible())
    QTest.mouseClick(wanted, LEFT)


def pick(box, text):
    """Choose from a list by the keyboard."""
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findText(text)):
        QTest.keyClick(box, Qt.Key.Key_Down)


def unfold(dialog):
    press(dialog, "More settings", QToolButton)


def test_nothing_needs_to_be_set(ask):
    dialog, decided = ask()
    assert field(dialog, "latent dimension").placeholderText() == "usual: 2"
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({}, afresh=True, name="")]
    assert not dialog.isVisible()


def test_an_objective_is_called_by_its_name_and_says_what_it_means(ask):
    dialog, decided = ask()
    unfold(dialog)
    box = field(dialog, "objective")
    texts = [box.itemText(number) for number in range(box.count())]
    assert texts[0] == "usual: VAE"
    assert {"autoencoder", "KL mean term only", "VAE with full covariance"} <= set(texts)
    box.setFocus()
    assert field(dialog, "weight of the KL mean term").isEnabled()
    pick(box, "autoencoder")
    assert not field(dialog, "weight of the KL mean term").isEnabled()
    pick(box, "KL mean term only")
    assert field(dialog, "weight of the KL mean term").isEnabled()
    assert any("drawn to the middle, but may shrink to a point" in text for text in shown(dialog))
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({"objective": "mean-term"}, afresh=True, name="")]


def test_a_weight_is_tried_out_with_a_slider_or_typed(ask):
    dialog, decided = ask()
    unfold(dialog)
    line, slider = (field(dialog, f"weight of the KL mean term{which}") for which in ("", ", slider"))
    middle = slider.value()
    assert middle == slider.maximum() // 2  # 1, the usual weight
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert line.text() == "4"
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert line.text() == "0"
    line.clear()
    assert slider.value() == middle
    QTest.keyClicks(line, "2.25")
    assert slider.value() == pytest.approx(75, abs=1)
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({"beta_mean": 2.25}, afresh=True, name="")]


def test_only_the_simple_settings_are_seen_until_more_are_asked_for(ask):
    dialog, _ = ask()
    assert field(dialog, "mirroring").isVisible()
    assert not field(dialog, "batch size").isVisible()
    unfold(dialog)
    assert field(dialog, "batch size").placeholderText() == "automatic: 64"
    unfold(dialog)
    assert not field(dialog, "batch size").isVisible()


def test_a_value_that_cannot_be_is_told_in_place_and_the_nearest_one_offered(ask):
    dialog, decided = ask()
    unfold(dialog)
    QTest.keyClicks(field(dialog, "batch size"), "0")
    press(dialog, "Train for 10 minutes")
    assert decided == []
    assert dialog.isVisible()
    assert any("batch size must be a whole number from 1" in text for text in shown(dialog))
    press(dialog, "Use 1")
    assert not any("must be" in text for text in shown(dialog))
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({"batch_size": 1}, afresh=True, name="")]


@pytest.mark.parametrize(("typed", "understood"), [("1,024", 1024), (" 24 ", 24)])
def test_numbers_are_read_as_people_write_them(ask, typed, understood):
    dialog, decided = ask()
    unfold(dialog)
    QTest.keyClicks(field(dialog, "batch size"), typed)
    press(dialog, "Train for 10 minutes")
    assert decided[0].settings == {"batch_size": understood}


@pytest.mark.parametrize("typed", ["0,002", "nan", "many", "1e400"])
def test_what_might_be_misread_is_refused(ask, typed):
    dialog, decided = ask()
    unfold(dialog)
    QTest.keyClicks(field(dialog, "learning rate"), typed)
    press(dialog, "Train for 10 minutes")
    assert decided == []
    assert any("learning rate must be" in text for text in shown(dialog))


def test_a_choice_goes_back_to_automatic(ask):
    dialog, decided = ask(remembered={"batch_size": 16, "mirror": True})
    assert field(dialog, "batch size").text() == "16"  # remembered, so it is unfolded
    QTest.mouseClick(field(dialog, "Back to automatic: batch size"), LEFT)
    assert field(dialog, "batch size").text() == ""
    press(dialog, "Train for 10 minutes")
    assert decided[0].settings == {"mirror": True}


def test_going_on_changes_only_what_was_changed(ask):
    dialog, decided = ask(remembered={"mirror": True}, run=RUN)
    unfold(dialog)
    assert field(dialog, "batch size").text() == "16"
    assert not field(dialog, "latent dimension").isEnabled()
    field(dialog, "XLA compilation").setCurrentText("on")
    assert "It goes on from where it is." in shown(dialog)
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({"xla": True}, afresh=False, name="")]


def test_what_a_training_keeps_for_life_begins_another_one_and_that_is_said(ask):
    dialog, _ = ask(run=RUN)
    assert isinstance(field(dialog, "mirroring"), QComboBox)
    field(dialog, "mirroring").setCurrentText("on")
    assert any("new training begins with what “Cats & “dogs””" in text for text in shown(dialog))


def test_a_new_training_can_be_begun_beside_one_and_has_a_name(ask):
    dialog, decided = ask(run=RUN, afresh=True)
    assert field(dialog, "latent dimension").isEnabled()
    QTest.keyClicks(field(dialog, "latent dimension"), "8")
    QTest.keyClicks(field(dialog, "Name of the new training"), "Eight numbers ")
    press(dialog, "Train for 10 minutes")
    assert decided == [Chosen({"latent_dim": 8}, afresh=True, name="Eight numbers")]


def test_turning_to_the_run_shows_its_settings(ask):
    dialog, _ = ask(run=RUN, afresh=True)
    unfold(dialog)
    assert field(dialog, "batch size").text() == ""
    next(each for each in dialog.findChildren(QRadioButton) if each.text().startswith("Go on")).click()
    assert field(dialog, "batch size").text() == "16"


def test_the_form_is_filled_in_and_sent_with_the_keyboard_alone(ask, qtbot):
    dialog, decided = ask()
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    QTest.keyClicks(dialog.focusWidget(), "4")  # the first field has the keyboard
    explained = " ".join(shown(dialog))
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert decided == [Chosen({"latent_dim": 4}, afresh=True, name="")]
    assert RUN_SETTINGS["latent_dim"].help in explained
