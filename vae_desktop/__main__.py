"""The program `vae-desktop`: arguments and early checks first, then logging, then the window.

Stages: worker processes are served before anything else; arguments; is there a display; can Qt be loaded;
does another program take over; log, and the marker of this session; application.
"""

import argparse
import contextlib
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from training import __version__
from training.places import is_frozen, log_folder
from vae_desktop.crash_report import Session
from vae_desktop.logs import catch_native_words, open_closed_streams, start_log, tell_early

if TYPE_CHECKING:
    from vae_desktop.application import Application
    from vae_desktop.single_instance import FirstProgram

NO_DISPLAY = "There is no display here, so the bundled sample is learnt without a window."
NO_DISPLAY_FOR_FOLDER = "There is no display here. To learn a folder without a window, use: vae train FOLDER"
DEMO_MINUTES = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    multiprocessing.freeze_support()
    open_closed_streams()
    given = sys.argv[1:] if arguments is None else arguments
    options = _parse(given)
    if options.without_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # read when TensorFlow is imported
    if options.self_test:
        return _test_itself()
    if not _has_display():
        return _run_without_window(options)
    try:
        from vae_desktop.application import Application
    except ImportError as error:
        return _explain_missing_library(error)
    first, is_handed_over = _look_for_another(options)
    if is_handed_over:
        return 0
    folder = log_folder()
    start_log(folder, given, verbose=options.verbose)
    session = _begin_session(folder)
    _tell_of_qt_failing(session)
    application = Application([sys.argv[0]])
    code, starts_again = _run(application, options, folder, session, first)
    if first is not None:
        first.close()
    if session is not None:
        session.end()
    if starts_again:
        _start_again()
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("vae-desktop", description="Learn a folder of pictures and explore it.")
    parser.add_argument(
        "folder", nargs="?", default="", help="a folder of pictures, a project, or a .vae model"
    )
    parser.add_argument("--sample", default="", help="open a bundled sample: fashion or emoji")
    parser.add_argument(
        "--minutes",
        type=float,
        default=DEMO_MINUTES,
        help="where there is no display: how long to learn the sample (default: %(default)g)",
    )
    parser.add_argument(
        "--new-window", action="store_true", help="start a program of its own though one is running already"
    )
    parser.add_argument("--without-gpu", action="store_true", help="leave the graphics card alone")
    parser.add_argument("--verbose", action="store_true", help="tell on stderr what is logged")
    parser.add_argument(
        "--self-test", action="store_true", help="use every part of the program once, tell of each, and end"
    )
    parser.add_argument("--version", action="version", version=f"vae-desktop {__version__}")
    return parser.parse_args(arguments)


def _test_itself() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from vae_desktop import self_test

    application = QApplication([sys.argv[0]])
    code = self_test.run()
    del application
    return code


def _has_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _run_without_window(options: argparse.Namespace) -> int:
    from training.__main__ import app

    if options.folder:
        print(NO_DISPLAY_FOR_FOLDER, file=sys.stderr)
        return 2
    print(NO_DISPLAY, flush=True)
    demo = ["demo", "--sample", options.sample or "fashion", "--minutes", str(options.minutes)]
    return int(app(demo, prog_name="vae", standalone_mode=False) or 0)


def _explain_missing_library(error: ImportError) -> int:
    from vae_desktop.qt_libraries import advice

    tell_early(f"The window cannot be opened: {error}. {advice(str(error))}")
    return 2


def _look_for_another(options: argparse.Namespace) -> "tuple[FirstProgram | None, bool]":
    """Whether this is the program to which later starts turn, and whether an earlier one has done it all."""
    if options.new_window:
        return None, False
    from vae_desktop.single_instance import Request, begin

    start = begin(Request.of(options.folder, options.sample))
    return start.first, start.is_handed_over


def _begin_session(folder: Path) -> Session | None:
    with contextlib.suppress(OSError):  # the log has said so
        session = Session(folder)
        catch_native_words(session.trace)
        return session
    return None


def _tell_of_qt_failing(session: Session | None) -> None:
    """Say which package is missing when Qt cannot open a window, and end without the abort that follows."""
    from vae_desktop.error_hooks import log_qt_messages
    from vae_desktop.qt_libraries import advice

    def end(message: str) -> NoReturn:
        tell_early(f"The window cannot be opened: {message.strip()} {advice(message)}")
        if session is not None:
            session.end()
        logging.shutdown()
        os._exit(2)

    log_qt_messages(end)


def _run(
    application: "Application",
    options: argparse.Namespace,
    log_folder: Path,
    session: Session | None,
    first: "FirstProgram | None",
) -> tuple[int, bool]:
    """Until the window is closed. The exit code, and whether another process is to go on."""
    from PySide6.QtCore import Qt

    from vae_desktop.app import App
    from vae_desktop.appearance import Appearance, apply_appearance
    from vae_desktop.error_hooks import ErrorTeller, log_qt_messages
    from vae_desktop.languages import speak
    from vae_desktop.quit_signals import QuitSignals
    from vae_desktop.settings import Settings
    from vae_desktop.style import apply_style

    log_qt_messages()
    errors = ErrorTeller()
    application.setApplicationName("VAE Desktop")
    application.setDesktopFileName("vae-desktop")
    settings = Settings()
    speak(application, settings.language)
    apply_style(application)
    apply_appearance(application, Appearance.named(settings.appearance))
    app = App(settings, log_folder, session)
    # Queued: errors come up in any thread, and in the middle of anything.
    errors.told.connect(app.window.show_unexpected, Qt.ConnectionType.QueuedConnection)
    QuitSignals(app).asked.connect(app.window.close, Qt.ConnectionType.QueuedConnection)
    application.file_opened.connect(app.open_path)
    if first is not None:
        first.take = app.take_over
    app.start(options.folder, options.sample)
    code = int(application.exec())
    app.shut_down()  # the window was not asked to close where its screen went away
    return code, app.starts_again


def _start_again() -> None:
    from PySide6.QtCore import QProcess

    module = [] if is_frozen() else ["-m", "vae_desktop"]
    QProcess.startDetached(sys.executable, [*module, "--without-gpu"])


if __name__ == "__main__":
    sys.exit(main())
