"""Lists what the built program ships, as CycloneDX: ``python installer/sbom.py --cyclonedx PROGRAM``.

Run by the Python that built the program. cyclonedx-py describes everything that is installed there; of that,
only what PyInstaller really took stays, and what comes from elsewhere is added: Python, PyInstaller's
bootloader, and libraries of the system, which are named by file and digest.
"""

import argparse
import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from archive import ROOT, version

Component = dict[str, Any]


def shipped_packages(program: Path) -> set[str]:
    """Normalised names of the installed packages of which the built ``program`` has a module or a library."""
    # Only where it is needed: it is there in the environment that built the program, and in no other.
    from PyInstaller.archive.readers import CArchiveReader  # noqa: PLC0415

    names = {
        path.name.partition(".")[0]
        for path in (program / "_internal").iterdir()
        if path.suffix != ".dist-info"
    }
    for executable in ("vae-desktop", "vae"):
        reader = CArchiveReader(str(program / executable))
        for entry in reader.toc:
            if entry.endswith(".pyz"):
                names |= {module.partition(".")[0] for module in reader.open_embedded_archive(entry).toc}
    owners = importlib.metadata.packages_distributions()
    return {normalised(owner) for name in names for owner in owners.get(name, ())}


def normalised(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def other_components(program: Path) -> list[Component]:
    """What no package manager of Python knows: Python, the bootloader, and libraries of the system."""
    built_in = [
        ("CPython", platform.python_version(), "Python-2.0"),
        ("PyInstaller bootloader", importlib.metadata.version("pyinstaller"), "Apache-2.0"),
    ]
    known: list[Component] = [
        {
            "type": "library",
            "bom-ref": f"{name}=={number}",
            "name": name,
            "version": number,
            "licenses": [{"license": {"id": licence}}],
        }
        for name, number, licence in built_in
    ]
    # PyInstaller keeps packages' libraries in their folders; those at the top are the system's.
    files = sorted(
        path for path in (program / "_internal").glob("*.so*") if path.is_file() and not path.is_symlink()
    )
    return known + [
        {
            "type": "file",
            "bom-ref": f"file:{path.name}",
            "name": path.name,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
        }
        for path in files
    ]


def reduced(bom: dict[str, Any], packages: set[str], others: list[Component]) -> dict[str, Any]:
    """The bill ``bom`` with the components named in ``packages`` only, and with ``others``."""
    components = [part for part in bom["components"] if normalised(part["name"]) in packages]
    root = bom["metadata"]["component"] | {"version": version()}
    kept = {root["bom-ref"]} | {part["bom-ref"] for part in components}
    dependencies = []
    for found in bom["dependencies"]:
        if found["ref"] in kept:
            needs = [ref for ref in found.get("dependsOn", []) if ref in kept]
            dependencies.append({"ref": found["ref"]} | ({"dependsOn": needs} if needs else {}))
    return bom | {
        "metadata": bom["metadata"] | {"component": root},
        "components": components + others,
        "dependencies": dependencies,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="List what the built program ships, as CycloneDX.")
    parser.add_argument(
        "--program", type=Path, default=ROOT / "dist" / "vae-desktop", help="the built folder"
    )
    parser.add_argument("--cyclonedx", type=Path, required=True, help="the program cyclonedx-py")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / f"vae-desktop-{version()}.cdx.json")
    options = parser.parse_args()
    described = subprocess.run(
        [
            *(options.cyclonedx, "environment", sys.executable),
            *("--pyproject", ROOT / "pyproject.toml", "--output-reproducible"),
        ],
        stdout=subprocess.PIPE,
        check=True,
    )
    packages = shipped_packages(options.program) - {"vae-desktop"}
    bill = reduced(json.loads(described.stdout), packages, other_components(options.program))
    options.out.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{options.out} ({len(bill['components'])} components)")


if __name__ == "__main__":
    main()
