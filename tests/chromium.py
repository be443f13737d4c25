"""Loads pages in Chromium (QtWebEngine), works on them with real input, and tells what was seen.

A process of its own: QtWebEngine must be there before the application is, and the tests have one already. It
reads one JSON object from stdin, {"size": [w, h], "dark": bool, "visits": [{"page": path, "actions": […]}]},
and writes {"visits": [{"results": […], "requests": […], "messages": […]}]}. An action is one of

    ["evaluate", script]      its value                ["press", key, …]       keys: "Left", "Shift+Up" …
    ["drag", [x, y], …]       with the mouse           ["touch", [x, y], …]    with a finger
    ["wheel", [x, y], steps]  upwards                  ["save", path]          a screenshot
    ["until", script]         wait until it is true    ["download", script, path]  what the script downloads

with places in CSS pixels of the page; all but ``evaluate`` have the result null, and a frame is waited for.
"""

import json
import os
import sys
from pathlib import Path

CANNOT_LOAD = 77  # the exit code where there is no Chromium here, with the reason on stderr

os.environ["QT_QPA_PLATFORM"] = "offscreen"
# Its sandbox cannot be had in a container or as root; the pages are ours.
_FLAGS = ["--no-sandbox", "--disable-gpu"]


def main() -> None:
    """Do what stdin says."""
    order = json.load(sys.stdin)
    dark = ["--blink-settings=preferredColorScheme=0"] if order.get("dark") else []
    os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join(_FLAGS + dark)
    try:
        from PySide6.QtWebEngineWidgets import QWebEngineView
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(CANNOT_LOAD)
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    view = QWebEngineView()
    view.resize(*order["size"])
    view.show()
    visits = [_Visit(view, visit).result for visit in order["visits"]]
    json.dump({"visits": visits}, sys.stdout)
    sys.stdout.flush()
    del application
    os._exit(0)  # taking Chromium apart takes longer than the tests


class _Visit:
    """One page, from loading it to the last action."""

    def __init__(self, view, visit):
        from PySide6.QtCore import QEventLoop, QUrl
        from PySide6.QtWebEngineCore import (
            QWebEnginePage,
            QWebEngineProfile,
            QWebEngineUrlRequestInterceptor,
        )

        requests, messages = [], []

        class Interceptor(QWebEngineUrlRequestInterceptor):
            def interceptRequest(self, info):
                requests.append(info.requestUrl().toString()[:200])

        class Page(QWebEnginePage):
            def javaScriptConsoleMessage(self, _level, message, _line, _source):
                messages.append(message)

        self._loop_type, self._view = QEventLoop, view
        profile = QWebEngineProfile(view)
        interceptor = Interceptor(profile)
        profile.setUrlRequestInterceptor(interceptor)
        self._profile, self._page = profile, Page(profile, view)
        view.setPage(self._page)
        loop = QEventLoop()
        self._page.loadFinished.connect(lambda _ok: loop.quit())
        self._page.load(QUrl.fromLocalFile(str(Path(visit["page"]).resolve())))
        loop.exec()
        self._wait_for_frame()
        results = [self._act(*action) for action in visit["actions"]]
        self.result = {"results": results, "requests": requests, "messages": messages}

    def _evaluate(self, script):
        loop, values = self._loop_type(), []

        def take(value):
            values.append(value)
            loop.quit()

        self._page.runJavaScript(f"JSON.stringify({script})", take)
        loop.exec()
        return json.loads(values[0]) if values[0] else None

    def _wait_for_frame(self):
        """Until what was done is painted: Chromium takes input in with one frame, and paints the next."""
        self._evaluate("window.frames_seen = 0")
        count = (
            "requestAnimationFrame(() => { window.frames_seen += 1; if (window.frames_seen < 3) count(); })"
        )
        self._page.runJavaScript(f"{{ const count = () => {count}; count(); }}")
        while self._evaluate("window.frames_seen") < 3:
            pass

    def _act(self, kind, *arguments):
        if kind == "evaluate":
            return self._evaluate(*arguments)
        getattr(self, f"_{kind}")(*arguments)
        self._wait_for_frame()
        return None

    def _until(self, script):
        while not self._evaluate(script):
            self._wait_for_frame()

    def _download(self, script, path):
        loop = self._loop_type()

        def accept(download):
            download.setDownloadDirectory(str(Path(path).parent))
            download.setDownloadFileName(Path(path).name)
            download.isFinishedChanged.connect(loop.quit)
            download.accept()

        self._profile.downloadRequested.connect(accept)
        self._page.runJavaScript(script)
        loop.exec()

    def _drag(self, *places):
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        target, left, none = (
            self._view.focusProxy(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QTest.mousePress(target, left, none, QPoint(*places[0]))
        for place in places[1:]:
            QTest.mouseMove(target, QPoint(*place))
            self._wait_for_frame()
        QTest.mouseRelease(target, left, none, QPoint(*places[-1]))

    def _touch(self, *places):
        from PySide6.QtCore import QPoint
        from PySide6.QtTest import QTest

        target = self._view.focusProxy()
        device = QTest.createTouchDevice()
        QTest.touchEvent(target, device).press(0, QPoint(*places[0]), target)
        self._wait_for_frame()
        for place in places[1:]:
            QTest.touchEvent(target, device).move(0, QPoint(*place), target)
            self._wait_for_frame()
        QTest.touchEvent(target, device).release(0, QPoint(*places[-1]), target)

    def _wheel(self, place, steps):
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        target = self._view.focusProxy()
        at, none = QPointF(*place), Qt.KeyboardModifier.NoModifier
        turn = QPoint(0, 120 * steps)
        event = QWheelEvent(
            at,
            target.mapToGlobal(at),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            none,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(target, event)

    def _press(self, *keys):
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        for key in keys:
            combination = QKeySequence(key)[0]
            QTest.keyClick(self._view.focusProxy(), combination.key(), combination.keyboardModifiers())

    def _save(self, path):
        self._view.grab().save(path)


if __name__ == "__main__":
    main()
