"""Studies of a small project, to the end, killed and resumed."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from command_line import problem, result

from training.__main__ import app
from training.config import ModelConfig
from training.divergence import TrainingDivergedError
from training.events import Control
from training.files import read_json, write_json
from training.latent import LatentModel
from training.model import VAE
from training.objectives import OBJECTIVES
from training.project import Project
from training.run import LATEST_FILE, run_folders
from training.study import carry_out
from training.study_cell import reconstruction_measures, squared_errors
from training.study_plan import Wish, arms_of, begin, digest_of, new_folder, studies_of, study_for
from training.study_probe import _Probe
from training.study_table import BY_NAME

FEWER = {
    "training.study_probe.PROBE_SECONDS": 0.2,
    "training.subject.DRAWN": 60,
    "training.measure.SAMPLES": 300,
    "training.continuity.SIDE": 6,
    "training.continuity.SAMPLES": 64,
    "training.continuity.PATHS": 32,
    "training.continuity.PAIRS": 3,
}
COUNT = 140  # of which more than ten are held out
ARMS = ("autoencoder", "vae")
OPTIONS = ("--seeds", 2, "--epochs", 1, "--arms", "vae,autoencoder")


@pytest.fixture(autouse=True)
def _fewer_samples(monkeypatch):
    for name, number in FEWER.items():
        monkeypatch.setattr(name, number)
    monkeypatch.setattr("training.study_command.in_process", here)


def here(work, *arguments):
    """In place of in_process, for the sake of what is patched, and of time."""
    return work(*arguments)


@pytest.fixture
def path(imported, tmp_path):
    return shutil.copytree(imported(COUNT, 32, False), tmp_path / "project")


@pytest.fixture(scope="module")
def finished_once(imported, tmp_path_factory):
    """A project with a study that nothing disturbed, what the command told, and where its report is."""
    folder = tmp_path_factory.mktemp("studied")
    path = shutil.copytree(imported(COUNT, 32, False), folder / "project")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as told:
        for name, number in FEWER.items():
            patch.setattr(name, number)
        patch.setattr("training.study_command.in_process", here)
        with pytest.raises(SystemExit) as ended:
            app(["study", *map(str, (path, *OPTIONS, "--json", "--out", folder / "out"))], prog_name="vae")
    assert ended.value.code == 0
    return path, json.loads(told.getvalue()), folder / "out"


# Runs the command with fewer samples, killed where it trains for the n-th time or after so many steps.
SCRIPT = f"""
import importlib, itertools, os, signal, sys
moment, _, calls = sys.argv[1].partition(":")
for name, number in {FEWER!r}.items():
    module, _, attribute = name.rpartition(".")
    setattr(importlib.import_module(module), attribute, number)
from training import study_command
study_command.in_process = lambda work, *arguments: work(*arguments)
if moment:
    from training import fit, study
    owner, name = {{"training": (study, "train"), "step": (fit.Trainer, "_count_step")}}[moment]
    real, count = getattr(owner, name), itertools.count(1)

    def dying(*arguments, **named):
        if next(count) == int(calls):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    setattr(owner, name, dying)
from training.__main__ import app
app(["study", *sys.argv[2:]], prog_name="vae")
"""


def killed(path, moment):
    command = [sys.executable, "-c", SCRIPT, moment, path, *map(str, OPTIONS), "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_study_ends_with_table_and_report(finished_once):
    path, found, out = finished_once
    names = ["report.html", "table.md", "table.csv", "table.json"]
    assert {file.name for file in out.iterdir()} == set(names)
    assert found["files"] == [str(out / name) for name in names]
    table = found["table"]
    assert tuple(table) == ARMS
    for arm in ARMS:
        assert set(table[arm]) == set(BY_NAME)
        for name, place in table[arm].items():
            assert set(place["by_seed"]) == {"0", "1"}, name
            known = [each["value"] for each in place["by_seed"].values()]
            if place["value"] is None:  # points have no σ
                assert arm == "autoencoder"
                assert name in {"posterior_steepness_p95_by_sigma", "bits", "kl_to_prior"}
                continue
            assert place["value"] == pytest.approx(np.mean(known))
            assert place["low"] <= place["value"] <= place["high"]
    assert table["vae"]["error_at_mean"]["by_seed"]["0"] != table["vae"]["error_at_mean"]["by_seed"]["1"]
    assert len(found["claims"]) == 6
    assert found["failures"] == []
    page = (out / "report.html").read_text("utf-8")
    assert page.count("data:image/png") == 4
    assert str(path.parent) not in page


def test_what_is_kept_of_a_study(finished_once):
    path, _, _ = finished_once
    with Project.open(path, write=False) as project:
        assert run_folders(project.runs_folder) == []  # the project's own trainings are not flooded
        [study] = studies_of(project)
    assert [(cell.arm, cell.seed) for cell in study.cells] == [(a, s) for s in (0, 1) for a in ARMS]
    steps = set()
    for cell in study.cells:
        run = cell.path / "run-001"
        assert (run / LATEST_FILE).exists() == (cell.seed == 0)
        assert cell.result["failure"] == ""
        steps.add(json.loads((run / "history.jsonl").read_text().splitlines()[-1])["step"])
    assert steps == {study.plan.steps}
    assert not (study.path / "probe").exists()


def test_the_same_command_tells_the_same_without_doing_it_again(finished_once, vae_here, monkeypatch):
    path, usual, _ = finished_once

    def refuse(*_arguments, **_named):
        raise AssertionError("trained again")

    monkeypatch.setattr("training.study.train", refuse)
    monkeypatch.setattr("training.study_probe.train", refuse)
    again = result(vae_here("study", path, *OPTIONS, "--json"))
    assert again["table"] == usual["table"]
    told = vae_here("study", path, *OPTIONS)
    assert told.returncode == 0
    assert "4 are done" in " ".join(told.stderr.split())
    for word in ("Completeness", "autoencoder", "Student", "Undecided", "report.html"):
        assert word in told.stdout
    beginnings = [line.split("  ")[0] for line in told.stdout.splitlines()]
    assert beginnings.count("autoencoder") == 5  # in every table: none is cut off to the width of a window


def check_that_tables_are_the_same(ours, theirs):
    for arm in ARMS:
        for name in BY_NAME:
            for seed in ("0", "1"):
                one, other = (found["table"][arm][name]["by_seed"][seed]["value"] for found in (ours, theirs))
                if other is None:
                    assert one is None
                else:
                    assert one == pytest.approx(other, rel=1e-2, abs=1e-3), (arm, name, seed)


def test_what_is_missing_is_done_again_to_the_same_table(finished_once, tmp_path, vae_here):
    path = shutil.copytree(finished_once[0], tmp_path / "project")
    [cell] = (path / "studies" / "study-001").glob("autoencoder-1")
    shutil.rmtree(cell)
    resumed = result(vae_here("study", path, *OPTIONS, "--json"))
    check_that_tables_are_the_same(resumed, finished_once[1])
    assert cell.is_dir()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("moment", ["training:2", "step:10", "step:20"])
def test_killed_it_goes_on_to_the_same_table(path, finished_once, vae_here, moment):
    killed(path, moment)
    with Project.open(path, write=False) as project:
        studies = studies_of(project)
    assert sum(cell.result is not None for study in studies for cell in study.cells) < 4
    resumed = result(vae_here("study", path, *OPTIONS, "--json"))
    check_that_tables_are_the_same(resumed, finished_once[1])


def planned(project, **changed):
    values = {"arms": ARMS, "seeds": 1, "minutes": None, "epochs": 1, "latent_dim": 2}
    wish = Wish(**values | changed, pictures=digest_of(project.pictures()))
    compute = {"batch_size": 16, "precision": "float32", "xla": False}
    probe = _Probe(1.0, 2.0, 7, compute, 120, 20)
    return begin(new_folder(project), probe.plan(wish, 1, "vae study"))


def test_one_that_runs_away_is_noted_and_the_others_go_on(make_project, monkeypatch):
    from training import study as module

    project = make_project(COUNT)
    real = module.train

    def train(project, run, *rest):
        if run.model.objective == "autoencoder":
            raise TrainingDivergedError("It ran away.")
        return real(project, run, *rest)

    monkeypatch.setattr(module, "train", train)
    study = planned(project)
    seen = []
    assert carry_out(project, study, Control(), seen.append)
    first, second = (cell.result for cell in study.cells)
    assert (first["failure"], first["figures"]) == ("It ran away.", [])
    assert second["failure"] == ""
    assert {each["name"] for each in second["figures"]} >= set(BY_NAME)
    assert {(each.arm, each.done, each.total) for each in seen} == {("VAE", 1, 2)}
    assert any("epoch 1 of 1" in each.stage for each in seen)
    assert seen[-1].stage == "measuring, 100%"


def test_one_that_cannot_be_measured_is_noted_and_other_problems_end_the_study(make_project, monkeypatch):
    from training import study as module
    from training.errors import VaeError

    project = make_project(COUNT)
    study = planned(project)
    with monkeypatch.context() as patch:
        patch.setattr(module, "train", lambda *_: (_ for _ in ()).throw(VaeError("The disk is full.")))
        with pytest.raises(VaeError, match="disk"):
            carry_out(project, study, Control(), lambda _: None)
    assert all(cell.result is None for cell in study.cells)

    def measured(*_arguments):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(module, "measured_figures", measured)
    assert carry_out(project, study, Control(), lambda _: None)
    assert [cell.result["failure"] for cell in study.cells] == ["It could not be measured: singular"] * 2


def test_stopped_it_says_so_and_keeps_what_is_done(make_project):
    project = make_project(COUNT)
    study = planned(project)
    control = Control()
    control.stop()
    assert not carry_out(project, study, control, lambda _: None)
    assert all(cell.result is None for cell in study.cells)


def test_so_many_at_most_are_done_at_once(make_project, monkeypatch):
    monkeypatch.setattr("training.study._result_of", done_at_once)
    project = make_project(24)
    study = planned(project, seeds=3)
    for whole, left in ((False, 2), (True, 0)):
        assert carry_out(project, study, Control(), lambda _: None, most=4) is whole
        assert sum(cell.result is None for cell in study.cells) == left


def done_at_once(_project, _plan, cell, *_rest):
    cell.path.mkdir()
    found = {"figures": [], "seconds": 1.0}
    write_json(cell.path / "result.json", found)
    return found


def test_epochs_that_fit_the_time():
    probe = _Probe(4.0, 10.0, 7, {}, 112, 20)
    assert probe.epochs_within(10.0 + 4.0 * 12) == 12
    assert probe.cell_seconds(12) == 58.0


def test_a_study_is_gone_on_with_only_by_the_same_wish(make_project, monkeypatch):
    project = make_project(24)
    study = planned(project)
    wish = study.plan.wish
    assert study_for(project, wish) == study
    for changed in ({"seeds": 2}, {"arms": ("vae",)}, {"epochs": 2}, {"latent_dim": 3}):
        assert study_for(project, Wish(**vars(wish) | changed)) is None
    assert study_for(project, Wish(**vars(wish) | {"pictures": "1" * 64})) is None
    monkeypatch.setattr("training.study_plan.SETTINGS", {"version": 99})
    assert study_for(project, wish) is None
    assert new_folder(project).name == "study-002"
    (study.path / "plan.json").write_text("{}")
    assert studies_of(project) == []


def test_all_arms_begin_with_the_same_weights():
    first = {}
    for name in OBJECTIVES:
        weights = VAE(ModelConfig(32, 1, objective=name), seed=3).named_weights()
        for path, variable in weights.items():
            value = variable.numpy()
            if "posterior" in path:  # the last layer of the encoder, of which arms have more or fewer numbers
                continue
            np.testing.assert_array_equal(first.setdefault(path, value), value, err_msg=f"{name} {path}")
    assert any(path.startswith("decoder") for path in first)


def test_reconstruction_at_the_mean():
    learnt, held_out = np.full(50, 0.01), np.array([0.03, 0.05] * 20)
    error, ratio = reconstruction_measures(learnt, held_out)
    assert error.estimate.value == pytest.approx(0.2)
    assert ratio.estimate.value == pytest.approx(4.0)
    assert ratio.estimate.low < 4.0 < ratio.estimate.high
    assert not any(each.estimate.is_known for each in reconstruction_measures(learnt, held_out[:1]))
    model = LatentModel(ModelConfig(32, 1))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 1), np.uint8)
    drawn = model.decode(model.encode(pixels).means).astype(float)
    expected = [np.mean(((a - b) / 255) ** 2) for a, b in zip(drawn, pixels.astype(float), strict=True)]
    np.testing.assert_allclose(squared_errors(model, pixels), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--arms", "vae,gan"), "no objective called 'gan'"),
        (("--arms", ","), "an objective at least"),
        (("--seeds", 0), "1 to 100 seeds"),
        (("--epochs", 2, "--minutes", 3), "not both"),
        (("--epochs", 0), "epochs"),
        (("--latent-dim", 0), "latent dimension"),
        (("--latent-dim", 17), "full covariance of 17"),
        (("--minutes", 0.001), "too short for 24 trainings"),
    ],
)
def test_what_cannot_be_is_refused(path, vae_here, options, words):
    said = " ".join(problem(vae_here("study", path, *options)).split())
    assert words in said
    assert not list((path / "studies").glob("*/plan.json"))


def test_arms_come_in_their_own_order():
    assert arms_of(None) == tuple(OBJECTIVES)
    assert arms_of(" vae, autoencoder") == ARMS


def test_a_plan_is_read_as_it_was_written(make_project):
    study = planned(make_project(24))
    assert studies_of_path(study) == study
    assert read_json(study.path / "plan.json")["format"] == 1


def studies_of_path(study):
    with Project.open(study.path.parent.parent, write=False) as project:
        return studies_of(project)[0]
