"""Packs the built program as the .tar.xz that people download: ``python installer/archive.py``.

The same program gives the same bytes: sorted names, no owners, one time, and blocks of one size whatever
the number of cores. Inside is one folder with the programs, what they need, README.txt, install-desktop.sh.
"""

import argparse
import os
import platform
import runpy
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from share import make_share

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# x86: jumps and calls are made absolute first, which saves some per cent of machine code. The dictionary is
# four times the usual one for the same reason, and is also the memory that unpacking takes. Blocks are what
# several cores can work on at once, in packing and in unpacking.
XZ = (
    *("xz", "--compress", "--stdout", "--threads=0", "--block-size=96MiB", "--check=crc64"),
    *("--x86", "--lzma2=preset=6,dict=32MiB"),
)
EXTRAS = ("README.txt", "install-desktop.sh")
"""Files of ``installer/linux`` that lie beside the programs."""


def version() -> str:
    """The program's version, from the one place that has it."""
    return str(runpy.run_path(str(ROOT / "training" / "__init__.py"))["__version__"])


def source_date() -> int:
    """The time of everything in the archive, in seconds since 1970: SOURCE_DATE_EPOCH, or the commit's."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    log = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if log.returncode != 0:
        sys.exit("Without git's history, SOURCE_DATE_EPOCH must say what time the files get.")
    return int(log.stdout)


def write_archive(program: Path, share: Path, out: Path, *, top: str, date: int) -> None:
    """Pack what ``write_tar`` writes into the file ``out``.

    Raises:
        SystemExit: as ``write_tar``, and when xz is missing or fails.
    """
    with _xz(out) as stream:
        write_tar(program, share, stream, top=top, date=date)


def write_tar(program: Path, share: Path, stream: IO[bytes], *, top: str, date: int) -> None:
    """Write the built ``program``, the extras and the folder ``share`` to ``stream``, all below ``top``.

    Raises:
        SystemExit: when there is no program, or when a link leads out of it.
    """
    if not (program / "vae-desktop").is_file():
        sys.exit(f"{program} is not a built program: run `make app` first.")
    sources = {path.relative_to(program).as_posix(): path for path in program.rglob("*")}
    sources |= {name: HERE / "linux" / name for name in EXTRAS}
    sources |= {path.relative_to(share.parent).as_posix(): path for path in (share, *share.rglob("*"))}
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_member(program, top, date))
        for name in sorted(sources):
            _add(archive, sources[name], f"{top}/{name}", program, date)


def _add(archive: tarfile.TarFile, path: Path, name: str, program: Path, date: int) -> None:
    member = _member(path, name, date)
    if member.issym() and not (path.parent / member.linkname).resolve().is_relative_to(program.resolve()):
        sys.exit(f"{path} is a link to {member.linkname}, which nobody else has.")
    if member.isreg():
        with path.open("rb") as content:
            archive.addfile(member, content)
    else:
        archive.addfile(member)


def _member(path: Path, name: str, date: int) -> tarfile.TarInfo:
    """What the archive says of a file, folder or link: nothing that differs from one builder to the next."""
    found = path.lstat()
    member = tarfile.TarInfo(name)
    member.mtime = date
    member.mode = 0o644
    if stat.S_ISLNK(found.st_mode):
        member.type, member.linkname, member.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
    elif stat.S_ISDIR(found.st_mode):
        member.type, member.mode = tarfile.DIRTYPE, 0o755
    else:
        member.size = found.st_size
        if found.st_mode & stat.S_IXUSR:
            member.mode = 0o755
    return member


@contextmanager
def _xz(out: Path) -> Iterator[IO[bytes]]:
    """A stream that ends up compressed in ``out``, which is there only once it is whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("wb") as target:
            compressor = subprocess.Popen(XZ, stdin=subprocess.PIPE, stdout=target)
    except FileNotFoundError:
        partial.unlink()
        sys.exit("There is no program xz; it comes with the package xz-utils.")
    try:
        with cast(IO[bytes], compressor.stdin) as stream:
            yield stream
        if compressor.wait() != 0:
            sys.exit("xz failed, and nothing was kept; the reason is above.")
        partial.replace(out)
    except BrokenPipeError:
        sys.exit("xz ended early, and nothing was kept; the reason is above.")
    finally:
        compressor.kill()
        compressor.wait()
        partial.unlink(missing_ok=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Pack the built program for download.")
    parser.add_argument(
        "--program", type=Path, default=ROOT / "dist" / "vae-desktop", help="the built folder"
    )
    parser.add_argument("--variant", default="", help="such as gpu: becomes part of the name")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder for the archive")
    options = parser.parse_args()
    top = "-".join(filter(None, ["vae-desktop", version(), options.variant]))
    out: Path = options.out / f"{top}-linux-{platform.machine()}.tar.xz"
    with tempfile.TemporaryDirectory() as folder:
        share = Path(folder) / "share"
        make_share(share)
        write_archive(options.program, share, out, top=top, date=source_date())
    print(f"{out} ({out.stat().st_size / 1e6:,.0f} MB)")


if __name__ == "__main__":
    main()
