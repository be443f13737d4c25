"""The pictures of `quality`: imported into a project as anybody's are, and the same for everybody.

From `$VAE_DATA` (default `~/.cache/vae-desktop-data`). Fashion-MNIST is split as its authors did, 60,000 to
learn from and 10,000 held out; the others by content, as the program always does. The importer puts the 28×28
pixels of Fashion-MNIST in the middle of 32×32, a margin that the other programs need not draw: they are given
the inner pixels, and ours is judged by these alone. That is its ELBO for the inner pictures and no favour:
given a point the pixels are independent, so the decoder without its margin is a decoder, and what the encoder
sees in addition is worked out from the inner pixels.
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project

SETS = ("fashion", "emoji", "units")
_FASHION = {"held-out": "t10k-images-idx3-ubyte.gz", "train": "train-images-idx3-ubyte.gz"}
_MARGIN = {"fashion": 2}


@dataclass(frozen=True)
class Pictures:
    """What is learnt from, and what is judged by: uint8 [n, S, S, C] each.

    Attributes:
        margin: pixels on each side that the importer added.
    """

    train: NDArray[np.uint8]
    held_out: NDArray[np.uint8]
    margin: int

    @property
    def is_grey(self) -> bool:
        """Whether they have one channel."""
        return self.train.shape[-1] == 1

    def without_margin(self) -> "Pictures":
        """The same without what the importer added."""
        return Pictures(inner(self.train, self.margin), inner(self.held_out, self.margin), 0)

    @classmethod
    def load(cls, folder: Path) -> "Pictures":
        """Read what :func:`prepare` wrote."""
        with np.load(folder / "pictures.npz") as stored:
            return cls(stored["train"], stored["held_out"], int(stored["margin"]))


def inner(pixels: NDArray[Any], margin: int) -> NDArray[Any]:
    """Pictures [n, S, S, C] without the outermost ``margin`` pixels on each side."""
    end = pixels.shape[1] - margin
    return pixels[:, margin:end, margin:end]


def prepare(name: str, folder: Path) -> None:
    """Import one of the sets into ``folder``/project, and write its pictures beside it for the others.

    Raises:
        FileNotFoundError: when the set is not there.
    """
    data = Path(os.environ.get("VAE_DATA", Path.home() / ".cache" / "vae-desktop-data"))
    source = data / name
    if name == "fashion":
        source = folder / "pictures"
        for kind, file in _FASHION.items():
            _write_pictures(data / name / file, source / kind)
    image_format = ImageFormat(32, 1) if name == "fashion" else ImageFormat(64, 3)
    with Project.create(folder / "project", source) as project:
        import_folder(project, image_format=image_format)
        if name == "fashion":
            _hold_out(project, "held-out/")
        store = project.pictures()
    np.savez(
        folder / "pictures.npz",
        train=store.read(np.flatnonzero(~store.held_out)),
        held_out=store.read(np.flatnonzero(store.held_out)),
        margin=_MARGIN.get(name, 0),
    )


def _write_pictures(file: Path, folder: Path) -> None:
    """The pictures of a file in MNIST's format, as PNG."""
    folder.mkdir(parents=True)
    data = gzip.decompress(file.read_bytes())
    count, height, width = np.frombuffer(data, ">i4", 3, offset=4)
    for number, pixels in enumerate(np.frombuffer(data, np.uint8, offset=16).reshape(count, height, width)):
        Image.fromarray(pixels).save(folder / f"{number:05d}.png", compress_level=1)


def _hold_out(project: Project, beginning: str) -> None:
    """Hold out exactly the pictures whose paths begin like this."""
    start = os.fsencode(beginning)
    with project.index() as index:
        index.execute("UPDATE pictures SET held_out = substr(path, 1, ?) = ?", (len(start), start))
