"""Makes the folder ``share/`` of the Linux packages: menu entry, icons, file type and store description.

It is laid out as in /usr/share or ~/.local/share, so that install-desktop.sh, or somebody who makes a package
for a distribution, only has to copy it. Run as ``python installer/share.py OUT``.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

PLACES = {
    "vae-desktop.desktop": "applications/vae-desktop.desktop",
    "vae-desktop.xml": "mime/packages/vae-desktop.xml",
    "vae-desktop.metainfo.xml": "metainfo/alt.vae_desktop.vae_desktop.metainfo.xml",
}
"""Files of ``installer/linux`` and where they go; AppStream wants the file named after the id in it."""


def make_share(out: Path) -> None:
    """Write the folder ``out`` anew.

    Raises:
        subprocess.CalledProcessError: when the icons cannot be drawn.
    """
    shutil.rmtree(out, ignore_errors=True)
    for name, place in PLACES.items():
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / "linux" / name, out / place)
    drawn = out / "drawn"
    # In a process of its own: drawing starts Qt, which must not stay in whoever calls this.
    subprocess.run([sys.executable, HERE / "icons.py", drawn], check=True)
    (out / "icons").mkdir()
    (drawn / "hicolor").rename(out / "icons" / "hicolor")
    shutil.rmtree(drawn)  # with the icons of the other systems


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Make the folder share/ of the Linux packages.")
    parser.add_argument("out", type=Path)
    make_share(parser.parse_args().out)


if __name__ == "__main__":
    main()
