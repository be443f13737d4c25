"""What the command's arguments stand for: a project, a folder of pictures, or a bundled sample."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.console import ProgressBars, stopping_on_interrupt
from training.errors import VaeError
from training.events import Control, ImportReport
from training.image_format import ImageFormat
from training.importer import has_too_few, import_folder
from training.index import INDEX_FILE, telling_index_problems
from training.project import Project, default_project_path, is_project
from training.samples import find_sample, unpack
from training.setting_help import MODEL_SETTINGS
from training.source_files import SourceFiles
from training.source_scan import require_folder
from training.survey import survey

SAMPLE_PREFIX = "sample:"


def source_folder(target: str) -> Path:
    """A folder of pictures, or a bundled sample as sample:NAME."""
    if target.startswith(SAMPLE_PREFIX):
        return unpack(find_sample(target.removeprefix(SAMPLE_PREFIX)))
    return Path(target)


def known_project(target: str) -> Path:
    """The project that is meant: one of ours, or that of a folder of pictures or a sample.

    Raises:
        VaeError: when there is none.
    """
    if is_project(Path(target)):
        return Path(target)
    source = source_folder(target)
    path = default_project_path(source)
    if source.is_dir() and is_project(path):
        return path
    raise VaeError(
        f"{target} is not a VAE Desktop project, nor a folder that was imported into one.",
        advice="Import it first: vae import FOLDER",
    )


def import_pictures(
    source: Path,
    project_path: Path,
    image_format: ImageFormat | None,
    every_frame: int | None = None,
    *,
    quiet: bool,
) -> ImportReport:
    """Bring the project of a source folder up to date, making it first if there is none.

    Args:
        image_format, every_frame: see :func:`training.importer.import_folder`.
    """
    require_folder(source)  # a folder that cannot be read must not leave an empty project behind
    is_new = not is_project(project_path)
    project = Project.create(project_path, source) if is_new else Project.open(project_path, write=True)
    with project:
        if project.source != source.resolve():
            raise VaeError(
                f"{project_path} belongs to another folder of pictures, {project.source}.",
                kept="Nothing was changed.",
                advice="Choose another --project.",
            )
        try:
            with ProgressBars(quiet) as bars, stopping_on_interrupt() as control:
                return import_folder(project, bars.show_import, control, image_format, every_frame)
        except VaeError:
            if is_new and has_too_few(project):
                project.remove()  # nor must a folder that is of no use
            raise


def wished_format(
    project_path: Path, source: Path, wishes: Mapping[str, Any], *, with_films: bool = False
) -> ImageFormat | None:
    """The image format with some fields as wished, the others as the project or the pictures have them.

    Args:
        wishes: values by the names of the fields; None is no wish.
        with_films: whether films count among the pictures.

    Returns:
        None when nothing is wished.
    """
    wishes = {name: value for name, value in wishes.items() if value is not None}
    for name, value in wishes.items():
        MODEL_SETTINGS[name].check(value)
    if not wishes:
        return None
    known = None
    if is_project(project_path):
        with Project.open(project_path, write=False) as project:
            known = project.image_format
    if known is None:
        known = _surveyed(source, with_films)
    return None if known is None else replace(known, **wishes)


def _surveyed(source: Path, with_films: bool) -> ImageFormat | None:
    aside = Path(tempfile.gettempdir(), INDEX_FILE)  # where SQLite puts what has no name
    with telling_index_problems(aside), contextlib.closing(sqlite3.connect("")) as nowhere:
        files = SourceFiles(nowhere, source, Control())
        files.find()
        files.expect_all()
        surveyed = survey(files.waiting, len(files.waiting), with_films=with_films)
    return None if surveyed is None else surveyed.image_format


def project_to_train(
    target: str, size: int | None = None, image_format: ImageFormat | None = None, *, quiet: bool
) -> Path:
    """The project that is meant, imported first where a folder is given or another format is wished.

    Args:
        size: wished, in pixels; None for any.
        image_format: wished, instead of a size alone.
    """
    path = Path(target)
    if is_project(path):
        with Project.open(path, write=False) as project:
            known, source = project.image_format, project.source
        if known is not None and image_format in (None, known) and size in (None, known.size):
            return path
    else:
        source = source_folder(target)
        path = default_project_path(source)
    wished = image_format or wished_format(path, source, {"size": size})
    report = import_pictures(source, path, wished, quiet=quiet)
    if report.cancelled:
        raise VaeError("The import was stopped.", kept="What was read is kept.", advice="Run it again.")
    return path
