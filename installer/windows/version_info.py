"""What the Explorer shows of the programs' files (VERSIONINFO). Used by build.spec.

UNTESTED on Windows: nobody has built it there yet.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PyInstaller.utils.win32.versioninfo import VSVersionInfo

DESCRIPTIONS = {
    "vae-desktop": "VAE Desktop",  # also its name in the taskbar and in "Open with"
    "vae": "VAE Desktop, command line",
}


def version_numbers(version: str) -> tuple[int, int, int, int]:
    """The four numbers that Windows compares, of a version such as 0.1.0 or 1.2.0rc1."""
    release = re.match(r"\d+(?:\.\d+){0,3}", version)
    if release is None:
        raise ValueError(f"{version!r} does not begin with a number")
    first, second, third, fourth = ([int(part) for part in release[0].split(".")] + [0, 0, 0])[:4]
    return first, second, third, fourth


def texts(program: str, version: str) -> dict[str, str]:
    """What is shown of ``program``, a key of DESCRIPTIONS, by Windows' own names for it."""
    return {
        "CompanyName": "The VAE Desktop authors",
        "FileDescription": DESCRIPTIONS[program],
        "FileVersion": version,
        "InternalName": program,
        "LegalCopyright": "MIT License",
        "OriginalFilename": f"{program}.exe",
        "ProductName": "VAE Desktop",
        "ProductVersion": version,
    }


def version_info(program: str, version: str) -> "VSVersionInfo":
    """The resource that PyInstaller's EXE takes as ``version``."""
    # Only where it is used: it imports pefile, which PyInstaller brings on Windows alone.
    from PyInstaller.utils.win32 import versioninfo as win32  # noqa: PLC0415

    numbers = version_numbers(version)
    english, unicode = 0x0409, 1200
    strings = [win32.StringStruct(name, text) for name, text in texts(program, version).items()]
    return win32.VSVersionInfo(
        ffi=win32.FixedFileInfo(filevers=numbers, prodvers=numbers, mask=0x3F, OS=0x40004, fileType=1),
        kids=[
            win32.StringFileInfo([win32.StringTable(f"{english:04X}{unicode:04X}", strings)]),
            win32.VarFileInfo([win32.VarStruct("Translation", [english, unicode])]),
        ],
    )
