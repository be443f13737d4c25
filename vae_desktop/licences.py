"""What the program ships that others wrote: names, versions, licences and their full texts.

Where Python packages are installed, all of it is read from their metadata. The build
of a frozen program, which lacks the texts, writes the same list to a file, which is then read instead:
``python -m vae_desktop.licences FILE``.
"""

import importlib.metadata
import json
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from email.message import Message
from functools import lru_cache
from pathlib import Path, PurePath
from typing import cast

from packaging.requirements import Requirement

from training import __version__
from training.places import resources_folder

FILE_NAME = "licences.json"
PROGRAM = "vae-desktop"
QT = "Qt"
QT_PACKAGES = ("pyside6-essentials", "shiboken6")

_LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|third_party_notices)[^/]*", re.IGNORECASE)
_CLASSIFIER = "License :: "
_APACHE_TERMS = "TERMS AND CONDITIONS FOR USE"
_COMMON_TEXTS = Path("/usr/share/common-licenses")
_COMMON_TEXT = re.compile(rf"{_COMMON_TEXTS}/(\w[\w.+-]*\w)")
_LONGEST_NAME = 80  # a License field that is longer holds the whole text
# Packages that name no licence, only ship its text: how each begins or what it alone says.
_KNOWN_TEXTS = (
    ("Apache-2.0", "Apache License"),
    ("MIT", "Permission is hereby granted, free of charge"),
    ("BSD-3-Clause", "Neither the name of"),
    ("BSD-2-Clause", "Redistributions in binary form must reproduce"),
    ("MPL-2.0", "Mozilla Public License Version 2.0"),
)


@dataclass(frozen=True)
class Licence:
    """One thing that is shipped: what it is called, which version, under which licence, and its text."""

    name: str
    version: str
    licence: str
    text: str


def shipped() -> list[Licence]:
    """Everything shipped, the program itself first, then by name.

    Read from the file that the build wrote, or from what is installed; with all the texts, so not at once:
    it takes some tenths of a second where packages are installed.
    """
    try:
        entries = json.loads((resources_folder() / FILE_NAME).read_bytes())
        return [Licence(**entry) for entry in entries]
    except (OSError, ValueError, TypeError):
        return collect()


def write_licences(
    path: Path, libraries: Iterable[Path] = (), modules: Collection[str] | None = None
) -> None:
    """Write the list of everything shipped as JSON, for a frozen program.

    Args:
        path: the file to write; belongs to ``resources/licences.json`` in the program's folder.
        libraries: the shared libraries that the build takes from the system, which have licences too.
        modules: the Python modules that the build takes; packages with none of them are not shipped.
    """
    found = [*collect(modules), *system_libraries(libraries)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(entry) for entry in found], indent=1) + "\n", encoding="utf-8")


def collect(modules: Collection[str] | None = None) -> list[Licence]:
    """Everything that is installed for the program to run, from the packages' own metadata.

    Args:
        modules: leave out packages of which none of these is.
    """
    packages = [_licence_of(package) for package in _packages() if _has_any(package, modules)]
    others = [_python(), _qt(), *packages, *_samples()]
    return [_program(), *sorted(others, key=lambda entry: entry.name.lower())]


def system_libraries(libraries: Iterable[Path]) -> list[Licence]:
    """The Debian packages that shared libraries belong to; libraries of no such package are left out.

    Their texts name others that every Debian system has, such as the LGPL's; these come after them.
    """
    owners: dict[str, str] = {}
    for library in libraries:
        if package := _owner(library):
            owners[package.partition(":")[0]] = package
    found = [_debian_licence(name, package) for name, package in sorted(owners.items())]
    named = {name for entry in found for name in _COMMON_TEXT.findall(entry.text)}
    texts = ((name, _COMMON_TEXTS / name) for name in sorted(named))
    return found + [
        Licence(name, "", f"the text in {path} that others name", path.read_text(encoding="utf-8").strip())
        for name, path in texts
        if path.is_file()
    ]


def _owner(library: Path) -> str:
    """The Debian package of a library, '' for none. It may know it by its place before /usr was merged."""
    real = library.resolve()
    places = (str(library), str(real), str(real).removeprefix("/usr"))
    found = next(filter(None, (_run("dpkg-query", "--search", place) for place in places)), "")
    return found.partition(": ")[0].partition(",")[0]


def _debian_licence(name: str, package: str) -> Licence:
    version = _run("dpkg-query", "--show", "--showformat=${Version}", package)
    copyright_file = Path("/usr/share/doc") / name / "copyright"
    text = copyright_file.read_text(encoding="utf-8", errors="replace") if copyright_file.is_file() else ""
    named = dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE))
    return Licence(name, version, ", ".join(named) or "see its text", text)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # no Debian
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _packages() -> Iterator[importlib.metadata.Distribution]:
    """The installed packages that the program needs, and those that they need, once each."""
    waiting = [Requirement(f"{PROGRAM}[gpu]")]
    seen: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        package = _installed(wanted.name)
        if package is None:  # of the extras, what is not installed is not shipped
            continue
        if _key(package) not in seen and _key(package) != PROGRAM:
            yield package
        for extra in ("", *wanted.extras):
            if (mark := f"{_key(package)}[{extra}]") not in seen:
                seen |= {mark, _key(package)}
                needed = map(Requirement, package.requires or ())
                waiting += [
                    each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})
                ]


def _has_any(package: importlib.metadata.Distribution, modules: Collection[str] | None) -> bool:
    if modules is None:
        return True
    first_levels = {module.partition(".")[0] for module in modules}
    return any(package.metadata["Name"] in _providers().get(name, ()) for name in first_levels)


def _installed(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        # Another package may stand in for it under the same import name, as tensorflow-cpu for tensorflow.
        stand_ins = _providers().get(name.replace("-", "_"))
        return importlib.metadata.distribution(stand_ins[0]) if stand_ins else None


@lru_cache(maxsize=1)
def _providers() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def _key(package: importlib.metadata.Distribution) -> str:
    return re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()


def _licence_of(package: importlib.metadata.Distribution) -> Licence:
    text = "\n\n".join(_texts(package))
    licence = _named_licence(package) or _recognised(text)
    if _key(package) in QT_PACKAGES:
        text = _qt_text()
    elif "Apache" in licence and _APACHE_TERMS not in text:
        text = "\n\n".join(filter(None, (_known_text("Apache-2.0"), text)))
    return Licence(package.metadata["Name"], package.version, licence, text)


def _named_licence(package: importlib.metadata.Distribution) -> str:
    # At run time it is an e-mail message, which the type of importlib.metadata does not tell.
    fields = cast(Message, package.metadata)
    for name in ("License-Expression", "License"):
        value = str(fields.get(name) or "").strip()
        if value and value != "UNKNOWN" and "\n" not in value and len(value) <= _LONGEST_NAME:
            return value
    classifiers = [str(value) for value in fields.get_all("Classifier", [])]
    named = [value.rpartition(" :: ")[2] for value in classifiers if value.startswith(_CLASSIFIER)]
    return ", ".join(named)


def _recognised(text: str) -> str:
    whole = " ".join(text.split())
    return next((name for name, words in _KNOWN_TEXTS if words in whole), "see its text")


def _texts(package: importlib.metadata.Distribution) -> list[str]:
    """The texts of licence files: those in the metadata's folder, and those on the package's first level."""
    files = (file for file in package.files or () if _is_licence(file))
    paths = sorted(Path(str(file.locate())) for file in files)
    texts = (path.read_text(encoding="utf-8", errors="replace").strip() for path in paths if path.is_file())
    return list(dict.fromkeys(texts))


def _is_licence(file: PurePath) -> bool:
    if file.suffix in (".py", ".pyc", ".json"):
        return False
    in_metadata = file.parts[0].endswith(".dist-info")
    if in_metadata and len(file.parts) > 2:  # the folder that holds licences and nothing else
        return file.parts[1] == "licenses"
    return len(file.parts) <= 2 and _LICENCE_FILE.fullmatch(file.name) is not None


def _program() -> Licence:
    beside = resources_folder().parent / "LICENSE"
    own = _installed(PROGRAM)
    texts = [beside.read_text(encoding="utf-8")] if beside.is_file() else _texts(own) if own else []
    return Licence("VAE Desktop", __version__, "MIT", texts[0].strip() if texts else "MIT License")


def _python() -> Licence:
    places = (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt")
    found = next((place for place in places if place.is_file()), None)
    text = (
        found.read_text(encoding="utf-8", errors="replace").strip()
        if found
        else "Python Software Foundation License Version 2: https://docs.python.org/3/license.html"
    )
    return Licence("Python", platform.python_version(), "PSF-2.0", text)


def _qt() -> Licence:
    package = _installed(QT_PACKAGES[0])
    return Licence(QT, package.version if package else "6", "LGPL-3.0-only", _qt_text())


def _qt_text() -> str:
    # The LGPL 3 is a set of additions to the GPL 3, so both texts have to be there.
    return "\n\n".join((_known_text("LGPL-3.0"), _known_text("GPL-3.0")))


def _known_text(name: str) -> str:
    return (resources_folder() / "licences" / f"{name}.txt").read_text(encoding="utf-8").strip()


def _samples() -> Iterator[Licence]:
    folder = resources_folder() / "samples"
    for sample in json.loads((folder / "samples.json").read_bytes()):
        text = (folder / sample["licence"]).read_text(encoding="utf-8").strip()
        yield Licence(f"Sample “{sample['title']}”", "", _recognised(text), text)


if __name__ == "__main__":
    write_licences(Path(sys.argv[1]), map(Path, sys.argv[2:]))
