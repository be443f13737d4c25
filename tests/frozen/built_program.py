"""Where the built program is, and how long it may take to start."""

import os
from pathlib import Path

BUILT = Path(os.environ.get("VAE_APP", Path(__file__).parents[2] / "dist" / "vae-desktop"))
FIRST_START_SECONDS = 240  # a gigabyte comes from the disk, on whatever machine builds this


def missing_program():
    """What to say where there is none; empty where there is one."""
    return "" if (BUILT / "vae-desktop").exists() else f"{BUILT} is not there: run `make app` first"
