"""What a release needs before and after it is built: ``python installer/release.py check|sums``.

check   nothing is uncommitted, and CHANGELOG.md tells of this version (with its date, once it is tagged)
sums    writes dist/SHA256SUMS over this version's files, for `sha256sum --check`
"""

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

from archive import ROOT, version


def check(root: Path, number: str) -> None:
    """Refuse what must not be released.

    Raises:
        SystemExit: with the reason.
    """
    changed = _git(root, "status", "--porcelain")
    if changed:
        sys.exit(f"There are changes that are not committed:\n{changed}")
    changes = (root / "CHANGELOG.md").read_text("utf-8")
    heading = re.search(rf"^## \[{re.escape(number)}\] - (.+)$", changes, re.MULTILINE)
    if heading is None:
        sys.exit(f"CHANGELOG.md has no heading `## [{number}] - DATE`.")
    tagged = f"v{number}" in _git(root, "tag", "--points-at", "HEAD").split()
    if tagged and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[1]):
        sys.exit(f"This commit is tagged v{number}, but CHANGELOG.md says {heading[1]} for its date.")


def write_sums(folder: Path, number: str) -> Path:
    """Write SHA256SUMS over the files of version ``number`` in ``folder``; its path.

    Raises:
        SystemExit: when there is no such file.
    """
    # Both spellings: a wheel's name may have no hyphen.
    files = sorted(
        path
        for path in folder.iterdir()
        if re.match(rf"vae[-_]desktop-{re.escape(number)}\b", path.name)
        and path.is_file()
        and path.suffix != ".partial"
    )
    if not files:
        sys.exit(f"There is nothing of version {number} in {folder}.")
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{_digest(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return sums


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"A release is made from a git checkout: {done.stderr.strip()}")
    return done.stdout.rstrip()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="What a release needs before and after it is built.")
    parser.add_argument("step", choices=["check", "sums"])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    options = parser.parse_args()
    if options.step == "check":
        check(options.root, version())
    else:
        print(write_sums(options.root / "dist", version()))


if __name__ == "__main__":
    main()
