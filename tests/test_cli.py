"""The command `vae` as people and scripts run it: in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from command_line import problem, result, vae
from event_files import scalars_in
from pictures import write_pictures
from PIL import Image

from training import __version__
from training.migration import PROJECT_FILE
from training.project import Project, default_project_path, is_project
from training.run import CONFIG_FILE, Run
from training.setting_help import RUN_SETTINGS

TERMS = {"elbo", "reconstruction", "kl", "kl_mean", "kl_variance"}


@pytest.fixture
def source(tmp_path):
    write_pictures(tmp_path / "my pictures", 20)
    (tmp_path / "my pictures" / "notes.txt").write_text("hello")
    return tmp_path / "my pictures"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of pictures trained on by `vae train FOLDER`: (folder, its environment, the result)."""
    folder = tmp_path_factory.mktemp("cli")
    write_pictures(folder / "pictures", 20)
    environment = os.environ | {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("DATA", "CACHE")}
    settings = ("--epochs=2", "--seed=3", "--tensorboard", "--name=First")
    done = vae("train", folder / "pictures", *settings, "--json", env=environment)
    return folder / "pictures", environment, done


@pytest.fixture
def trained_project(trained, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", trained[1]["XDG_DATA_HOME"])
    return default_project_path(trained[0])


# ---------------------------------------------------------------------- what it does


def test_import_counts_every_file(source, tmp_path):
    found = result(vae("import", source, "--project", tmp_path / "project", "--size", 48, "--json"))
    assert found == {
        "project": str(tmp_path / "project"),
        "found": 21,
        "used": 20,
        "skipped": 1,
        "reasons": {"not a picture": 1},
        "cancelled": False,
        "format": "48×48 pixels in colour.",
    }
    with Project.open(tmp_path / "project", write=False) as project:
        assert project.image_format.size == 48


def test_what_is_not_wished_of_the_format_stays_as_it_is(source):
    def formatted(*wishes):
        return result(vae("import", source, *wishes, "--json"))["format"].partition(".")[0]

    assert formatted() == "32×32 pixels in colour"
    assert formatted("--grey") == "32×32 pixels in grey"
    assert formatted("--framing", "fit", "--background", "black") == (
        "32×32 pixels in grey, shown whole, on black"
    )
    assert formatted("--colour", "--size", 48) == "48×48 pixels in colour, shown whole, on black"
    assert formatted("--framing", "stretch") == "48×48 pixels in colour, stretched, on black"


def test_import_tells_people_the_same(source):
    done = vae("import", source)
    assert done.returncode == 0
    assert "21 found, 20 used, 1 skipped" in done.stdout
    assert "not a picture" in done.stdout
    assert is_project(default_project_path(source))


def test_train_on_a_folder_imports_it_first(trained, trained_project):
    found = result(trained[2])
    names = {"run", "epochs", "seconds", "images_per_second", "stopped", "good_enough", "held_out", "coach"}
    assert set(found) == names
    assert found["coach"]["kind"] == "started"
    assert (found["epochs"], found["stopped"]) == (2, False)
    assert set(found["held_out"]) == TERMS
    held_out = found["held_out"]
    assert held_out["kl"] == pytest.approx(held_out["kl_mean"] + held_out["kl_variance"])
    assert held_out["elbo"] == pytest.approx(held_out["reconstruction"] + held_out["kl"])
    assert found["run"] == str(trained_project / "runs" / "run-001")


def test_train_goes_on_where_it_was(trained_project, tmp_path):
    subprocess.run(["cp", "-r", trained_project, tmp_path / "project"], check=True)
    done = vae("train", tmp_path / "project", "--resume", "--epochs=1", "--batch-size=4")
    assert done.returncode == 0, done.stderr
    assert "First goes on where it was." in done.stderr
    assert "Finished after 3 epochs" in done.stdout
    for word in ("oneDNN", "absl", "WARNING", "I0000", "retracing"):
        assert word not in done.stderr
    run = Run.open(tmp_path / "project" / "runs" / "run-001")
    assert (run.training.epochs, run.training.batch_size, run.training.seed) == (1, 4, 3)
    # pytest.approx: the log has 32 bits a figure.
    written = [(record.step, pytest.approx(record.train.elbo)) for record in run.history()]
    assert scalars_in(run.path / "tensorboard" / "train", "elbo") == written
    assert len(written) == 3


def test_every_setting_is_an_option_and_is_kept_in_the_runs_config(make_project, vae_here):
    chosen = {
        "epochs": 1,
        "stop_when_good": True,
        "mirror": True,
        "seed": 5,
        "batch_size": 4,
        "learning_rate": 0.003,
        "precision": "bfloat16",
        "xla": False,
        "tensorboard": True,
        "latent_dim": 3,
        "likelihood": "logistic",
        "objective": "constant-variance",
        "beta_mean": 2.0,
        "beta_variance": 0.5,
        "constant_sigma": 0.1,
    }
    assert set(chosen) | {"minutes"} == set(RUN_SETTINGS)
    options = []
    for name, value in chosen.items():
        option = name.replace("_", "-")
        is_switch = isinstance(value, bool)
        options += [f"--{'' if value else 'no-'}{option}"] if is_switch else [f"--{option}", value]
    project = make_project(12)
    project.close()
    for length in ([], ["--run=1", "--minutes=0.001"]):
        done = vae_here("train", project.path, *(length or options))
        assert done.returncode == 0, done.stderr
        config = json.loads((project.runs_folder / "run-001" / CONFIG_FILE).read_text())
        kept = {**config["model"], **config["training"]}
        lengths = {"epochs": None, "minutes": 0.001, "stop_when_good": False} if length else {"minutes": None}
        expected = chosen | lengths
        assert {name: kept[name] for name in RUN_SETTINGS} == expected


def test_encode_gives_each_picture_its_posterior(trained, trained_project, vae_here):
    images = sorted(trained[0].iterdir())[:2]
    found = result(vae_here("encode", trained_project, *images, "--json"))
    assert set(found) == {"run", "posteriors"}
    assert [row["image"] for row in found["posteriors"]] == list(map(str, images))
    for row in found["posteriors"]:
        assert len(row["mean"]) == len(row["standard_deviation"]) == 2
        assert all(sigma > 0 for sigma in row["standard_deviation"])


def test_decode_writes_the_picture_of_a_point(trained_project, tmp_path, vae_here):
    out = tmp_path / "point.png"
    assert result(vae_here("decode", trained_project, "--at=0.5,-1", "--out", out, "--json")) == {
        "out": str(out)
    }
    with Image.open(out) as image:
        assert image.size == (32, 32)


def test_map_writes_a_picture(trained_project, tmp_path, vae_here):
    out = tmp_path / "map.png"
    assert result(vae_here("map", trained_project, "--out", out, "--json")) == {"out": str(out)}
    with Image.open(out) as image:
        assert image.width > 2 * image.height


def test_the_folder_of_pictures_stands_for_its_project(trained, trained_project, vae_here):
    image = min(trained[0].iterdir())
    by_folder, by_project = (vae_here("encode", target, image) for target in (trained[0], trained_project))
    assert by_folder.stdout == by_project.stdout
    assert " ± " in by_folder.stdout


def test_doctor_tells_what_a_report_of_a_problem_needs():
    found = result(vae("doctor", "--json"))
    assert found["versions"]["vae-desktop"]
    assert re.match(r"2\.\d+", found["versions"]["tensorflow"])
    assert found["onednn"] is True
    assert found["device"]
    assert found["device"].startswith("CPU") == bool(found["why_not_gpu"])
    for name in ("precision", "xla", "batch_size"):
        assert found["training"][name] not in (None, "")
        assert found["training"][f"why_{name}"].endswith(".")
    assert re.match(r"\d+\.\d GB|unknown", found["memory"]["computer"])
    assert found["threads"]["cores"] == os.cpu_count()
    assert found["cache"].startswith(os.environ["XDG_CACHE_HOME"])
    assert found["projects"].startswith(os.environ["XDG_DATA_HOME"])


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
def test_ctrl_c_stops_a_training_and_keeps_it(make_project):
    project = make_project(24)
    project.close()
    command = [sys.executable, "-m", "training", "train", str(project.path), "--json"]
    training = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    history = project.runs_folder / "run-001" / "history.jsonl"
    with training:
        while not history.exists() and training.poll() is None:
            with pytest.raises(subprocess.TimeoutExpired):
                training.wait(0.1)
        training.send_signal(signal.SIGINT)
        out, messages = training.communicate(timeout=60)
    assert training.returncode == 0, messages
    assert "Traceback" not in messages
    found = json.loads(out)
    assert found["stopped"] is True
    assert found["epochs"] >= 1
    with Project.open(project.path, write=True):  # not locked any more
        assert (project.runs_folder / "run-001" / "latest.safetensors").exists()


# ---------------------------------------------------------------------- what it refuses


def test_version_and_help_do_not_wait_for_tensorflow(poisoned):
    done = vae("--version", env=poisoned)
    assert (done.returncode, done.stdout) == (0, f"vae {__version__}\n")
    assert "train" in vae("--help", env=poisoned).stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["train"], "Missing argument"),
        (["fly"], "No such command"),
        (["train", "{source}", "--epochs=0"], "epochs"),
        (["train", "{source}", "--epochs=two"], "epochs"),
        (["train", "{source}", "--epochs=1", "--minutes=1"], "not both"),
        (["train", "{source}", "--size=50"], "multiple of 16"),
        (["train", "{source}", "--likelihood=laplace"], "likelihood"),
        (["train", "{source}", "--latent-dim=0"], "latent"),
        (["train", "{source}", "--learning-rate=-1"], "learning rate"),
        (["import", "{source}", "--size=1000"], "multiple of 16"),
        (["train", "{source}", "--precision=half"], "auto, float32 or bfloat16"),
        (["train", "{source}", "--minutes=nan"], "training time"),
        (["train", "{source}", "--resume"], "not a VAE Desktop project"),
        (["train", "{source}", "--resume", "--from=x.vae"], "--from cannot be given with --resume"),
        (["import", "{source}", "--framing=cover"], "crop, fit or stretch"),
        (["import", "{source}", "--background=red"], "white or black"),
        (["import", "sample:cats"], "fashion"),
        (["decode", "{source}", "--at=a,b", "--out=x.png"], "not a point"),
        (["map", "{source}", "--out=x.png"], "not a VAE Desktop project"),
        (["study", "{source}", "--arms=gan"], "no objective called 'gan'"),
        (["study", "{source}", "--latent-dim=0"], "latent dimension"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_arguments_are_told_before_tensorflow_is_imported(poisoned, source, arguments, word):
    done = vae(*(argument.format(source=source) for argument in arguments), env=poisoned)
    assert word in problem(done)
    assert not is_project(default_project_path(source))


def not_pictures(folder):
    (folder / "notes.txt").write_text("hello")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")


@pytest.mark.parametrize("command", ["import", "train"])
@pytest.mark.parametrize(
    ("fill", "word"),
    [
        (lambda folder: None, "is empty"),
        (not_pictures, "picture that can be read"),
        (lambda folder: write_pictures(folder, 1), "Only 1 picture"),
    ],
    ids=["empty", "no pictures", "one picture"],
)
def test_a_folder_of_no_use_is_told_and_is_no_trouble_later(tmp_path, poisoned, command, fill, word):
    source = tmp_path / "source"
    source.mkdir()
    fill(source)
    told = problem(vae(command, source, env=poisoned))
    assert word in told.replace("\n", " ")
    place = default_project_path(source)
    assert not place.exists()
    write_pictures(source / "more", 12)
    assert result(vae("import", source, "--json", env=poisoned))["used"] >= 12
    assert is_project(place)


def test_a_failed_import_leaves_the_wished_place_free_for_another_folder(tmp_path, source, poisoned):
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", tmp_path / "missing", source / "notes.txt"):
        problem(vae("import", wrong, "--project", tmp_path / "project", env=poisoned))
    assert (
        result(vae("import", source, "--project", tmp_path / "project", "--json", env=poisoned))["used"] == 20
    )


def test_problems_are_told_to_scripts_as_json(tmp_path, poisoned):
    done = vae("import", tmp_path / "missing", "--json", env=poisoned)
    problem(done)
    told = json.loads(done.stdout)["error"]
    assert "does not exist" in told["what"]
    assert told["advice"]


@pytest.mark.parametrize("command", ["import", "train"])
def test_a_file_instead_of_a_folder_is_told(source, poisoned, command):
    told = problem(vae(command, source / "notes.txt", env=poisoned))
    assert "is a file, not a folder" in told.replace("\n", " ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_an_unreadable_folder_is_told(source):
    source.chmod(0)
    script = (
        "import os, sys\n"
        "from training.__main__ import app\n"
        "try:\n"
        "    app(['import', '/nowhere/at/all'])\n"  # so that all is loaded while our files may be read
        "except SystemExit:\n"
        "    pass\n"
        "if os.geteuid() == 0:\n"
        "    os.seteuid(65534)\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "import", str(source)], capture_output=True, text=True, check=False
    )
    source.chmod(0o755)
    assert "no permission to read" in problem(done).replace("\n", " ")
    assert not default_project_path(source).exists()


@pytest.mark.parametrize("command", ["import", "train", "map"])
def test_a_project_of_a_newer_version_is_told(make_project, poisoned, tmp_path, command):
    project = make_project(12)
    path = project.path / PROJECT_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    options = {"import": [project.source, "--project", project.path], "train": [project.path]}
    told = problem(
        vae(command, *options.get(command, [project.path, "--out", tmp_path / "map.png"]), env=poisoned)
    )
    assert "newer version" in told.replace("\n", " ")


def test_a_project_of_another_folder_is_not_taken_over(make_project, source, poisoned):
    project = make_project(12)
    project.close()
    told = problem(vae("import", source, "--project", project.path, env=poisoned))
    assert "belongs to another folder" in told.replace("\n", " ")
    with Project.open(project.path, write=False) as untouched:
        assert untouched.count_used() == 12


def test_a_project_that_is_open_elsewhere_is_told(make_project, poisoned):
    project = make_project(12)
    told = problem(vae("train", project.path, "--epochs=1", env=poisoned))
    assert "open in another program" in told.replace("\n", " ")


def test_an_untrained_project_says_how_to_train_it(make_project, tmp_path, poisoned):
    project = make_project(12)
    told = problem(vae("decode", project.path, "--at=0,0", "--out", tmp_path / "x.png", env=poisoned))
    assert "vae train" in told
    assert not (tmp_path / "x.png").exists()


def test_what_is_no_picture_is_not_encoded(trained_project, source, vae_here):
    told = problem(vae_here("encode", trained_project, source / "notes.txt"))
    assert "not a picture" in told.replace("\n", " ")


def test_what_tensorflow_says_when_it_cannot_be_loaded_is_not_swallowed(poisoned):
    done = vae("doctor", env=poisoned)
    assert done.returncode != 0
    assert "TensorFlow was imported" in done.stderr
