"""A training for which there is not enough memory, in the real program: it offers smaller batches."""

import subprocess
import sys

import pytest
from pictures import multiply_pictures

from training.project import Project
from training.run import latest_run

SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QPushButton
import training.fit
from vae_desktop.app import App
from vae_desktop.settings import Settings

application = QApplication([])
app = App(Settings(Path(sys.argv[2])))
# NumPy's OpenBLAS ends the process where it finds no memory: nothing but the training shall run short of it.
app.explorer.nearest._lane.open = lambda folder, store: None

def limit_memory_and_train():
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 3 * 2**29,) * 2)
    app.training.begin(None, run=None, chosen={"batch_size": 60000, "epochs": 1}, new_length=False)

def accept_offer(text, _smaller):
    assert app.window.messages.text == text
    offer = next(button for button in app.window.messages.findChildren(QPushButton) if button.isVisible())
    print(text, "-", offer.text(), flush=True)
    texts.append(text)
    offer.click() if len(texts) == 1 else application.exit()

def end(told):
    print("ended", told, flush=True)
    application.exit()

texts = []

app.engine.ready.connect(limit_memory_and_train)
app.engine.memory_ran_out.connect(accept_offer)
app.engine.trained.connect(lambda result: end(f"epochs {result.epochs}"))
app.engine.training_failed.connect(end)
app.start(sys.argv[1])
application.exec()
app.window.close()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS")
def test_the_offer_of_smaller_batches_goes_on_with_the_same_training(make_project, tmp_path):
    """60,000 pictures of 128 × 128 × 3 bytes are 2.9 GB, 30,000 as floats 5.9 GB; it may take 1.5 GB."""
    project = make_project(12, 128, colour=True)
    multiply_pictures(project, 70_000)
    path = project.path
    project.close()
    command = [sys.executable, "-c", SHORT_OF_MEMORY, path, tmp_path / "settings.ini"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    told = done.stdout.splitlines()
    assert len(told) == 2, done.stdout + done.stderr[-3000:]
    assert all(line.endswith("- Go on with smaller batches") for line in told)
    assert "not enough memory for batches of 60,000 pictures" in told[0]
    assert "not enough memory for batches of 30,000 pictures" in told[1]
    with Project.open(path, write=False) as opened:
        runs = sorted(opened.runs_folder.iterdir())
        run = latest_run(opened.runs_folder)
    assert [each.name for each in runs] == ["run-001"]
    assert run is not None
    assert run.training.batch_size == 30_000
