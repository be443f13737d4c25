"""`.vae` files from strangers: refused with a reason, quickly, in little memory, and nothing is written."""

import io
import json
import os
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import encoded, png_that_claims
from PIL import Image
from shared_models import (
    MODEL_FILE,
    PREVIEW_FILE,
    WEIGHTS_FILE,
    packed,
    small_members,
    small_model,
    with_about,
    with_tensors,
)

from training.errors import VaeError
from training.vae_archive import pack
from training.vae_file import SharedModel, read_vae, write_vae

NAMES = (MODEL_FILE, WEIGHTS_FILE, PREVIEW_FILE)


@pytest.fixture
def members(tmp_path_factory):
    return small_members(tmp_path_factory.mktemp("good"))


@pytest.fixture
def refused(tmp_path):
    """refused(content, word): that a file of these bytes is refused for a reason with this word in it."""

    def check(content, word):
        path = tmp_path / "strange.vae"
        path.write_bytes(content)
        with pytest.raises(VaeError) as told:
            read_vae(path)
        assert "“strange.vae” cannot be opened: " in told.value.what
        assert word in told.value.what
        assert told.value.kept == "Nothing was changed."
        assert told.value.advice
        assert [each.name for each in tmp_path.iterdir()] == ["strange.vae"]
        return told.value

    return check


def zipped(members, compression=zipfile.ZIP_STORED, comment=b""):
    """The members by name, or as a list of pairs, in an archive that Python makes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names given twice
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


# ---------------------------------------------------------------------- the archive


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"hello",
        b"\0" * 5000,
        b"<!DOCTYPE html>" * 99,
        b"PK\3\4" + b"\xff" * 99,
        b"PK\5\6" + bytes(18),
    ],
    ids=["empty", "short", "text", "zeros", "html", "nonsense", "empty zip"],
)
def test_what_is_no_model_at_all(refused, content):
    refused(content, "")


STRANGE_ARCHIVES = {
    "a path out of the folder": lambda m: zipped({f"../../{name}": m[name] for name in NAMES}),
    "an absolute path": lambda m: zipped({f"/etc/{name}": m[name] for name in NAMES}),
    "a path below": lambda m: zipped({f"model/{name}": m[name] for name in NAMES}),
    "a backslash": lambda m: zipped({f"..\\{name}": m[name] for name in NAMES}),
    "compressed": lambda m: zipped({name: m[name] for name in NAMES}, zipfile.ZIP_DEFLATED),
    "compressed better": lambda m: zipped({name: m[name] for name in NAMES}, zipfile.ZIP_LZMA),
    "a bomb": lambda m: zipped({MODEL_FILE: bytes(2**26)}, zipfile.ZIP_DEFLATED),
    "a member twice": lambda m: zipped([*m.items(), (MODEL_FILE, m[MODEL_FILE])]),
    "a member more": lambda m: pack({**m, "run.py": b"print('hello')"}),
    "a member first": lambda m: pack({"run.py": b"print('hello')", **m}),
    "a member less": lambda m: pack({name: m[name] for name in NAMES[:2]}),
    "another order": lambda m: pack({name: m[name] for name in reversed(NAMES)}),
    "a comment": lambda m: zipped(m, comment=b"hello"),
    "something before": lambda m: b"#!/bin/sh\n" + pack(m),
    "something after": lambda m: pack(m) + b"\0",
    "another model after": lambda m: pack(m) + pack(m),
    "encrypted": lambda m: flagged(pack(m), 1),
    "an unknown size": lambda m: flagged(pack(m), 8),
    "a directory of nine thousand million": lambda m: counted(pack(m), 0xFFFF),
    "a directory elsewhere": lambda m: moved(pack(m), 0),
    "members that overlap": lambda m: overlapping(pack(m)),
}


def flagged(content, bit):
    return content[:6] + struct.pack("<H", bit) + content[8:]


def counted(content, entries):
    return content[:-14] + struct.pack("<HH", entries, entries) + content[-10:]


def moved(content, offset):
    return content[:-6] + struct.pack("<I", offset) + content[-2:]


def overlapping(content):
    """The directory says that the last member lies where the first one does."""
    at = content.rindex(b"PK\1\2") + 42
    return content[:at] + struct.pack("<I", 0) + content[at + 4 :]


@pytest.mark.parametrize("make", STRANGE_ARCHIVES.values(), ids=STRANGE_ARCHIVES)
def test_archives_of_another_form(refused, members, make):
    content = make(members)
    refused(content, "")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_says_so(refused, members, share):
    content = pack(members)
    told = refused(content[: int(len(content) * share)], "cut short")
    assert "download it again" in told.advice


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_in_any_member_is_seen(refused, members, name):
    content = bytearray(pack(members))
    at = content.index(members[name]) + len(members[name]) // 2
    content[at] ^= 4
    refused(bytes(content), f"its {name} is damaged")


@pytest.mark.parametrize(
    ("name", "size"), [(MODEL_FILE, 2**16), (WEIGHTS_FILE, 40 * 2**20), (PREVIEW_FILE, 2**20)]
)
def test_members_that_are_too_large_are_not_read(refused, members, name, size):
    refused(pack({**members, name: bytes(size + 1)}), f"its {name} is larger")


# ---------------------------------------------------------------------- model.json


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"model"',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"format": NaN}',
        b'{"format": 1, "format": 1}',
        b'{"format": "1"}',
        b'{"format": true}',
        b'{"format": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda text: text[:12].decode("latin-1"),
)
def test_a_model_json_that_is_none(refused, members, text):
    refused(pack({**members, MODEL_FILE: text}), "model.json is damaged")


def test_a_newer_format_says_to_update(refused, members):
    told = refused(with_about(members, format=2, likely={"new": True}), "newer version")
    assert "Update" in told.advice


ABOUT = {
    "title": ["", "a\nb", "cats\u202egpj", "\ud800", "x" * 201, 7, None, ["a"], {}],
    "program": ["", "a\tb", None, 0.1],
    "created": ["yesterday", "", 1e9, None, "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00"],
    "figures": [
        [],
        {},
        7,
        {"elbo": 1.0},
        dict.fromkeys(("elbo", "reconstruction", "kl", "kl_mean", "kl_variance"), "1"),
        dict.fromkeys(("elbo", "reconstruction", "kl", "kl_mean", "kl_variance"), 10**400),
        dict.fromkeys(("elbo", "reconstruction", "kl", "kl_mean", "kl_variance"), True),
    ],
    "pictures": [-1, 1.5, "12", True, None, 10**30],
    "epochs": [-1, 2.0, [], None],
    "sha256": ["", None, 7, "0" * 64],
    "model": [
        None,
        {},
        [],
        "vae",
        {"class_name": "Lambda", "config": {"function": "os.system"}},
        {"size": 32, "channels": 3, "latent_dim": 2, "likelihood": "gaussian", "code": "import os"},
        {"size": 10**9, "channels": 3, "latent_dim": 2, "likelihood": "gaussian"},
        {"size": 32.0, "channels": 3, "latent_dim": 2, "likelihood": "gaussian"},
        {"size": 32, "channels": True, "latent_dim": 2, "likelihood": "gaussian"},
        {"size": 32, "channels": 3, "latent_dim": 10**9, "likelihood": "gaussian"},
        {"size": 32, "channels": 3, "latent_dim": 2, "likelihood": ["gaussian"]},
        {"size": 32, "channels": 3, "latent_dim": 2, "likelihood": "x" * 50_000},
    ],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in ABOUT.items() for value in values]
)
def test_a_model_json_with_another_value(refused, members, key, value):
    told = refused(with_about(members, **{key: value}), "")
    assert len(told.what) < 200  # nothing from the file is repeated at length


def test_numbers_too_large_for_a_float_are_not_figures(refused, members):
    about = json.loads(members[MODEL_FILE])
    text = json.dumps(about).replace(str(about["figures"]["kl_mean"]), "1e999")
    refused(pack({**members, MODEL_FILE: text.encode()}), "damaged")


def test_unknown_and_missing_keys(refused, members):
    refused(with_about(members, module="os"), "not one that VAE Desktop has written")
    about = json.loads(members[MODEL_FILE])
    del about["epochs"]
    refused(pack({**members, MODEL_FILE: json.dumps(about).encode()}), "not one that VAE Desktop has written")


# ---------------------------------------------------------------------- weights.safetensors


def header_of(weights):
    (length,) = struct.unpack_from("<Q", weights)
    return json.loads(weights[8 : 8 + length]), weights[8 + length :]


def with_header(members, change):
    """A file whose list of tensors was changed by hand."""
    header, content = header_of(members[WEIGHTS_FILE])
    change(header)
    text = json.dumps(header).encode()
    return packed({**members, WEIGHTS_FILE: struct.pack("<Q", len(text)) + text + content})


def test_weights_that_are_not_those_that_were_saved(refused, members):
    other = safetensors.numpy.save({"pixel_variance": np.array(1.0, np.float32)})
    refused(pack({**members, WEIGHTS_FILE: other}), "not those that were saved")


@pytest.mark.parametrize("length", [2**18 + 1, 2**40, 2**63, 2**64 - 1])
def test_a_header_of_huge_length(refused, members, length):
    weights = struct.pack("<Q", length) + bytes(2**19)
    refused(packed({**members, WEIGHTS_FILE: weights}), "too long")


@pytest.mark.parametrize(
    "weights", [b"", b"\1\2", bytes(8), struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 9) + b"{" * 9]
)
def test_weights_that_are_no_safetensors(refused, members, weights):
    refused(packed({**members, WEIGHTS_FILE: weights}), "weights")


def set_offsets(name, low, high):
    def change(header):
        header[name]["data_offsets"] = [low, high]

    return change


HEADERS = {
    "beyond the end": set_offsets("pixel_variance", 10**12, 10**12 + 4),
    "overlapping": set_offsets("pixel_variance", 0, 4),
    "negative": set_offsets("pixel_variance", -4, 0),
    "backwards": set_offsets("pixel_variance", 8, 4),
    "another size": lambda header: header["pixel_variance"].update(shape=[2]),
    "a size that overflows": lambda header: header["pixel_variance"].update(shape=[2**32, 2**32]),
    "a negative size": lambda header: header["pixel_variance"].update(shape=[-1]),
    "an unknown type": lambda header: header["pixel_variance"].update(dtype="PICKLE"),
    "another type": lambda header: header["pixel_variance"].update(dtype="I32"),
    "half precision": lambda header: header["pixel_variance"].update(dtype="BF16", shape=[2]),
    "one missing": lambda header: header.pop("pixel_variance"),
    "another name": lambda header: header.update(evil=header.pop("pixel_variance")),
    "a path for a name": lambda header: header.update({"encoder/../x": header.pop("pixel_variance")}),
    "nested": lambda header: header.update(pixel_variance={"a": {"b": {}}}),
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_a_list_of_weights_that_does_not_hold(refused, members, change):
    refused(with_header(members, change), "weights")


VARIANCE, MEANS, HELD_OUT = "pixel_variance", "posteriors__means", "posteriors__held_out"
TENSORS = {
    "not a number": ({"decoder__head_0__bias": np.full(256, np.nan, np.float32)}, "not numbers"),
    "infinite": ({MEANS: np.full((12, 2), np.inf, np.float32)}, "not numbers"),
    "double": ({"decoder__head_0__bias": np.zeros(256)}, "of a kind"),
    "integers": ({"decoder__head_0__bias": np.zeros(256, np.int64)}, "of a kind"),
    "five dimensions": ({"encoder__deep": np.zeros((1, 1, 1, 1, 1), np.float32)}, "of a kind"),
    "very many": ({f"encoder__layer_{i}": np.zeros(1, np.float32) for i in range(600)}, "too many"),
    "no variance": ({VARIANCE: None}, "not those of a model"),
    "a variance below zero": ({VARIANCE: np.array(-1.0, np.float32)}, "damaged"),
    "two variances": ({VARIANCE: np.ones(2, np.float32)}, "damaged"),
    "code for a name": ({"__import__('os')": np.zeros(1, np.float32)}, "not those of a model"),
    "no means": ({MEANS: None}, "where its pictures lie"),
    "no flags": ({HELD_OUT: None}, "where its pictures lie"),
    "means in three numbers": ({MEANS: np.zeros((12, 3), np.float32)}, "does not fit together"),
    "fewer means": ({MEANS: np.zeros((11, 2), np.float32)}, "does not fit together"),
    "flat means": ({MEANS: np.zeros(24, np.float32)}, "does not fit together"),
    "flags of two dimensions": ({HELD_OUT: np.zeros((12, 1), np.uint8)}, "where its pictures lie"),
    "one flag for all": ({HELD_OUT: np.array(1, np.uint8)}, "where its pictures lie"),
    "flags that are none": ({HELD_OUT: np.full(12, 2, np.uint8)}, "does not fit together"),
    "means far away": ({MEANS: np.full((12, 2), 1e30, np.float32)}, "lie where none can"),
    "negative spreads": ({"posteriors__sigmas": np.full((12, 2), -1, np.float32)}, "lie where none can"),
    "tilts of what is not tilted": (
        {"posteriors__correlations": np.zeros((12, 1), np.float32)},
        "does not fit together",
    ),
    "something else beside them": ({"posteriors__more": np.zeros(12, np.float32)}, "does not fit together"),
    "more places than pictures": (
        {
            MEANS: np.zeros((13, 2), np.float32),
            "posteriors__sigmas": np.zeros((13, 2), np.float32),
            HELD_OUT: np.zeros(13, np.uint8),
        },
        "does not fit together",
    ),
    "no places": (
        {
            MEANS: np.zeros((0, 2), np.float32),
            "posteriors__sigmas": np.zeros((0, 2), np.float32),
            HELD_OUT: np.zeros(0, np.uint8),
        },
        "does not fit together",
    ),
}


TILTS = {
    "none of them": (None, "does not fit together"),
    "of other pairs": (np.zeros((12, 3), np.float32), "does not fit together"),
    "flat": (np.zeros(12, np.float32), "does not fit together"),
    "beyond one": (np.full((12, 1), 1.5, np.float32), "lie where none can"),
}


@pytest.mark.parametrize(("tilts", "word"), TILTS.values(), ids=TILTS)
def test_tilts_that_cannot_be(refused, tmp_path_factory, tilts, word):
    members = small_members(tmp_path_factory.mktemp("tilted"), "full-covariance")
    refused(with_tensors(members, posteriors__correlations=tilts), word)


@pytest.mark.parametrize(("changes", "word"), TENSORS.values(), ids=TENSORS)
def test_weights_and_places_that_cannot_be(refused, members, changes, word):
    refused(with_tensors(members, **changes), word)


# ---------------------------------------------------------------------- preview.png

PICTURE = Image.new("RGB", (64, 64), "red")
PREVIEWS = {
    "empty": b"",
    "text": b"hello " * 9,
    "a jpeg": encoded(PICTURE, "JPEG"),
    "a bomb": png_that_claims(60_000, 60_000),
    "a long one": png_that_claims(2**31 - 1, 1),
    "larger than ours": encoded(Image.new("RGB", (513, 16)), "PNG"),
    "no pixels": png_that_claims(0, 0),
    "too few pixels": png_that_claims(400, 400),
    "cut": encoded(PICTURE, "PNG")[:-30],
    "an animation": encoded(PICTURE, "PNG", save_all=True, append_images=[Image.new("RGB", (64, 64))]),
}


@pytest.mark.parametrize("content", PREVIEWS.values(), ids=PREVIEWS)
def test_previews_that_are_none(refused, members, content):
    refused(pack({**members, PREVIEW_FILE: content}), "its preview is not a picture")


# ---------------------------------------------------------------------- not even a file


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "folder.vae").mkdir()
    for name, word in (("folder.vae", "not a file"), ("missing.vae", "No such file"), ("a\0b.vae", "null")):
        with pytest.raises(VaeError, match=word):
            read_vae(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.vae")
    with pytest.raises(VaeError, match="not a file"):
        read_vae(tmp_path / "pipe.vae")


# ---------------------------------------------------------------------- whatever else there may be


def survives(path, content):
    """Reading either works or is refused in plain words; nothing else comes out, and nothing is left."""
    path.write_bytes(content)
    try:
        outcome = read_vae(path)
    except VaeError as error:
        outcome = error.what
    if not isinstance(outcome, SharedModel):
        assert outcome.startswith("“fuzzed.vae” cannot be opened: ")
    assert len(list(path.parent.iterdir())) == 1


fuzzing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
places = st.floats(0, 1, exclude_max=True)
cuts = st.tuples(places, places, st.binary(max_size=12))


def mutated(content, changes):
    """Bytes in some places replaced by others, more of them, or none."""
    for at, length, replacement in changes:
        start = int(at * len(content))
        content = content[:start] + replacement + content[start + int(length**4 * len(content)) :]
    return content


@fuzzing
@given(changes=st.lists(cuts, min_size=1, max_size=4))
def test_any_damage_to_the_file_is_refused_or_harmless(tmp_path, members, changes):
    survives(tmp_path / "fuzzed.vae", mutated(pack(members), changes))


@fuzzing
@given(name=st.sampled_from(NAMES), changes=st.lists(cuts, min_size=1, max_size=4))
def test_any_change_to_a_member_with_right_checksums_is_refused_or_harmless(tmp_path, members, name, changes):
    changed = {**members, name: mutated(members[name], changes)}
    survives(tmp_path / "fuzzed.vae", pack(changed) if name == MODEL_FILE else packed(changed))


@fuzzing
@given(changes=st.lists(cuts, min_size=1, max_size=4))
def test_any_change_to_the_list_of_weights_is_refused_or_harmless(tmp_path, members, changes):
    weights = members[WEIGHTS_FILE]
    (length,) = struct.unpack_from("<Q", weights)
    header = mutated(weights[8 : 8 + length], changes)
    content = struct.pack("<Q", len(header)) + header + weights[8 + length :]
    survives(tmp_path / "fuzzed.vae", packed({**members, WEIGHTS_FILE: content}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@fuzzing
@given(key=st.sampled_from(["format", *ABOUT]), value=json_values)
def test_any_value_in_model_json_is_refused_or_harmless(tmp_path, members, key, value):
    survives(tmp_path / "fuzzed.vae", with_about(members, **{key: value}))


@fuzzing
@given(order=st.lists(st.sampled_from(NAMES), max_size=5), compression=st.sampled_from([0, 8, 12, 14]))
def test_any_members_in_any_order_are_refused_or_harmless(tmp_path, members, order, compression):
    survives(tmp_path / "fuzzed.vae", zipped([(name, members[name]) for name in order], compression))


# ---------------------------------------------------------------------- how much it takes

MEASURED = r"""
import re, sys, time
from pathlib import Path
from training.errors import VaeError
from training.vae_file import read_vae
try:
    read_vae(Path(sys.argv[1]))
except VaeError:
    pass
def peak():
    return int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
before, began = peak(), time.process_time()
try:
    read_vae(Path(sys.argv[2]))
except VaeError as error:
    print(peak() - before, time.process_time() - began)
"""


def large_but_damaged(members):
    """As much as is read at all, and wrong only in its very last number."""
    rest = 40 * 2**20 - len(members[WEIGHTS_FILE]) - 2**12
    values = np.zeros(rest // 4, np.float32)
    values[-1] = np.nan
    return with_tensors(members, encoder__zz=values)


LARGE = {
    "large weights": large_but_damaged,
    "half a gigabyte": lambda members: pack(members) + bytes(2**29),
    "a large member": lambda members: pack({**members, WEIGHTS_FILE: bytes(2**28)}),
    "a bomb": lambda members: zipped({MODEL_FILE: bytes(2**28)}, zipfile.ZIP_DEFLATED),
    "a bomb of a preview": lambda members: pack({**members, PREVIEW_FILE: texts_png()}),
    "a crowded directory": lambda members: zipped([(f"{i}", b"") for i in range(60_000)]),
}


def texts_png():
    """A small picture with texts that unpack to a hundred megabytes."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    text = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(2**20 - 1), 9))
    good = encoded(PICTURE, "PNG")
    return good[:33] + text * 100 + good[33:]


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux does")
@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_large_files_are_refused_in_little_time_and_memory(tmp_path, members, make):
    write_vae(tmp_path / "small.vae", small_model())
    (tmp_path / "large.vae").write_bytes(make(members))
    command = [sys.executable, "-c", MEASURED, tmp_path / "small.vae", tmp_path / "large.vae"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kibibytes, seconds = map(float, done.stdout.split())
    assert kibibytes < 100 * 1024
    assert seconds < 10  # far less, but the machine may be busy
