"""The program `vae-desktop`: arguments and early checks first, then logging, then the window.

Stages: worker processes are served before anything else; arguments; is there a display; can Qt be loaded;
log and crash handler; application.
"""

import argparse
import faulthandler
import logging
import logging.handlers
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from training import __version__
from training.places import log_folder

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

NO_DISPLAY = "There is no display here, so the bundled sample is learnt without a window."
NO_DISPLAY_FOR_FOLDER = "There is no display here. To learn a folder without a window, use: vae train FOLDER"
DEMO_MINUTES = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    multiprocessing.freeze_support()
    options = _parse(sys.argv[1:] if arguments is None else arguments)
    if not _has_display():
        return _run_without_window(options)
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        return _explain_missing_library(error)
    log_folder = _start_log()
    application = QApplication([sys.argv[0]])
    return _run(application, options, log_folder)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("vae-desktop", description="Learn a folder of pictures and explore it.")
    parser.add_argument("folder", nargs="?", default="", help="a folder of pictures, or a project")
    parser.add_argument("--sample", default="", help="open a bundled sample: fashion or emoji")
    parser.add_argument(
        "--minutes",
        type=float,
        default=DEMO_MINUTES,
        help="where there is no display: how long to learn the sample (default: %(default)g)",
    )
    parser.add_argument("--version", action="version", version=f"vae-desktop {__version__}")
    return parser.parse_args(arguments)


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

    print(f"The window cannot be opened: {error}. {advice(str(error))}", file=sys.stderr)
    return 2


def _start_log() -> Path:
    folder = log_folder()
    handlers: list[logging.Handler] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                folder / "vae-desktop.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8"
            )
        )
        # Kept open for as long as the program runs: a crash in native code writes its traces here.
        crashes = (folder / "crash.log").open("a", encoding="utf-8")
        faulthandler.enable(crashes)
    except OSError as error:
        print(f"No log is kept: {error}", file=sys.stderr)
    if sys.stderr is not None:  # None in windowed programs on Windows
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        level=logging.INFO, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for handler in handlers[1:]:
        handler.setLevel(logging.WARNING)
    return folder


def _run(application: "QApplication", options: argparse.Namespace, log_folder: Path) -> int:
    from vae_desktop.app import App
    from vae_desktop.settings import Settings
    from vae_desktop.style import apply_style

    application.setApplicationName("VAE Desktop")
    application.setDesktopFileName("vae-desktop")
    apply_style(application)
    app = App(Settings(), log_folder)

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logging.getLogger("vae_desktop").critical("Unexpected error", exc_info=(kind, error, trace))
        app.window.show_problem(
            f"Something unexpected went wrong ({kind.__name__}: {error}). The log file has the details."
        )

    sys.excepthook = report
    # Python's own handler would only be run at the next event, and ends in the hook above.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    app.start(options.folder, options.sample)
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(main())
