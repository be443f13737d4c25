"""In which formats a trained model can be taken elsewhere, and where it may be written to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.errors import VaeError
from training.language import mark, tr


@dataclass(frozen=True)
class ExportFormat:
    """One of the formats.

    Attributes:
        name: on the command line.
        title: in the window.
        words: what it is good for.
        ending: of the name of the file or folder.
        members: what its folder holds at its top; empty where it is one file.
    """

    name: str
    title: str
    words: str
    ending: str
    members: frozenset[str] = frozenset()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of several files."""
        return bool(self.members)

    def file_name(self, title: str) -> str:
        """What to propose for a model of this title, good for any system: letters, digits and dashes."""
        stem = re.sub(r"[^\w-]+", "-", title).strip("-_")[:60].rstrip("-_")
        return f"{stem or 'model'}{self.ending}"

    def check_target(self, path: Path, *, replace: bool) -> None:
        """Make sure that a path can be written to, as far as that can be told before.

        Args:
            replace: whether what is there already may be replaced: a file, or a folder of this very format.

        Raises:
            VaeError: saying why not.
        """
        if not self.is_folder and path.suffix.lower() != self.ending:
            stem = path.stem or "model"
            raise VaeError(
                tr("{title}: it cannot be written as {name}.", title=tr(self.title), name=path.name),
                advice=tr("Name it {example}.", example=f"{stem}{self.ending}"),
            )
        if not path.parent.is_dir():
            raise VaeError(
                tr("There is no folder {parent}.", parent=path.parent),
                advice=tr("Make it first, or choose another."),
            )
        if not path.exists():
            return
        if path.is_dir() != self.is_folder or (path.is_dir() and not self._is_ours(path)):
            raise VaeError(
                tr("{path} exists already and is something else.", path=path),
                kept=tr("It was left as it is."),
                advice=tr("Choose another name."),
            )
        if not replace:
            raise VaeError(
                tr("{path} exists already.", path=path),
                kept=tr("It was left as it is."),
                advice=tr("Choose another name (on the command line, --force replaces it)."),
            )

    def _is_ours(self, folder: Path) -> bool:
        try:
            return {entry.name for entry in folder.iterdir()} <= self.members
        except OSError:
            return False


EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    each.name: each
    for each in (
        ExportFormat(
            "html",
            mark("Web page"),
            mark(
                "One file that opens in any browser, also on a phone and without internet: move on the"
                " plane, and pictures are drawn live."
            ),
            ".html",
        ),
        ExportFormat(
            "onnx",
            "ONNX",
            mark("Encoder and decoder in a folder, for ONNX Runtime and many other programs."),
            "-onnx",
            frozenset({"decoder.onnx", "encoder.onnx"}),
        ),
        ExportFormat(
            "savedmodel",
            "TensorFlow SavedModel",
            mark("A folder for programs that use TensorFlow."),
            "-savedmodel",
            frozenset({"saved_model.pb", "fingerprint.pb", "variables", "assets", "assets.extra"}),
        ),
        ExportFormat(
            "litert",
            "LiteRT (TensorFlow Lite)",
            mark("One file for apps on phones and small devices."),
            ".tflite",
        ),
    )
}
"""The formats by name, in the order in which they are offered."""


def export_format(name: str) -> ExportFormat:
    """The format of this name; raises :class:`VaeError` when there is none."""
    found = EXPORT_FORMATS.get(name.lower())
    if found is None:
        names = ", ".join(EXPORT_FORMATS)
        raise VaeError(
            tr("There is no format {name!r} to export to.", name=name),
            advice=tr("Choose one of {names}.", names=names),
        )
    return found
