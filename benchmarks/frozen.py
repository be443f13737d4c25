"""The frozen program (`make app`): its size and its start as shares of limits.

Run only when it is named: it needs dist/vae-desktop and, for the compressed size, the archive beside it.
Limits: 900 MB unpacked, 250 MB compressed; 1.5 s to the first paint with nothing of it in the system's cache,
0.6 s with everything; 7 s to the first decoded picture. Times run from the start of the process to the line
that the program logs.
"""

import os
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.child import ROOT
from benchmarks.result import Options, Result, of_limit
from benchmarks.trained import make_trained_project
from benchmarks.window import environment

BUILT = Path(os.environ.get("VAE_APP", ROOT / "dist" / "vae-desktop"))
RUNS, SIZE, PICTURES = 3, 64, 600
UNPACKED_MB, COMPRESSED_MB = 900, 250
COLD_PAINT, WARM_PAINT, DECODE = 1.5, 0.6, 7.0
PAINTED, DECODED = "The window is shown", "The first picture is decoded"
_PARTS = {"tensorflow": "TensorFlow", "libtensorflow": "TensorFlow", "PySide6": "Qt", "libQt6": "Qt"}


def measure(_options: Options) -> list[Result]:
    """Sizes, then starts."""
    return [*_sizes(), *_starts()]


def _sizes() -> list[Result]:
    parts: Counter[str] = Counter()
    for path in BUILT.rglob("*"):
        if path.is_file() and not path.is_symlink():
            parts[_part(path.relative_to(BUILT))] += path.stat().st_size
    total = sum(parts.values()) / 1e6
    table = {f"{name} MB": size / 1e6 for name, size in parts.most_common(12)}
    found = [_share("unpacked size", f"{UNPACKED_MB} MB", [total / UNPACKED_MB], {"MB": total, **table})]
    for archive in sorted(BUILT.parent.glob(f"{BUILT.name}-*.tar.*")):
        size = archive.stat().st_size / 1e6
        found.append(
            _share(f"size of {archive.name}", f"{COMPRESSED_MB} MB", [size / COMPRESSED_MB], {"MB": size})
        )
    return found


def _part(path: Path) -> str:
    """Which part of the program a file belongs to: a library, or our two programs with Python's modules."""
    inner = path.parts[1:] if path.parts[0] == "_internal" else path.parts
    for beginning, name in _PARTS.items():
        if inner[0].startswith(beginning):
            return name
    return (
        inner[0].removesuffix(".libs") if len(inner) > 1 else "programs" if len(path.parts) == 1 else "other"
    )


def _starts() -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_trained_project(folder, SIZE, PICTURES)
        cold = [_start(project, folder, cold=True) for _ in range(RUNS)]
        warm = [_start(project, folder, cold=False) for _ in range(RUNS)]
    return [
        _share("first paint, cold", f"{COLD_PAINT} s", [run[PAINTED] / COLD_PAINT for run in cold], cold[0]),
        _share("first paint, warm", f"{WARM_PAINT} s", [run[PAINTED] / WARM_PAINT for run in warm], warm[0]),
        _share("first decode, cold", f"{DECODE:.0f} s", [run[DECODED] / DECODE for run in cold], cold[0]),
        _share("first decode, warm", f"{DECODE:.0f} s", [run[DECODED] / DECODE for run in warm], warm[0]),
    ]


def _start(project: Path, folder: Path, *, cold: bool) -> dict[str, float]:
    """Seconds from the start of the process to its two lines."""
    if cold:
        _drop_from_cache()
    moments: dict[str, float] = {}
    begin = time.monotonic()
    with subprocess.Popen(
        [BUILT / "vae-desktop", "--verbose", project],
        env=os.environ | environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        for line in program.stderr:
            moments |= {text: time.monotonic() - begin for text in (PAINTED, DECODED) if text in line}
            if DECODED in moments:
                break
        program.terminate()
    return moments


def _drop_from_cache() -> None:
    """Have the system read the program's files from the disk again."""
    os.sync()
    for path in BUILT.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _share(name: str, limit: str, ratios: list[float], details: dict[str, float]) -> Result:
    return of_limit(f"frozen program: {name}", limit, ratios, details=details)
