"""Animations and films, frame by frame."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import decode_or_fail, write_pictures
from PIL import Image
from typer.testing import CliRunner

from training import decode_pool, moving_pictures, picture_writer
from training.__main__ import app
from training.decode_pool import CRASHED, DecodePool, decode_file, decode_frames
from training.events import Control
from training.health import leave_out, look_at, take_back
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.skipping import DAMAGED, FILM, FILM_EXTRA, UNSUPPORTED

GREY = ImageFormat(32, 1)
N = 7
ANIMATIONS = ["GIF", "PNG", "WEBP", "AVIF"]


def lightness(number):
    """Of a frame; far enough from those of the seven before it that no codec confuses them."""
    return 20 + 30 * (number % 8)


def frames(n=N, side=48):
    return [Image.new("RGB", (side, side), (lightness(k),) * 3) for k in range(n)]


def animation(path, kind="GIF", n=N):
    first, *others = frames(n)
    first.save(path, kind, save_all=True, append_images=others)
    return path


def film(path, n=N, code="mp4v"):
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), 25, (64, 48))
    assert writer.isOpened()
    for number in range(n):
        writer.write(np.full((48, 64, 3), lightness(number), np.uint8))
    writer.release()
    return path


def shown(decoded):
    """Which frame each picture shows, by its lightness."""
    return [round((float(each.pixels.mean()) - lightness(0)) / 30) for each in decoded]


def taken(path, every_frame, image_format=GREY):
    return [each for each in decode_frames(path, image_format, every_frame) if each is not None]


@pytest.mark.parametrize("kind", ANIMATIONS)
@pytest.mark.parametrize(("every_frame", "expected"), [(0, [0]), (1, [*range(N)]), (3, [0, 3, 6]), (9, [0])])
def test_every_so_many_th_frame_of_an_animation(tmp_path, kind, every_frame, expected):
    decoded = taken(animation(tmp_path / "a", kind), every_frame)
    assert [each.frame for each in decoded] == shown(decoded) == expected
    assert len({each.sha256 for each in decoded}) == 1


@pytest.mark.parametrize(
    ("name", "code"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v"), ("A.MOV", "mp4v")]
)
def test_every_so_many_th_frame_of_a_film(tmp_path, name, code):
    path = film(tmp_path / name, code=code)
    assert decode_file(path, GREY).reason == FILM
    for every_frame, expected in ((1, [*range(N)]), (3, [0, 3, 6])):
        decoded = taken(path, every_frame)
        assert [each.frame for each in decoded] == shown(decoded) == expected
        assert (decoded[0].width, decoded[0].height) == (64, 48)


def test_a_film_taken_upright_is_shown_upright(tmp_path):
    import imageio_ffmpeg

    flat, turned = film(tmp_path / "flat.mp4"), tmp_path / "turned.mp4"
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-v", "error", "-display_rotation", "90", "-i", flat, "-c", "copy", turned]
    subprocess.run(command, check=True, timeout=60)
    assert (taken(turned, 5)[0].width, taken(turned, 5)[0].height) == (48, 64)


def test_colours_of_a_film_are_in_their_order(tmp_path):
    import cv2

    writer = cv2.VideoWriter(str(tmp_path / "red.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 64))
    writer.write(np.full((64, 64, 3), (0, 0, 255), np.uint8))
    writer.release()
    red, green, blue = taken(tmp_path / "red.avi", 1, ImageFormat(32, 3))[0].pixels.mean(axis=(0, 1))
    assert red > 200
    assert max(green, blue) < 60


def test_what_does_not_move_is_one_picture(tmp_path):
    path = write_pictures(tmp_path, 1)[0]
    assert [each.frame for each in taken(path, 1)] == [0]
    pages = tmp_path / "pages.tiff"
    first, *others = frames()
    first.save(pages, "TIFF", save_all=True, append_images=others)
    assert [each.frame for each in taken(pages, 1)] == [0]


def test_sound_is_no_film(tmp_path):
    (tmp_path / "song.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(999))
    assert decode_file(tmp_path / "song.m4a", GREY).reason != FILM


def test_without_the_extra_a_film_tells_what_is_missing(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4")
    monkeypatch.setattr(moving_pictures.importlib.util, "find_spec", lambda _name: None)
    assert [each.reason for each in taken(path, 1)] == [FILM_EXTRA]


def test_a_broken_film_is_skipped(tmp_path):
    path = film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:300])
    assert [each.reason for each in taken(path, 1)] == [UNSUPPORTED]


def test_of_a_cut_animation_the_whole_frames_are_taken_and_the_broken_one_is_told(tmp_path):
    path, rng = tmp_path / "a.png", np.random.default_rng(3)
    noise = [Image.fromarray(rng.integers(0, 255, (48, 48), np.uint8)) for _ in range(N)]
    noise[0].save(path, save_all=True, append_images=noise[1:])
    path.write_bytes(path.read_bytes()[:-4000])
    *whole, last = taken(path, 1)
    assert 0 < len(whole) < N
    assert all(each.reason is None for each in whole)
    assert (last.reason, last.pixels, last.frame) == (DAMAGED, None, len(whole))


def test_one_file_gives_only_so_many_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(moving_pictures, "MOST_FRAMES", 3)
    assert [each.frame for each in taken(animation(tmp_path / "a.gif"), 1)] == [0, 1, 2]
    assert [each.frame for each in taken(film(tmp_path / "a.avi", code="MJPG"), 2)] == [0, 2, 4]


def test_workers_give_the_frames_of_many_files_in_order(tmp_path, monkeypatch):
    """Also where those behind a long one have to wait."""
    monkeypatch.setattr(decode_pool, "_MOST_AHEAD", 0)
    paths = [
        animation(tmp_path / "0.gif", n=8),
        *(animation(tmp_path / f"{k}.gif", n=2) for k in range(1, 6)),
    ]
    with DecodePool(GREY, 2, every_frame=1) as pool:
        decoded = list(pool.decode(paths))
    expected = [(paths[0], k) for k in range(8)] + [(path, k) for path in paths[1:] for k in range(2)]
    assert [(each.path, each.frame) for each in decoded] == expected


def test_a_crash_in_the_middle_costs_the_rest_of_the_file_and_repeats_nothing(tmp_path):
    good, bad, later = (animation(tmp_path / name) for name in ("a.gif", "abort.gif", "b.gif"))
    with DecodePool(GREY, 2, every_frame=2, decode_one=decode_or_fail) as pool:
        decoded = list(pool.decode([good, bad, later]))
    told = [(each.path.name, each.frame, each.reason) for each in decoded]
    whole = [0, 2, 4, 6]
    assert told[:4] == [("a.gif", k, None) for k in whole]
    assert told[4:6] == [("abort.gif", 0, None), ("abort.gif", 2, CRASHED)]
    assert told[6:] == [("b.gif", k, None) for k in whole]


# ---------------------------------------------------------------------- projects


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "pictures"
    write_pictures(folder, 12)
    animation(folder / "moving.gif")
    return folder


@pytest.fixture
def project(tmp_path, source):
    with Project.create(tmp_path / "project", source) as project:
        yield project


def rows(project, columns="path, frame"):
    with project.index() as index:
        return index.execute(
            f"SELECT {columns} FROM pictures WHERE status = 'used' ORDER BY path, frame"
        ).fetchall()


def of_the_animation(project):
    return [frame for path, frame in rows(project) if path == b"moving.gif"]


def test_frames_are_pictures_of_their_own(project):
    events = []
    report = import_folder(project, events.append, image_format=GREY, every_frame=2)
    assert (report.found, report.used, report.skipped) == (16, 16, 0)
    assert (events[-1].found, events[-1].done) == (16, 16)
    assert of_the_animation(project) == [0, 2, 4, 6]
    store = project.pictures()
    names = [project.picture_name(picture) for picture in store.ids]
    assert names[-4:] == ["moving.gif", *(f"moving.gif, frame {k}" for k in (3, 5, 7))]
    lightnesses = store.read(np.arange(len(store)))[-4:].mean(axis=(1, 2, 3))
    assert np.allclose(lightnesses, [lightness(k) for k in (0, 2, 4, 6)], atol=8)
    assert project.picture_path(store.ids[-1]) == project.source / "moving.gif"
    assert project.count_different() == 16


def test_the_frames_of_a_file_are_held_out_together(tmp_path):
    """Else a training would be judged by pictures that it has nearly seen."""
    folder = tmp_path / "animations"
    folder.mkdir()
    for number in range(40):
        first, *others = [Image.new("L", (32, 32), (number * 6 + 3 * k) % 256) for k in range(3)]
        first.save(folder / f"{number}.gif", save_all=True, append_images=others)
    with Project.create(tmp_path / "project", folder) as project:
        import_folder(project, image_format=GREY, every_frame=1)
        held_out = rows(project, "path, held_out")
    by_file = {path: {held for each, held in held_out if each == path} for path, _ in held_out}
    assert {len(held) for held in by_file.values()} == {1}
    assert set.union(*by_file.values()) == {0, 1}


def test_a_second_import_leaves_frames_as_they_are(project, source):
    import_folder(project, image_format=GREY, every_frame=1)
    before = rows(project, "id, path, frame")
    events = []
    assert import_folder(project, events.append).used == 12 + N
    assert (events[-1].found, events[-1].done) == (12 + N, 12 + N)
    assert rows(project, "id, path, frame") == before
    (source / "moving.gif").rename(source / "moved.gif")
    import_folder(project)
    assert {row[0] for row in rows(project, "id, path, frame")} == {row[0] for row in before}
    assert [frame for path, frame in rows(project) if path == b"moved.gif"] == [*range(N)]


def test_an_animation_that_became_shorter_loses_its_frames(project, source):
    import_folder(project, image_format=GREY, every_frame=1)
    animation(source / "moving.gif", n=3)
    assert import_folder(project).used == 15
    assert of_the_animation(project) == [0, 1, 2]
    (source / "moving.gif").unlink()
    assert import_folder(project).used == 12


def test_another_choice_reads_the_folder_again(project):
    import_folder(project, image_format=GREY)
    assert (of_the_animation(project), project.every_frame) == ([0], 0)
    import_folder(project, every_frame=3)
    assert (of_the_animation(project), project.every_frame) == ([0, 3, 6], 3)
    assert project.image_format == GREY
    import_folder(project, every_frame=0)
    assert of_the_animation(project) == [0]


def test_another_choice_of_frames_leaves_the_reason_of_the_format(project):
    words = import_folder(project).format_words
    assert "A typical picture" in words
    assert import_folder(project, every_frame=2).format_words == words


def test_a_stop_in_the_middle_of_a_file_is_made_good(project, source, monkeypatch):
    for number in range(12):
        (source / f"{number:05d}.png").unlink()
    animation(source / "moving.gif", n=200)
    control = Control()

    def stop(progress):
        if progress.used >= 20:
            control.stop()

    monkeypatch.setattr(picture_writer, "SHARD_BYTES", 4 * 32 * 32)
    monkeypatch.setattr("training.importer.REPORT_SECONDS", 0.0)
    assert import_folder(project, stop, control, GREY, every_frame=1).cancelled
    assert 0 < len(of_the_animation(project)) < 200
    import_folder(project)
    assert of_the_animation(project) == [*range(200)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_a_program_killed_in_the_middle_of_a_file_takes_it_anew(tmp_path, source):
    animation(source / "moving.gif", n=200)
    script = f"""
import os, signal
from pathlib import Path
from training import importer, picture_writer
from training.image_format import ImageFormat
from training.project import Project
importer.REPORT_SECONDS, picture_writer.SHARD_BYTES = 0.0, 4 * 32 * 32
def kill(progress):
    if progress.used >= 100:
        os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    with Project.create(Path({str(tmp_path / "project")!r}), Path({str(source)!r})) as project:
        importer.import_folder(project, kill, image_format=ImageFormat(32, 1), every_frame=1)
"""
    (tmp_path / "killed.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    killed = subprocess.run(
        [sys.executable, tmp_path / "killed.py"], env=environment, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with Project.open(tmp_path / "project", write=True) as project:
        assert 0 < len(of_the_animation(project)) < 200
        assert import_folder(project).used == 212
        assert of_the_animation(project) == [*range(200)]


def test_a_damaged_shard_with_some_of_the_frames_is_healed(project, source, monkeypatch):
    monkeypatch.setattr(picture_writer, "SHARD_BYTES", 4 * 32 * 32)
    animation(source / "moving.gif", n=20)
    import_folder(project, image_format=GREY, every_frame=1)
    before = project.pictures()
    shown_before = before.read(np.arange(len(before)))
    with project.index() as index:
        ((shard,),) = index.execute(
            "SELECT shard FROM pictures WHERE path = ? AND frame = 9", (b"moving.gif",)
        )
    (project.pixels_folder / f"{shard:05d}.npy").unlink()
    assert import_folder(project).used == 32
    assert of_the_animation(project) == [*range(20)]
    healed = project.pictures()
    assert sorted(map(bytes, healed.read(np.arange(len(healed))))) == sorted(map(bytes, shown_before))


def test_copies_of_an_animation_are_left_out_frame_by_frame(project, source):
    (source / "twin.gif").write_bytes((source / "moving.gif").read_bytes())
    import_folder(project, image_format=GREY, every_frame=1)
    health = look_at(project)
    assert [len(group) for group in health.copies] == [2] * N
    leave_out(project, health.superfluous("copies"), "copies")
    assert [frame for path, frame in rows(project) if path == b"twin.gif"] == []
    assert of_the_animation(project) == [*range(N)]
    import_folder(project)
    assert project.count_used() == 12 + N
    take_back(project, "copies")
    assert project.count_used() == 12 + 2 * N


def test_a_folder_of_films_alone(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    film(folder / "a.mp4", n=8)
    film(folder / "b.avi", n=8, code="MJPG")
    arguments = ["import", str(folder), "--project", str(tmp_path / "project")]
    alone = CliRunner().invoke(app, arguments)
    assert alone.exit_code != 0
    assert "None of the 2 files" in " ".join(alone.output.split())
    both = CliRunner().invoke(app, [*arguments, "--every-frame", "2", "--size", "32", "--grey"])
    assert both.exit_code == 0, both.output
    assert "8 found, 8 used, 0 skipped" in both.output
    again = CliRunner().invoke(app, arguments)
    assert "8 found, 8 used, 0 skipped" in again.output


def test_a_name_that_lies_and_content_from_memory(tmp_path):
    """A film that is called a picture is still a film; its content does not need the file's name."""
    path = film(tmp_path / "a.mp4").rename(tmp_path / "a.jpg")
    assert shown(taken(path, 3)) == [0, 3, 6]
    from training.images import decode_each

    made = decode_each(io.BytesIO(path.read_bytes()), "", 3, lambda image: image.size)
    assert [each for each in made if each is not None] == [(64, 48)] * 3
