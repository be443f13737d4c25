import json
import subprocess
import sys
from pathlib import Path

import pytest

from vae_desktop import licences
from vae_desktop.licences import Licence, collect, shipped, system_libraries, write_licences

OURS = "VAE Desktop"
# What the program imports, and what these need in turn.
SHIPPED = {
    "tensorflow", "keras", "numpy", "pyside6-essentials", "shiboken6", "pillow", "safetensors", "pyqtgraph",
    "rich", "typer", "h5py", "filelock", "platformdirs", "protobuf", "flatbuffers", "ml-dtypes", "absl-py",
    "grpcio",
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return collect()


def key(entry):
    return entry.name.lower().replace("_", "-").removesuffix("-cpu")


def test_everything_that_is_shipped_is_there_and_nothing_that_only_develops_it(found):
    names = {key(entry) for entry in found}
    assert names >= SHIPPED | {"python", "qt"}
    assert not names & {"pytest", "ruff", "mypy", "torch", "pyinstaller", "hypothesis"}
    assert found[0].name == OURS
    assert len(names) == len(found)


def test_each_has_a_version_a_licence_and_its_text(found):
    for entry in found:
        assert entry.licence, entry.name
        assert "unknown" not in entry.licence.lower(), entry.name
        assert entry.licence != "see its text", entry.name
        assert len(entry.text) > 400, entry.name
        assert entry.version or entry.name.startswith("Sample"), entry.name


@pytest.mark.parametrize(
    ("name", "licence", "words"),
    [
        ("tensorflow", "Apache", "Apache License"),
        ("flatbuffers", "Apache", "TERMS AND CONDITIONS FOR USE"),  # its wheel has no text
        ("numpy", "BSD-3-Clause", "NumPy Developers"),
        ("pillow", "MIT-CMU", "Jeffrey"),
        ("python", "PSF-2.0", "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2"),
        ("qt", "LGPL-3.0-only", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("pyside6-essentials", "LGPL-3.0", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("shiboken6", "LGPL-3.0", "GNU GENERAL PUBLIC LICENSE"),
    ],
)
def test_the_licences_are_those_of_their_makers(found, name, licence, words):
    (entry,) = (each for each in found if key(each) == name)
    assert licence in entry.licence
    assert words in entry.text


def test_what_tensorflow_has_in_it_is_named(found):
    (tensorflow,) = (entry for entry in found if key(entry) == "tensorflow")
    assert "Eigen" in tensorflow.text


def test_the_samples_keep_the_licences_of_their_makers(found):
    texts = [entry.text for entry in found if entry.name.startswith("Sample")]
    assert len(texts) == 2
    assert any("Zalando" in text for text in texts)
    assert any("Noto Emoji" in text for text in texts)


def test_a_build_writes_them_and_the_program_reads_them_from_the_file(tmp_path, monkeypatch):
    path = tmp_path / "resources" / "licences.json"
    command = [sys.executable, "-m", "vae_desktop.licences", str(path)]
    subprocess.run(command, check=True, cwd=Path(licences.__file__).parents[1])
    assert [Licence(**entry) for entry in json.loads(path.read_bytes())] == collect()
    path.write_text(json.dumps([{"name": "A", "version": "1", "licence": "MIT", "text": "words"}]))
    monkeypatch.setattr(licences, "resources_folder", lambda: path.parent)
    assert shipped() == [Licence("A", "1", "MIT", "words")]


def test_of_what_is_installed_a_build_names_only_what_it_takes(tmp_path):
    write_licences(
        tmp_path / "licences.json", modules=["numpy.linalg", "google.protobuf.message", "training"]
    )
    names = {entry["name"].lower() for entry in json.loads((tmp_path / "licences.json").read_bytes())}
    assert {"numpy", "protobuf", "python", "vae desktop"} <= names
    assert not names & {"keras", "requests", "h5py", "grpcio"}


def test_a_damaged_file_of_licences_does_not_hide_them(tmp_path, monkeypatch):
    # Only the file is looked for elsewhere; the texts that go with the packages stay where they are.
    real = licences.resources_folder()
    for name in ("licences", "samples"):
        (tmp_path / name).symlink_to(real / name)
    (tmp_path / "licences.json").write_text("[{]")
    monkeypatch.setattr(licences, "resources_folder", lambda: tmp_path)
    assert "numpy" in {entry.name for entry in shipped()}


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="Debian's packages")
def test_libraries_of_the_system_are_named_with_their_licence(tmp_path):
    library = next(Path("/").glob("usr/lib/*-linux-gnu/libz.so.1"))
    (zlib,) = system_libraries([library, library, tmp_path / "libown.so"])
    assert zlib.name.startswith("zlib1g")
    assert "zlib" in zlib.licence.lower()
    assert "Gailly" in zlib.text
    write_licences(tmp_path / "licences.json", [library])
    assert zlib in [Licence(**entry) for entry in json.loads((tmp_path / "licences.json").read_bytes())]


@pytest.mark.skipif(not Path("/usr/bin/dpkg-query").exists(), reason="Debian's packages")
def test_texts_that_every_debian_system_has_come_along():
    (library,) = Path("/").glob("usr/lib/*-linux-gnu/libglib-2.0.so.0")
    glib, *texts = system_libraries([library])
    assert "common-licenses/LGPL-2.1" in glib.text
    (lgpl,) = (entry for entry in texts if entry.name == "LGPL-2.1")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in lgpl.text
    assert "Version 2.1" in lgpl.text
