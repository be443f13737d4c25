"""Makes tests/recorded/project-format-N.zip: a small project of today's format for later versions.

Run it once a format is settled, and again only while nothing of that format was released:

    python tests/make_golden_project.py
"""

import contextlib
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from pictures import write_pictures

from training.config import TrainConfig
from training.files import read_json, write_json
from training.fit import train
from training.image_format import ImageFormat
from training.importer import import_folder
from training.index import FORMAT, INDEX_FILE
from training.latent import all_posteriors, load_model
from training.migration import PROJECT_FILE
from training.project import LOCK_FILE, Project
from training.run import BEST_FILE, LATEST_FILE, Run
from training.runs import start_run
from training.tensors import load_tensors, save_tensors

MOST_BYTES = 200_000
_SMALL = 1_000  # numbers; tensors with more of them are kept as noughts, which take no room
_SOURCE = "/pictures/discs"  # nothing is told of whoever makes it
_TIME = (2026, 1, 1, 0, 0, 0)


def make(folder: Path) -> Path:
    """24 discs and two files that are none, learnt for two epochs; the project's folder."""
    source = folder / "source"
    write_pictures(source, 24, 32)
    (source / "notes.txt").write_text("no picture")
    (source / "torn.png").write_bytes((source / "00000.png").read_bytes()[:60])
    with Project.create(folder / "project", source) as project:
        import_folder(project, image_format=ImageFormat(32, 1))
        run = start_run(project, TrainConfig(epochs=2, batch_size=8))
        train(project, run)
        for name in (BEST_FILE, LATEST_FILE):
            _lighten(run, name)
        all_posteriors(run, load_model(run), project.pictures())
    about = project.path / PROJECT_FILE
    write_json(about, read_json(about) | {"source": _SOURCE})
    with contextlib.closing(sqlite3.connect(project.path / INDEX_FILE)) as index:
        index.execute("VACUUM")
        index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return project.path


def _lighten(run: Run, name: str) -> None:
    tensors, notes = load_tensors(run.path / name)
    light = {key: each if each.size <= _SMALL else np.zeros_like(each) for key, each in tensors.items()}
    save_tensors(run.path / name, light, notes)


def pack(project: Path, archive: Path) -> None:
    """Write the project's files, in a fixed order and without the times of this computer."""
    files = sorted(path for path in project.rglob("*") if path.is_file() and path.name != LOCK_FILE)
    with zipfile.ZipFile(archive, "w") as packed:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(project).as_posix(), _TIME)
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    made = Path(__file__).parent / "recorded" / f"project-format-{FORMAT}.zip"
    with tempfile.TemporaryDirectory() as folder:
        pack(make(Path(folder)), made)
    size = made.stat().st_size
    print(f"{made}: {size:,} bytes")
    sys.exit(None if size <= MOST_BYTES else f"More than {MOST_BYTES:,} bytes are too many.")
