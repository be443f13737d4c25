"""install-desktop.sh in homes with names that shells, menus and launchers read in their own ways."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINUX = ROOT / "installer" / "linux"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux desktops only")

NAMES = ["plain", "Grö ße 日本 'a", '50 % "q" $HOME `x` b\\s %f']


@pytest.fixture(scope="session")
def share(tmp_path_factory):
    """The folder share/ with everything that is installed."""
    out = tmp_path_factory.mktemp("made") / "share"
    subprocess.run([sys.executable, ROOT / "installer" / "share.py", out], check=True)
    return out


class Computer:
    """Somebody's home, with the program unpacked below it."""

    def __init__(self, base, share):
        self.base, self.home, self.data = base, base / "home", base / "home" / "data dir"
        self.folder = base / "unpacked" / "vae-desktop-0.1.0"
        self.ran = base / "ran"
        self.folder.mkdir(parents=True)
        self.data.mkdir(parents=True)
        shutil.copytree(share, self.folder / "share")
        shutil.copy(LINUX / "install-desktop.sh", self.folder)
        program = self.folder / "vae-desktop"
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@" >"$RAN"\n')
        program.chmod(0o755)

    def run(self, *command, **variables):
        """What a command says, in this home."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "DESKTOP", "DISPLAY", "DBUS_"))
        }
        ours = {
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.data),
            "XDG_DATA_DIRS": str(self.base / "system"),
            "RAN": str(self.ran),
        }
        environment = inherited | ours | variables
        done = subprocess.run(
            [*map(str, command)],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, *options):
        return self.run(self.folder / "install-desktop.sh", *options)

    def entry(self):
        """The desktop entry's keys and values, its values read as the specification says."""
        text = (self.data / "applications" / "vae-desktop.desktop").read_text("utf-8")
        pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        return {
            key: value.replace("\\\\", "\0").replace("\\s", " ").replace("\0", "\\")
            for key, value in pairs.items()
        }

    def files(self):
        """Every file in the data folder with its content."""
        return {
            path.relative_to(self.data): path.read_bytes() for path in self.data.rglob("*") if path.is_file()
        }


@pytest.fixture(params=NAMES)
def computer(request, tmp_path, share):
    return Computer(tmp_path / request.param, share)


@pytest.fixture
def plain(tmp_path, share):
    return Computer(tmp_path / "plain", share)


def words(command):
    """The words of an Exec value: quotes and backslashes as the desktop entry specification has them."""
    found, word, quoted, rest = [], None, False, iter(command)
    for letter in rest:
        if letter == '"':
            quoted, word = not quoted, word or ""
        elif quoted and letter == "\\":
            word += next(rest)
        elif letter == " " and not quoted:
            found, word = [*found, *([word] if word is not None else [])], None
        else:
            word = (word or "") + letter
    return [*found, *([word] if word is not None else [])]


def test_the_menu_starts_the_program_where_it_lies(computer):
    computer.install()
    entry = computer.entry()
    *before, program, file = words(entry["Exec"])
    assert program.replace("%%", "%") == str(computer.folder / "vae-desktop")
    assert "%" not in program.replace("%%", "")
    assert (before in ([], ["env"]), file) == (True, "%f")
    assert entry["TryExec"] == str(computer.folder / "vae-desktop")
    assert "application/x-vae-model" in entry["MimeType"]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-utils")
def test_the_entry_is_valid(computer):
    computer.install()
    assert computer.run("desktop-file-validate", computer.data / "applications" / "vae-desktop.desktop") == ""


@pytest.mark.skipif(
    None
    in (shutil.which("gio"), shutil.which("update-desktop-database"), shutil.which("update-mime-database")),
    reason="needs gio, desktop-file-utils and shared-mime-info",
)
def test_opening_a_vae_file_starts_the_program_with_it(computer):
    computer.install()
    model = computer.base / "my cats 100%.vae"
    with zipfile.ZipFile(model, "w") as content:
        content.writestr("model.json", "{}")
    told = computer.run("gio", "info", "-a", "standard::content-type,standard::icon", model)
    assert "standard::content-type: application/x-vae-model" in told
    assert "standard::icon: application-x-vae-model" in told
    os.mkfifo(computer.ran)  # gio does not wait for what it starts, but who reads from a pipe does
    script = 'gio open "$1" >/dev/null 2>&1 && timeout 30 cat "$2"'
    said = computer.run("sh", "-c", script, "sh", model, computer.ran)
    assert said.splitlines() == [str(computer.folder / "vae-desktop"), str(model)]


def test_a_plain_name_is_not_quoted(plain):
    # Where there is no desktop, xdg-open (1.1.3) would look for a program with the quotes in its name.
    plain.install()
    assert plain.entry()["Exec"] == f"{plain.folder / 'vae-desktop'} %f"


@pytest.mark.parametrize("has_session", [True, False])
def test_whoever_has_no_terminal_is_told_by_a_notification(plain, has_session):
    tools = plain.base / "tools"
    tools.mkdir()
    (tools / "notify-send").write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$RAN"\n')
    (tools / "notify-send").chmod(0o755)
    session = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/somewhere"} if has_session else {}
    plain.run(plain.folder / "install-desktop.sh", PATH=f"{tools}:{os.environ['PATH']}", **session)
    assert plain.ran.exists() == has_session
    if has_session:
        assert ".vae files open with it" in plain.ran.read_text("utf-8")


def test_installing_twice_is_as_installing_once(computer):
    computer.install()
    once = computer.files()
    computer.install()
    assert computer.files() == once


def test_after_a_move_installing_again_repairs(plain):
    plain.install()
    plain.folder = plain.folder.rename(plain.base / "moved – 100 %")
    plain.install()
    assert plain.entry()["TryExec"] == str(plain.folder / "vae-desktop")


def test_removing_leaves_nothing(computer):
    computer.install()
    assert (computer.data / "icons/hicolor/48x48/apps/vae-desktop.png").is_file()
    computer.install("--remove")
    assert list(computer.data.iterdir()) == []
    computer.install("--remove")  # once more does no harm


def test_removing_touches_nothing_else_and_tells_where_the_projects_are(plain):
    others = {
        "applications/other.desktop": "[Desktop Entry]\nType=Application\nName=Other\nExec=true\n",
        "icons/hicolor/48x48/apps/other.png": "png",
        "mime/packages/other.xml": (
            '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">'
            '<mime-type type="application/x-other"><glob pattern="*.other"/></mime-type></mime-info>'
        ),
        "vae-desktop/projects/cats/project.json": "{}",
    }
    for name, content in others.items():
        (plain.data / name).parent.mkdir(parents=True, exist_ok=True)
        (plain.data / name).write_text(content, encoding="utf-8")
    plain.install()
    said = plain.install("--remove")
    for name, content in others.items():
        assert (plain.data / name).read_text("utf-8") == content
    assert str(plain.data / "vae-desktop") in said
    ours = [path for path in plain.files() if "vae" in path.name]
    assert ours == []
    caches = b"".join(content for path, content in plain.files().items() if str(path) not in others)
    assert b"x-vae-model" not in caches


FILE_MANAGER = "[Desktop Entry]\nType=Application\nName=Files\nExec=true %f\nMimeType=inode/directory;\n"


@pytest.mark.skipif(
    None in (shutil.which("gio"), shutil.which("update-desktop-database")),
    reason="needs gio and desktop-file-utils",
)
@pytest.mark.parametrize("has_default", [True, False])
def test_folders_are_offered_but_never_taken_from_the_file_manager(plain, has_default):
    applications = plain.base / "system" / "applications"
    applications.mkdir(parents=True)
    (applications / "files.desktop").write_text(FILE_MANAGER)
    if has_default:  # as the desktops that people install have it
        (applications / "mimeapps.list").write_text("[Default Applications]\ninode/directory=files.desktop\n")
    plain.run("update-desktop-database", applications)
    plain.install()
    assert "files.desktop" in plain.run("gio", "mime", "inode/directory").splitlines()[0]
    assert plain.entry()["MimeType"] == "application/x-vae-model;" + (
        "inode/directory;" if has_default else ""
    )


@pytest.mark.parametrize("name", ["a=b", "two\nlines"])
def test_a_folder_that_menus_cannot_start_from_is_refused(tmp_path, share, name):
    computer = Computer(tmp_path / name, share)
    done = subprocess.run(
        [computer.folder / "install-desktop.sh"],
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Nothing was changed" in done.stderr
    assert not (tmp_path / "data").exists()


def test_without_the_program_nothing_is_installed(plain):
    (plain.folder / "vae-desktop").unlink()
    with pytest.raises(AssertionError, match="There is no program"):
        plain.install()
    assert list(plain.data.iterdir()) == []


def test_a_checkout_can_be_installed(plain, share, tmp_path):
    (tmp_path / "bin").mkdir()
    program = shutil.move(plain.folder / "vae-desktop", tmp_path / "bin")
    plain.run(LINUX / "install-desktop.sh", "--program", program, "--share", share)
    assert plain.entry()["TryExec"] == program


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="needs appstream")
def test_the_description_for_stores_is_valid():
    description = LINUX / "vae-desktop.metainfo.xml"
    subprocess.run(
        ["appstreamcli", "validate", "--no-net", description], check=True, stdout=subprocess.DEVNULL
    )
