import threading

import numpy as np
import pytest
from hearing import falls_silent, is_quiet, told

from training.project import Project
from training.run import latest_run
from vae_desktop.engine import Engine
from vae_desktop.tile_grid import Block

LANES = {"import", "train", "decode"}


def lanes():
    return sorted(thread.name for thread in threading.enumerate() if thread.name in LANES)


@pytest.fixture
def engine(qtbot, make_project):
    """Closed before the projects that it trains."""
    engine = Engine()
    yield engine
    engine.close()


def next_step(qtbot, engine):
    with told(qtbot, engine, "training_progress") as progress:
        pass
    return progress[0].step


def decoding_of(point, qtbot, engine):
    """Wait for the picture of a point; one of an earlier point may come before it."""
    return told(qtbot, engine, "decoded", lambda decoded: decoded.point == point)


def test_tensorflow_is_there_when_it_says_so_and_the_device_has_a_name(qtbot, engine):
    with told(qtbot, engine, "ready") as ready:
        engine.start()
    device, why_not_gpu = ready
    assert device
    assert device.startswith("CPU") == bool(why_not_gpu)


def test_a_drag_holds_the_training_and_the_handle_is_decoded_meanwhile(qtbot, engine, make_project):
    with told(qtbot, engine, "positions") as positions:
        engine.train(make_project(), None)
    numbers, posteriors = positions
    means, sigmas = posteriors.means, posteriors.sigmas
    assert numbers.tolist() == list(range(24))
    assert means.shape == sigmas.shape == (24, 2)
    assert (sigmas > 0).all()
    before = next_step(qtbot, engine)

    engine.gate(True)
    with decoding_of((1.0, 1.0), qtbot, engine) as decoded:
        engine.decode(7, (1.0, 1.0))
        assert falls_silent(qtbot, engine, "training_progress")
    assert decoded[0].handle == 7
    assert decoded[0].pixels.shape == (32, 32, 1)

    engine.gate(False)
    assert next_step(qtbot, engine) > before


def test_a_training_begun_during_a_drag_waits_for_its_end(qtbot, engine, make_project):
    with told(qtbot, engine, "ready"):
        engine.start()
    engine.gate(True)
    engine.train(make_project(), None)
    assert is_quiet(qtbot, engine, 1500, "training_progress")
    engine.gate(False)
    assert next_step(qtbot, engine) > 0


def test_closing_while_training_saves_and_ends_every_thread(qtbot, make_project):
    engine = Engine()
    project = make_project()
    engine.train(project, None)
    assert lanes() == sorted(LANES)
    with told(qtbot, engine, "epoch_finished"):
        pass
    engine.close()
    assert lanes() == []
    run = latest_run(project.runs_folder)
    assert run is not None
    assert run.history()


def test_closing_ends_a_held_and_a_paused_training_too(qtbot, make_project):
    engine = Engine()
    with told(qtbot, engine, "training_progress"):
        engine.train(make_project(), None)
    engine.gate(True)
    engine.pause(True)
    engine.close()
    assert lanes() == []


def test_nothing_is_told_of_a_project_after_it_is_closed(qtbot, qapp, engine, make_project):
    project = make_project()
    engine.decode(1, (0.0, 0.0))
    engine.want_tiles([(Block(0, 0, 0), 0)])
    with told(qtbot, engine, "decoded"), told(qtbot, engine, "backdrop"):
        engine.train(project, None)
    engine.close_project()
    qapp.processEvents()  # what was told before
    engine.decode(1, (1.0, 1.0))
    assert is_quiet(qtbot, engine, 300, "decoded", "positions", "backdrop", "trained", "epoch_finished")


def test_a_trained_project_is_decoded_as_before_the_program_was_closed(qtbot, make_project):
    project = make_project()
    points = [(-1.0, 0.5), (1.0, -0.5)]
    seen = []
    for start in (lambda engine: engine.train(project, 2 / 60), lambda engine: engine.load_model(project)):
        engine = Engine()
        with told(qtbot, engine, "model_loaded"):
            start(engine)
        pictures = []
        for point in points:
            with decoding_of(point, qtbot, engine) as decoded:
                engine.decode(1, point)
            pictures.append(decoded[0].pixels)
        seen.append(np.stack(pictures))
        engine.close()
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[0][0] != seen[0][1]).any()


def test_a_training_that_cannot_be_gone_on_with_is_kept_and_another_begun(qtbot, engine, trained, caplog):
    with Project.open(trained, write=True) as project:
        first = latest_run(project.runs_folder)
        (first.path / "latest.safetensors").write_bytes(b"damaged")
        problems = []
        engine.failed.connect(problems.append)
        with told(qtbot, engine, "trained") as result:
            engine.train(project, 0.01, run=first)
        engine.close_project()
    assert result[0].run != first.path
    assert result[0].run.name == "run-002"
    assert (first.path / "best.safetensors").is_file()
    assert "cannot be gone on with" in problems[0]
