"""What is released: the archive, the locked requirements, the checks before and the sums after."""

import hashlib
import os
import plistlib
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from training import __version__

ROOT = Path(__file__).resolve().parents[1]
INSTALLER = ROOT / "installer"
TOP = f"vae-desktop-{__version__}"


@pytest.fixture
def built(tmp_path):
    """A small folder like the one that PyInstaller makes."""
    program = tmp_path / "dist" / "vae-desktop"
    (program / "_internal" / "tensorflow").mkdir(parents=True)
    for name in ("vae-desktop", "vae"):
        (program / name).write_bytes(b"\x7fELF")
        (program / name).chmod(0o750)
    (program / "_internal" / "tensorflow" / "libtensorflow_cc.so.2").write_bytes(bytes(100_000))
    (program / "_internal" / "libtensorflow_cc.so.2").symlink_to("tensorflow/libtensorflow_cc.so.2")
    (program / "_internal" / "Größe.txt").write_text("ä", encoding="utf-8")
    return program


def pack(program, out, **variables):
    return subprocess.run(
        [sys.executable, INSTALLER / "archive.py", "--program", program, "--out", out],
        env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def packed(program, out):
    done = pack(program, out)
    assert done.returncode == 0, done.stderr
    (archive,) = out.iterdir()
    return archive


linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("xz") is None, reason="needs Linux and xz"
)


@linux_only
def test_the_archive_is_one_folder_with_all_that_is_needed(built, tmp_path):
    archive = packed(built, tmp_path / "out")
    assert re.fullmatch(rf"{re.escape(TOP)}-linux-\w+\.tar\.xz", archive.name)
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)  # as whoever unpacks it does
    assert {path.name for path in (tmp_path / TOP).iterdir()} == {
        *("vae-desktop", "vae", "_internal", "share", "README.txt", "install-desktop.sh")
    }
    unpacked = tmp_path / TOP
    for name in ("vae-desktop", "vae", "install-desktop.sh"):
        assert os.access(unpacked / name, os.X_OK)
    assert (unpacked / "_internal" / "libtensorflow_cc.so.2").is_symlink()
    assert (unpacked / "_internal" / "libtensorflow_cc.so.2").read_bytes() == bytes(100_000)
    assert (unpacked / "_internal" / "Größe.txt").read_text("utf-8") == "ä"
    assert (unpacked / "share" / "icons" / "hicolor" / "48x48" / "apps" / "vae-desktop.png").is_file()


@linux_only
def test_nothing_of_who_packed_it_is_in_the_archive(built, tmp_path):
    with tarfile.open(packed(built, tmp_path / "out")) as archive:
        members = archive.getmembers()
    names = [member.name for member in members]
    assert names[1:] == sorted(names[1:])
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert {member.mtime for member in members} == {1_700_000_000}
    assert {member.mode for member in members if not member.issym()} == {0o755, 0o644}


@linux_only
def test_the_same_program_gives_the_same_bytes(built, tmp_path):
    first = packed(built, tmp_path / "first").read_bytes()
    for path in sorted(
        built.rglob("*"), reverse=True
    ):  # other times, another umask, another order on the disk
        if path.is_file() and not path.is_symlink():
            content, executable = path.read_bytes(), os.access(path, os.X_OK)
            path.unlink()
            path.write_bytes(content)
            path.chmod(0o700 if executable else 0o600)
    assert packed(built, tmp_path / "second").read_bytes() == first


@linux_only
def test_a_link_to_somewhere_else_is_not_packed(built, tmp_path):
    (built / "_internal" / "libc.so.6").symlink_to(sys.executable)
    done = pack(built, tmp_path / "out")
    assert done.returncode == 1
    assert "libc.so.6 is a link" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_without_a_built_program_it_says_what_to_do(tmp_path):
    done = pack(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "make app" in done.stderr
    assert "Traceback" not in done.stderr


@linux_only
@pytest.mark.parametrize("xz", ["#!/bin/sh\nexit 1\n", None])
def test_where_xz_fails_or_is_missing_nothing_half_done_stays(built, tmp_path, xz):
    tools = tmp_path / "tools"
    tools.mkdir()
    if xz is not None:
        (tools / "xz").write_text(xz)
        (tools / "xz").chmod(0o755)
    done = pack(built, tmp_path / "out", PATH=str(tools))
    assert done.returncode == 1
    assert "xz" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def git(folder, *arguments):
    identity = [
        "-c",
        "user.name=Somebody",
        "-c",
        "user.email=somebody@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "CHANGELOG.md").write_text(f"## [{__version__}] - Unreleased\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "All")
    return tmp_path


def release(step, root):
    done = subprocess.run(
        [sys.executable, INSTALLER / "release.py", step, "--root", root],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_clean_checkout_with_its_version_in_the_changelog_can_be_released(checkout):
    assert release("check", checkout) == (0, "")


def test_changes_that_are_not_committed_are_not_released(checkout):
    (checkout / "new.py").write_text("")
    code, said = release("check", checkout)
    assert (code, "new.py" in said) == (1, True)


def test_a_version_without_a_word_about_it_is_not_released(checkout):
    (checkout / "CHANGELOG.md").write_text("## [0.0.9] - 2020-01-01\n", encoding="utf-8")
    git(checkout, "commit", "-am", "Older")
    code, said = release("check", checkout)
    assert (code, f"## [{__version__}]" in said) == (1, True)


def test_a_tagged_version_needs_its_date(checkout):
    git(checkout, "tag", f"v{__version__}")
    code, said = release("check", checkout)
    assert (code, "Unreleased" in said) == (1, True)


def test_the_changelog_tells_of_this_version():
    assert f"\n## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_sums_are_of_this_version_and_right(tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    names = [f"{TOP}-linux-x86_64.tar.xz", f"vae_desktop-{__version__}-py3-none-any.whl"]
    for name in [*names, "vae-desktop-99.0.tar.gz"]:
        (dist / name).write_text(name)
    assert release("sums", tmp_path)[0] == 0
    listed = dict(reversed(line.split("  ")) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert listed == {name: hashlib.sha256(name.encode()).hexdigest() for name in names}


def test_the_bill_of_materials_keeps_what_is_shipped_and_nothing_else(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLER))  # where the script itself finds its neighbours
    reduced = runpy.run_path(str(INSTALLER / "sbom.py"))["reduced"]
    parts = [{"bom-ref": f"{name}==1", "name": name} for name in ("opt_einsum", "pip", "keras")]
    needs = [
        {"ref": "root", "dependsOn": ["keras==1", "pip==1"]},
        {"ref": "keras==1", "dependsOn": ["opt_einsum==1"]},
        {"ref": "pip==1"},
    ]
    bom = {
        "metadata": {"component": {"bom-ref": "root", "name": "vae-desktop"}},
        "components": parts,
        "dependencies": needs,
    }
    bill = reduced(bom, {"keras", "opt-einsum"}, [{"bom-ref": "CPython==3", "name": "CPython"}])
    assert [part["name"] for part in bill["components"]] == ["opt_einsum", "keras", "CPython"]
    assert bill["dependencies"] == [{"ref": "root", "dependsOn": ["keras==1"]}, needs[1]]
    assert bill["metadata"]["component"]["version"] == __version__


LOCKED = re.compile(r"^([\w.-]+)==([^ ;\\]+)( ; [^\\]+)?", re.MULTILINE)


def locked(name):
    """The versions of every package in a locked file."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    found: dict[str, set[str]] = {}
    for package, version, _ in LOCKED.findall(text):
        found.setdefault(canonicalize_name(package), set()).add(version)
    return found


@pytest.mark.parametrize("name", ["app-cpu.txt", "app-gpu.txt"])
def test_the_locked_versions_are_those_that_the_project_asks_for(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = locked(name)
    if name == "app-cpu.txt":
        assert versions["tensorflow"] == versions["tensorflow-cpu"]
    for requirement in map(Requirement, project["dependencies"]):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is missing: run make lock"
        assert all(requirement.specifier.contains(version) for version in found), (
            f"{requirement}: run make lock"
        )


def test_both_variants_are_made_of_the_same_versions():
    cpu, gpu = locked("app-cpu.txt"), locked("app-gpu.txt")
    assert {name: gpu.get(name) for name in cpu if name != "tensorflow-cpu"} == {
        name: cpu[name] for name in cpu if name != "tensorflow-cpu"
    }
    assert any(name.startswith("nvidia-cudnn") for name in gpu)


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_every_locked_package_has_hashes_and_no_address(path):
    text = path.read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    packages = [part for part in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if "==" in part]
    assert packages
    assert all("--hash=sha256:" in part for part in packages)


def test_windows_shows_the_version_of_both_programs():
    found = runpy.run_path(str(INSTALLER / "windows" / "version_info.py"))
    assert found["version_numbers"]("1.2.0rc1") == (1, 2, 0, 0)
    assert found["version_numbers"]("0.1.0") == (0, 1, 0, 0)
    with pytest.raises(ValueError, match="next"):
        found["version_numbers"]("next")
    for program in ("vae-desktop", "vae"):
        shown = found["texts"](program, __version__)
        assert (shown["OriginalFilename"], shown["ProductVersion"]) == (f"{program}.exe", __version__)


def test_macos_opens_our_files_with_the_program_and_leaves_folders_to_the_finder():
    found = runpy.run_path(str(INSTALLER / "macos" / "info_plist.py"))
    plist = plistlib.loads(plistlib.dumps(found["info_plist"](__version__)))
    (declared,) = plist["UTExportedTypeDeclarations"]
    assert declared["UTTypeTagSpecification"]["public.filename-extension"] == ["vae"]
    ranks = {kind["LSItemContentTypes"][0]: kind["LSHandlerRank"] for kind in plist["CFBundleDocumentTypes"]}
    assert ranks == {declared["UTTypeIdentifier"]: "Owner", "public.folder": "Alternate"}
    assert re.fullmatch(r"[A-Za-z0-9.-]+", found["BUNDLE_IDENTIFIER"])


def test_macos_is_asked_for_no_more_than_code_made_at_run_time():
    entitlements = plistlib.loads((INSTALLER / "macos" / "entitlements.plist").read_bytes())
    assert sorted(entitlements) == [
        "com.apple.security.cs.allow-jit",
        "com.apple.security.cs.allow-unsigned-executable-memory",
    ]
