"""What a benchmark ran on, as far as the operating system tells."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np


def machine() -> dict[str, Any]:
    """Processor, cores, the instruction sets that NumPy found, memory and system."""
    simd: Any = np.show_config(mode="dicts")
    extensions = simd["SIMD Extensions"]
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "instruction_sets": [*extensions.get("baseline", []), *extensions.get("found", [])],
        "memory_gb": _memory(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def described() -> str:
    """The machine in a line, for above a table."""
    found = machine()
    sets = ", ".join(found["instruction_sets"])
    return f"{found['processor']}, {found['cores']} cores ({sets}), {found['system']}"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    """Gigabytes, to a tenth; None where the system does not tell in this way (Windows)."""
    if sys.platform == "win32":
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
