"""Files that would bring the import down, each tried with real worker processes."""

import os
import random
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from pictures import decode_or_fail, encoded, four_corners, png_that_claims, write_pictures
from PIL import Image

from training.decode_pool import CRASHED, TOO_SLOW, DecodePool
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.skipping import DAMAGED, NEEDS_MEMORY, TOO_LARGE, UNSUPPORTED

COLOUR = ImageFormat(32, 3)
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither such signals nor such limits")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux holds to a memory limit")


def spoiled(folder, n, faults):
    """Pictures of which some, by their numbers, are named after a fault."""
    paths = write_pictures(folder, n)
    for i, fault in faults.items():
        paths[i] = paths[i].rename(folder / f"{fault}-{i}.png")
    return paths


def decoded_with(paths, **options):
    """The reasons of the files that are skipped; every file has its result, in order."""
    with DecodePool(COLOUR, 2, decode_one=decode_or_fail, **options) as pool:
        results = list(pool.decode(paths))
    assert [decoded.path for decoded in results] == paths
    return {decoded.path.name: decoded.reason for decoded in results if decoded.reason is not None}


@unix
@pytest.mark.parametrize("fault", ["abort", "segfault"])
def test_a_decoder_that_dies_costs_that_file_and_no_neighbour(tmp_path, fault):
    paths = spoiled(tmp_path, 60, {3: fault, 4: fault, 57: fault})
    assert decoded_with(paths) == {f"{fault}-{i}.png": CRASHED for i in (3, 4, 57)}


@unix
def test_a_decoder_that_computes_for_ever_in_c_is_ended_by_its_processor_time(tmp_path):
    paths = spoiled(tmp_path, 60, {5: "compute", 40: "compute"})
    started = time.monotonic()
    # By the clock it would be given twenty seconds, twice.
    assert decoded_with(paths, time_limit=1.0) == {f"compute-{i}.png": TOO_SLOW for i in (5, 40)}
    assert time.monotonic() - started < 20


@unix
def test_processor_time_is_counted_for_each_picture_by_itself(tmp_path):
    paths = write_pictures(tmp_path, 30)
    assert decoded_with(paths * 300, time_limit=0.2) == {}


@linux
@pytest.mark.parametrize("fault", ["memory", "calloc", "killed"])
def test_a_decoder_that_takes_all_memory_costs_that_file(tmp_path, fault):
    paths = spoiled(tmp_path, 60, {5: fault, 41: fault})
    reason = CRASHED if fault == "calloc" else NEEDS_MEMORY
    assert decoded_with(paths, memory_limit=2**28) == {f"{fault}-{i}.png": reason for i in (5, 41)}


@linux
def test_memory_that_earlier_files_took_is_no_reason_to_skip_a_good_one(tmp_path):
    paths = spoiled(tmp_path, 12, dict.fromkeys(range(12), "leak"))
    assert decoded_with(paths, memory_limit=2**28) == {}


@pytest.mark.parametrize("fault", ["hang", "compute"])
def test_stopping_while_workers_hang_takes_less_than_a_second(tmp_path, fault):
    paths = spoiled(tmp_path, 40, {0: fault, 1: fault, 20: fault})
    began = time.monotonic()
    asked = []

    def should_stop():
        if time.monotonic() - began > 1.5:
            asked.append(time.monotonic())
        return bool(asked)

    with DecodePool(COLOUR, 2, decode_one=decode_or_fail) as pool:
        list(pool.decode(paths, should_stop=should_stop))
    assert time.monotonic() - asked[0] < 1


def test_every_odd_file_of_a_folder_is_accounted_for(tmp_path):
    source = Path(os.environ.get("VAE_DATA", Path.home() / ".cache" / "vae-desktop-data")) / "hostile"
    if not source.is_dir():
        pytest.skip("the set of hostile files is not on this machine")
    with Project.create(tmp_path / "project", source) as project:
        report = import_folder(project)
    assert report.found == report.used + report.skipped == sum(path.is_file() for path in source.rglob("*"))
    assert report.used > 600
    assert sum(report.reasons.values()) == report.skipped


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def zip_bomb_png(side):
    """A true PNG: some hundred kilobytes that hold ``side``² pixels of nothing."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(3 * side + 1)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def endless_png():
    """A PNG that claims 40×40 pixels and unpacks to 200 MB."""
    header = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(200_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def swollen_text_png():
    """A small picture with a text that unpacks to 256 MB."""
    picture = encoded(four_corners(), "PNG")
    text = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(2**28), 9))
    return picture[:33] + text + picture[33:]


def gif_that_claims(width, height):
    gif = bytearray(encoded(four_corners(), "GIF"))
    gif[6:10] = struct.pack("<HH", width, height)
    return bytes(gif)


def gif_frame_that_claims(width, height):
    gif = bytearray(encoded(four_corners(), "GIF"))
    at = gif.index(b"\x2c")
    gif[at + 5 : at + 9] = struct.pack("<HH", width, height)
    return bytes(gif)


def tiff(*tags):
    """A TIFF of these (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + body + bytes(4)


def absurd_tiffs():
    size = ((256, 3, 1, 64), (257, 3, 1, 64))
    grey = ((258, 3, 1, 8), (262, 3, 1, 1), (259, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1))
    return {
        "many samples": tiff(*size, *grey[:4], (277, 3, 1, 65535), (278, 4, 1, 64), (279, 4, 1, 4096)),
        "long tag": tiff(*size, *grey, (279, 4, 1, 4096), (700, 1, 2**32 - 1, 16)),
        "tiles of nothing": tiff(*size, *grey[:3], (322, 4, 1, 2**31), (323, 4, 1, 2**31), (324, 4, 1, 8)),
        "huge deflate": tiff(
            (256, 4, 1, 14000), (257, 4, 1, 14000), (258, 3, 1, 8), (262, 3, 1, 1), (259, 3, 1, 8),
            (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 14000), (279, 4, 1, 60),
        ),
        "its own next": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    }  # fmt: skip


def tiff_with_endless_strips():
    """A TIFF that says its pixels are at 2³⁰ places."""
    size = ((256, 3, 1, 64), (257, 3, 1, 64), (258, 3, 1, 8), (262, 3, 1, 1), (259, 3, 1, 1))
    return tiff(*size, (273, 4, 2**30, 8), (278, 4, 1, 1), (279, 4, 2**30, 8))


def ico_that_holds(png):
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 48, 48, 0, 0, 1, 32, len(png), 22) + png


def jpegs_cut_anywhere(n):
    rough = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    whole = encoded(Image.fromarray(rough), "JPEG", progressive=True)
    where = random.Random(0)
    return {f"cut {i}.jpg": whole[: where.randrange(2, len(whole) - 2)] for i in range(n)}


def test_crafted_files_cost_nobody_but_themselves(tmp_path):
    crafted = {
        "header.png": (png_that_claims(60_000, 60_000), TOO_LARGE),
        "zip bomb.png": (zip_bomb_png(15_000), TOO_LARGE),
        "large but true.png": (zip_bomb_png(6_000), None),
        "endless.png": (endless_png(), None),
        "text.png": (swollen_text_png(), NEEDS_MEMORY),
        "canvas.gif": (gif_that_claims(65535, 65535), TOO_LARGE),
        "frame.gif": (gif_frame_that_claims(65535, 65535), TOO_LARGE),
        "icon.ico": (ico_that_holds(png_that_claims(60_000, 60_000)), TOO_LARGE),
        **{f"{name}.tif": (content, DAMAGED) for name, content in absurd_tiffs().items()},
        "strips.tif": (tiff_with_endless_strips(), UNSUPPORTED),
        "compression.tif": (tiff((256, 3, 1, 64), (257, 3, 1, 64), (259, 3, 1, 34887)), UNSUPPORTED),
        **{name: (content, DAMAGED) for name, content in jpegs_cut_anywhere(60).items()},
    }
    paths = write_pictures(tmp_path / "good", 30)
    for name, (content, _) in crafted.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    random.Random(1).shuffle(paths)
    with DecodePool(COLOUR, 2, time_limit=20) as pool:
        results = {decoded.path: decoded.reason for decoded in pool.decode(paths)}
    assert list(results) == paths
    found = {path.name: reason for path, reason in results.items() if path.parent == tmp_path}
    assert found == {name: reason for name, (_, reason) in crafted.items()}
    assert {reason for path, reason in results.items() if path.parent != tmp_path} == {None}
