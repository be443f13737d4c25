"""The bundled sample sets: ZIPs of pictures, unpacked into the user's cache and used like any folder."""

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from training.errors import VaeError
from training.language import tr
from training.places import cache_folder, resources_folder

_FOLDER = resources_folder() / "samples"
_COMPLETE = ".complete"


@dataclass(frozen=True)
class Sample:
    """One sample set, as samples.json describes it."""

    name: str
    title: str
    description: str
    archive: str
    pictures: int
    licence: str
    size: int
    channels: int


def samples() -> list[Sample]:
    """The sample sets that come with the program."""
    return [Sample(**entry) for entry in json.loads((_FOLDER / "samples.json").read_text("utf-8"))]


def find_sample(name: str) -> Sample:
    """The sample of this name; raises :class:`VaeError` when there is none."""
    for sample in samples():
        if sample.name == name:
            return sample
    known = ", ".join(sample.name for sample in samples())
    raise VaeError(
        tr("There is no sample called {name!r}.", name=name),
        advice=tr("The samples are: {known}.", known=known),
    )


def sample_pictures(sample: Sample, count: int) -> list[bytes]:
    """PNG files of ``count`` pictures evenly spread over the set, read from the archive."""
    with zipfile.ZipFile(_FOLDER / sample.archive) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        return [archive.read(name) for name in names[:: max(len(names) // count, 1)][:count]]


def is_sample(folder: Path) -> bool:
    """Whether a folder is where a sample is unpacked to."""
    return folder.parent == _unpacked_samples() and folder.name in {sample.name for sample in samples()}


def _unpacked_samples() -> Path:
    return cache_folder() / "samples"


def unpack(sample: Sample) -> Path:
    """The folder with the sample's pictures, unpacked on first use.

    Raises:
        VaeError: when the user's cache cannot be written to.
    """
    cache = _unpacked_samples()
    folder = cache / sample.name
    if (folder / _COMPLETE).is_file():
        return folder
    partial = cache / f"{sample.name}.part"
    try:
        for leftover in (partial, folder):
            if leftover.exists():
                shutil.rmtree(leftover)
        partial.mkdir(parents=True)
        with zipfile.ZipFile(_FOLDER / sample.archive) as archive:
            archive.extractall(partial)
        (partial / _COMPLETE).touch()
        partial.rename(folder)
    except OSError as error:
        raise VaeError(
            tr(
                "The sample could not be unpacked into {folder}: {reason}.",
                folder=cache,
                reason=error.strerror or error,
            ),
            advice=tr("Free some space or check the folder's permissions."),
        ) from error
    return folder
