import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from real_screen import missing_tools

from vae_desktop.appearance import Appearance, apply_appearance
from vae_desktop.desktop_session import DesktopSession
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.settings import Settings
from vae_desktop.style import accent, is_dark


@pytest.fixture
def plain(qapp):
    """The application as it is, put back afterwards."""
    before = QPalette(qapp.palette())
    yield qapp
    apply_appearance(qapp, Appearance.SYSTEM)
    qapp.setPalette(before)


@pytest.fixture
def window(qtbot, idle_engine, plain, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    DesktopSession(window, idle_engine, settings)
    window.set_state(WindowState.TRAINED)
    means = np.zeros((3, 2), np.float32)
    window.plane.set_points(means, means + 0.1, np.zeros(3, np.bool_), np.arange(3))
    window.show()
    return window


def lightness(widget):
    """Mean of what is drawn, 0 to 255."""
    image = widget.grab().toImage()
    rows, columns = range(1, image.height(), 12), range(1, image.width(), 12)
    return np.mean([image.pixelColor(x, y).lightness() for x in columns for y in rows])


def of_icon(action):
    image = action.icon().pixmap(24, 24).toImage()
    inked = [
        image.pixelColor(x, y).lightness()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() > 200
    ]
    return np.mean(inked)


def test_dark_and_light_take_effect_at_once_on_plane_panels_and_icons(window):
    action = window.action
    action("dark_colours").trigger()
    QApplication.processEvents()
    dark = [lightness(window.plane), lightness(window.library), lightness(window.menuBar())]
    assert max(dark) < 100
    assert of_icon(action("fit")) > 200
    assert is_dark(QApplication.palette())
    action("light_colours").trigger()
    QApplication.processEvents()
    light = [lightness(window.plane), lightness(window.library), lightness(window.menuBar())]
    assert min(light) > 180
    assert of_icon(action("fit")) < 60


def test_the_systems_colours_come_back(window, plain):
    before = QPalette(plain.palette())
    window.action("dark_colours").trigger()
    window.action("system_colours").trigger()
    for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base, QPalette.ColorRole.Text):
        assert plain.palette().color(role) == before.color(role)


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_text_can_be_read_and_the_accent_is_ours(plain, appearance):
    apply_appearance(plain, appearance)
    palette = plain.palette()
    assert is_dark(palette) == (appearance is Appearance.DARK)
    assert palette.color(QPalette.ColorRole.Highlight) == accent(palette)
    pairs = (
        ("WindowText", "Window"),
        ("Text", "Base"),
        ("ButtonText", "Button"),
        ("ToolTipText", "ToolTipBase"),
    )
    for text, ground in pairs:
        colours = (palette.color(QPalette.ColorRole[text]), palette.color(QPalette.ColorRole[ground]))
        assert contrast(*colours) > 7


def contrast(first, second):
    """WCAG 2.2's contrast ratio, 1 to 21."""

    def luminance(colour):
        parts = np.array([colour.redF(), colour.greenF(), colour.blueF()])
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (
            0.2126,
            0.7152,
            0.0722,
        )

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_choice_is_known_at_the_next_start(window, idle_engine, settings, tmp_path, qtbot):
    window.action("dark_colours").trigger()
    again = Settings(tmp_path / "settings.ini")
    assert Appearance.named(again.appearance) is Appearance.DARK
    other = MainWindow(again)
    qtbot.addWidget(other)
    DesktopSession(other, idle_engine, again)
    assert other.action("dark_colours").isChecked()
    assert not other.action("system_colours").isChecked()


def test_a_name_that_means_nothing_is_the_systems():
    assert Appearance.named("purple") is Appearance.named("") is Appearance.SYSTEM


SCRIPT = """
import sys
from PySide6.QtWidgets import QApplication
from vae_desktop.appearance import Appearance, apply_appearance
from vae_desktop.style import apply_style, is_dark
application = QApplication(sys.argv[:1])
apply_style(application)
for name in ("dark", "light", "dark", "system"):
    apply_appearance(application, Appearance.named(name))
    application.processEvents()
    print(is_dark(application.palette()), application.palette().highlight().color().name())
"""


@pytest.mark.real_window
@pytest.mark.skipif(bool(missing_tools()), reason="needs Xvfb")
@pytest.mark.parametrize("desktop", ["", "GNOME"])
def test_it_works_on_desktops_that_know_dark_and_on_those_that_do_not(variables, desktop):
    environment = {
        **os.environ,
        **variables,
        "XDG_CURRENT_DESKTOP": desktop,
        "DBUS_SESSION_BUS_ADDRESS": "unix:",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    dark, light = "True #7ab0f5", "False #2a68bf"
    assert done.stdout.splitlines() == [dark, light, dark, light]
