"""Import: pictures per second and core, against a loop around Pillow, Keras, and the decoder's limit.

Ours is the whole import: finding, decoding, hashing, facts of each picture, shards on disk, index. Pillow's
side does the same to the pixels in a pool of as many processes: turned upright, RGB, the middle square, 64
pixels by Lanczos; it keeps nothing. Keras' side is one pass over `image_dataset_from_directory` with the same
square at the same size, bilinear and in float; it keeps nothing either. Starting our processes and Pillow's
counts, as does finding the files; importing TensorFlow does not.

The limit, for small pictures, is what no program around Pillow can be faster than: loops that only open, load
and resize. Against it, our import is counted without its start, which an import of a few pictures tells.

The ratio is one of processor time, that of all processes of a side, so that other programs weigh little; what
each side made of the machine by the clock stands beside it. Photos are 12 megapixels of blurred noise on
gradients as JPEG; small pictures are PNGs of 64 × 64. Each side has its own process,
`python -m benchmarks.import_speed SIDE FOLDER`, and all take turns. The files come from the system's cache.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from benchmarks.child import Child, Parent
from benchmarks.result import Options, Result, of_turns
from benchmarks.scratch import pictures
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project

if sys.platform != "win32":
    import resource

PHOTOS, DIFFERENT, SMALL, FEW, ROUNDS, SIZE = 200, 20, 5_000, 16, 5, 64
WIDTH, HEIGHT, QUALITY = 4000, 3000, 90
PHOTO_REACH, LIMIT_REACH = 2.0, 0.9
_PROCESSORS = os.cpu_count() or 1
_CHUNK = 8
_NAMES = {
    "pillow": "a pool around Pillow",
    "keras": "image_dataset_from_directory",
    "limit": "only opening, loading, resizing",
}


def measure(_options: Options) -> list[Result]:
    """Photos against Pillow and Keras, small pictures against both and the limit."""
    with tempfile.TemporaryDirectory() as name:
        photos, small = Path(name, "photos"), Path(name, "small")
        write_photos(photos, PHOTOS)
        write_small(small, SMALL)
        return measure_folder("photos of 12 MP", photos, ("pillow", "keras"), ROUNDS) + measure_folder(
            "64 px PNGs", small, ("pillow", "keras", "limit"), ROUNDS
        )


def measure_folder(name: str, folder: Path, sides: Sequence[str], rounds: int) -> list[Result]:
    """One ratio for each of the other sides."""
    found: dict[str, list[Turn]] = {side: [] for side in ("ours", "start", *sides)}
    with ExitStack() as opened:
        few = Path(opened.enter_context(tempfile.TemporaryDirectory())) / "few"
        write_small(few, FEW)
        children = {
            side: opened.enter_context(
                Child("benchmarks.import_speed", side, str(few if side == "start" else folder))
            )
            for side in found
        }
        for turn in range(rounds + 1):
            for side, child in children.items():
                answer = Turn(**child.ask())
                if turn > 0:  # the first one warms up: the system's cache, Keras' graph
                    found[side].append(answer)
    return [_result(name, side, found) for side in sides]


def _result(name: str, side: str, found: dict[str, list["Turn"]]) -> Result:
    ours, theirs = found["ours"], found[side]
    if side == "limit":
        ours = [turn.without(start) for turn, start in zip(ours, found["start"], strict=True)]
    ratios = [their.processor / our.processor for our, their in zip(ours, theirs, strict=True)]
    details = {
        "our ms": 1000.0 * median(turn.processor for turn in ours),
        "their ms": 1000.0 * median(turn.processor for turn in theirs),
        "our start s": median(turn.processor * turn.pictures for turn in found["start"]),
        "ours/s by the clock": median(turn.rate for turn in found["ours"]),
        "theirs": median(turn.rate for turn in theirs),
    }
    return of_turns(
        f"import per core, {name}",
        _NAMES[side],
        ratios,
        reach=LIMIT_REACH if side == "limit" else PHOTO_REACH if "MP" in name else 1.0,
        details=details,
    )


@dataclass(frozen=True)
class Turn:
    """What a side told of one turn.

    Attributes:
        pictures: how many.
        rate: of them per second by the clock.
        processor: seconds of processor time each, of all its processes.
    """

    pictures: int
    rate: float
    processor: float

    def without(self, start: "Turn") -> "Turn":
        """What the pictures cost beyond those of another turn."""
        pictures = self.pictures - start.pictures
        seconds = self.pictures * self.processor - start.pictures * start.processor
        return Turn(pictures, self.rate, seconds / pictures)


def write_photos(folder: Path, count: int) -> None:
    """JPEGs of 12 megapixels, 20 of them different: others are hard links, which take no space."""
    folder.mkdir()
    random = np.random.default_rng(0)
    grain = Image.fromarray(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    fine = np.asarray(grain.filter(ImageFilter.GaussianBlur(1.5)), np.float32) - 127.5
    coarse = np.asarray(grain.resize((40, 30)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float32)
    light = np.linspace(0.3, 1.0, WIDTH, dtype=np.float32)[None, :, None]
    pixels = ((4.0 * (coarse - 127.5) + 127.5) * light + fine).clip(0, 255).astype(np.uint8)
    for number in range(count):
        path = folder / f"{number:04d}.jpg"
        if number < DIFFERENT:
            shifted = np.roll(pixels, 53 * number, axis=1)
            Image.fromarray(shifted).save(path, quality=QUALITY)
        else:
            path.hardlink_to(folder / f"{number % DIFFERENT:04d}.jpg")


def write_small(folder: Path, count: int) -> None:
    """PNGs of 64 × 64 pixels, all different."""
    folder.mkdir()
    for number, pixels in enumerate(pictures(count, SIZE)):
        Image.fromarray(pixels).save(folder / f"{number:05d}.png")


def turned_square(path: str) -> bytes:
    """A picture as an import wants it, by Pillow as one would write it."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return square.resize((SIZE, SIZE), Image.Resampling.LANCZOS).tobytes()


def only_decoded(paths: Sequence[str]) -> float:
    """The least one must do. Returns the processor time in seconds."""
    start = time.process_time()
    for path in paths:
        with Image.open(path) as image:
            image.load()
            image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return time.process_time() - start


def _files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.iterdir())


def _import(folder: Path) -> int:
    with tempfile.TemporaryDirectory() as name, Project.create(Path(name, "project"), folder) as project:
        return import_folder(project, image_format=ImageFormat(SIZE, 3)).used


def _pillow(folder: Path) -> int:
    with multiprocessing.get_context("spawn").Pool(_PROCESSORS) as pool:
        count = sum(1 for _ in pool.imap(turned_square, _files(folder), _CHUNK))
        pool.close()
        pool.join()
    return count


def _keras(folder: Path) -> int:
    from training.backend import keras

    batches = keras.utils.image_dataset_from_directory(
        str(folder),
        labels=None,
        image_size=(SIZE, SIZE),
        crop_to_aspect_ratio=True,
        shuffle=False,
        verbose=False,
    )
    return sum(len(batch) for batch in batches)


def _limit(folder: Path) -> int:
    files = _files(folder)
    with multiprocessing.get_context("spawn").Pool(_PROCESSORS) as pool:
        _limits.append(sum(pool.map(only_decoded, [files[i::_PROCESSORS] for i in range(_PROCESSORS)], 1)))
    return len(files)


_limits: list[float] = []  # processor seconds of the loops alone
_TURNS: dict[str, Callable[[Path], int]] = {
    "ours": _import,
    "start": _import,
    "pillow": _pillow,
    "keras": _keras,
    "limit": _limit,
}


def _processor_seconds() -> float:
    if sys.platform == "win32":
        times = os.times()  # in hundredths of a second elsewhere
        return times.user + times.system + times.children_user + times.children_system
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _serve(side: str, folder: Path) -> None:
    parent = Parent()
    for _ in parent.commands():
        processor, start = _processor_seconds(), time.perf_counter()
        pictures = _TURNS[side](folder)
        seconds = time.perf_counter() - start
        processor = _limits.pop() if _limits else _processor_seconds() - processor
        parent.answer(pictures=pictures, rate=pictures / seconds, processor=processor / pictures)


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
