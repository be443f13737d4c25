"""Small pictures for the tests, good ones and nasty ones. Imported by worker processes too: keep it light."""

import colorsys
import ctypes
import io
import os
import re
import signal
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from training import skipping
from training.decode_pool import Decoded, decode_frames
from training.image_format import ImageFormat


def write_pictures(folder: Path, n: int, size: int = 32, colour: bool = True, seed: int = 0) -> list[Path]:
    """Write ``n`` PNGs of a soft disc on a dark ground.

    They vary smoothly with two factors: where the disc is from left to right, and its hue (in grey: its
    brightness). The factors are spread evenly over the unit square; ``seed`` shifts them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[0:size, 0:size] / (size - 1)
    shift = np.random.default_rng(seed).random(2)
    paths = []
    for i in range(n):
        across, tint = (shift + i * np.array((0.7548777, 0.5698403))) % 1
        distance = np.hypot(rows - 0.5, columns - (0.2 + 0.6 * across))
        disc = np.clip((0.25 - distance) * size / 2, 0, 1)[..., None]
        ink = colorsys.hsv_to_rgb(0.8 * tint, 0.9, 1.0) if colour else (0.3 + 0.7 * tint,)
        pixels = 255 * (disc * np.array(ink) + (1 - disc) * 0.1)
        whole = pixels.round().astype(np.uint8)
        paths.append(folder / f"{i:05d}.png")
        Image.fromarray(whole if colour else whole[..., 0]).save(paths[-1])
    return paths


def four_corners(width: int = 48, height: int = 48) -> Image.Image:
    """Red, green, blue and white quarters, from the top left clockwise to the bottom left."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste((0, 255, 0), (width // 2, 0, width, height // 2))
    picture.paste((0, 0, 255), (width // 2, height // 2, width, height))
    picture.paste((255, 255, 255), (0, height // 2, width // 2, height))
    return picture


def png_that_claims(width: int, height: int) -> bytes:
    """A short PNG whose header promises a large picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


def encoded(picture: Image.Image, file_format: str, **options: object) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def profile_with_red_and_blue_swapped() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)


def write_nasty(folder: Path) -> dict[Path, str | None]:
    """Write files that make trouble. Returns what should become of each: None for used, or the reason."""
    picture = four_corners()
    jpeg, png, gif = encoded(picture, "JPEG"), encoded(picture, "PNG"), encoded(picture, "GIF")
    text = PngImagePlugin.PngInfo()
    text.add_text("workflow", "x" * 3_000_000, zip=True)
    palette = picture.quantize(8)
    frames = [Image.new("RGB", (48, 48), colour) for colour in ("red", "blue")]
    files: dict[str, tuple[bytes, str | None]] = {
        "empty.jpg": (b"", skipping.EMPTY),
        "text.jpg": (b"This is not a picture.\n" * 9, skipping.NOT_A_PICTURE),
        "film.mp4": (b"\0\0\0\x18ftypmp42" + bytes(999), skipping.FILM),
        "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(999), skipping.DAMAGED),
        "drawing.svg": (b"<?xml version='1.0'?><svg/>", skipping.UNSUPPORTED),
        "layers.psd": (b"8BPS\0\1" + bytes(99), skipping.UNSUPPORTED),
        "cut.jpg": (jpeg[: len(jpeg) * 2 // 3], skipping.DAMAGED),
        "cut.png": (png[: len(png) * 2 // 3], skipping.DAMAGED),
        "cut.gif": (gif[: len(gif) * 2 // 3], skipping.DAMAGED),
        "head.jpg": (jpeg[:12], skipping.DAMAGED),
        "noise.png": (png[:33] + os.urandom(500), skipping.DAMAGED),
        "bomb.png": (png_that_claims(60_000, 60_000), skipping.TOO_LARGE),
        "long.png": (png_that_claims(2**31 - 1, 8), skipping.TOO_LARGE),
        "tiny.png": (encoded(Image.new("RGB", (7, 90)), "PNG"), skipping.TOO_SMALL),
        "really a png.jpg": (png, None),
        "no name": (jpeg, None),
        "CAPITALS.JPG": (jpeg, None),
        "cmyk.jpg": (encoded(picture.convert("CMYK"), "JPEG"), None),
        "deep.png": (encoded(Image.fromarray(np.full((40, 40), 51400, np.uint16)), "PNG"), None),
        "palette.png": (encoded(palette, "PNG", transparency=0), None),
        "animated.gif": (encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), None),
        "bad profile.png": (encoded(picture, "PNG", icc_profile=b"nonsense" * 40), None),
        "bad exif.jpg": (encoded(picture, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"), None),
        "long recipe.png": (encoded(picture, "PNG", pnginfo=text), None),
        "one bit.tif": (encoded(picture.convert("1"), "TIFF", compression="group4"), None),
        "new\nline.png": (png, None),
        os.fsdecode(b"latin-\xe9.png"): (png, None),
    }
    folder.mkdir(parents=True, exist_ok=True)
    expected: dict[Path, str | None] = {}
    for name, (content, reason) in files.items():
        try:
            (folder / name).write_bytes(content)
        except OSError:  # not every file system takes every name
            continue
        expected[folder / name] = reason
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        locked = folder / "locked.png"
        locked.write_bytes(png)
        locked.chmod(0)
        expected[locked] = skipping.NO_PERMISSION
    return expected


def decode_or_fail(path: Path, image_format: ImageFormat, every_frame: int) -> Iterator[Decoded | None]:
    """Stands in for a decoder with faults: fails at files whose names begin with one.

    Where frames are wanted, at the second one.
    """
    decoded = decode_frames(path, image_format, every_frame)
    if every_frame:
        yield next(decoded)
    for fault, commit in FAULTS.items():
        if path.name.startswith(fault):
            commit()
    yield from decoded


def _fill_memory():
    blocks = []
    while True:
        blocks.append(bytes(16 * 2**20))


def _leak():
    _leaked.append(b"\1" * (48 * 2**20))


def _fill_memory_in_c():
    allocate = ctypes.CDLL(None).calloc
    allocate.restype = ctypes.c_void_p
    while block := allocate(1, 2**24):
        ctypes.memset(block, 1, 2**24)
    os.abort()


_leaked: list[bytes] = []
# What decoders do that nobody wrote with care: each in the way of C code, which no exception ends.
FAULTS = {
    "crash": lambda: os._exit(11),
    "abort": os.abort,
    "segfault": lambda: ctypes.memset(0, 0, 1),
    "hang": lambda: threading.Event().wait(),
    "compute": lambda: re.match(r"(a+)+$", "a" * 64 + "b"),
    "memory": _fill_memory,
    "leak": _leak,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),  # as by a system that ran out of memory
    "calloc": _fill_memory_in_c,
}


def multiply_pictures(project, count):
    """Have ``count`` pictures more to learn from, all with the pixels of the first one."""
    with project.index() as index:
        columns = "size, mtime_ns, sha256, status, shard, row"
        index.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
            f" INSERT INTO pictures (path, {columns}) SELECT 'copy ' || i, {columns} FROM n, pictures"
            " WHERE row = 0"
        )
