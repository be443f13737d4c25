"""The commands about models to share, as people and scripts run them."""

import shutil

import pytest
from command_line import problem, result, vae
from pictures import write_pictures
from PIL import Image
from shared_models import small_members, small_model, with_tensors

from training.config import TrainConfig
from training.fit import train
from training.project import Project, default_project_path
from training.recipe import read_recipe
from training.run import latest_run
from training.runs import start_run
from training.vae_file import read_vae, write_vae


@pytest.fixture(scope="module")
def trained(imported, tmp_path_factory):
    """A project of 24 pictures at 32 pixels with a short training; do not change it."""
    path = tmp_path_factory.mktemp("models") / "project"
    shutil.copytree(imported(24, 32, True), path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=2, batch_size=8)))
    return path


@pytest.fixture
def shared_file(trained, tmp_path, vae_here):
    found = result(vae_here("save", trained, "--out", tmp_path / "discs.vae", "--json"))
    assert found == {"out": str(tmp_path / "discs.vae"), "title": "source", "posteriors": 24}
    return tmp_path / "discs.vae"


def test_a_saved_model_tells_what_it_is_without_tensorflow(shared_file, poisoned):
    found = result(vae("inspect", shared_file, "--json", env=poisoned))
    assert (found["title"], found["pictures"], found["posteriors"], found["epochs"]) == ("source", 24, 24, 2)
    assert (found["size"], found["channels"], found["latent_dim"]) == (32, 3, 2)
    assert found["likelihood"] == "gaussian"
    assert found["digest_matches"] is True
    assert found["parameters"] > 1e6
    assert found["held_out"]["elbo"] == pytest.approx(read_vae(shared_file).about.figures.elbo)
    told = vae("inspect", shared_file, env=poisoned)
    assert told.returncode == 0
    for word in ("title", "source", "vae-desktop", "digest matches", "elbo"):
        assert word in told.stdout


def test_a_saved_model_has_the_title_that_was_wished(trained, tmp_path, vae_here):
    done = vae_here("save", trained, "--out", tmp_path / "named.vae", "--title", "Red & blue discs")
    assert "not the pictures" in done.stdout
    assert read_vae(tmp_path / "named.vae").about.title == "Red & blue discs"


def test_a_shared_model_decodes_encodes_and_maps_like_the_project(trained, shared_file, tmp_path, vae_here):
    image = min(Project.open(trained, write=False).source.iterdir())
    shown = {}
    for name, target in (("ours", trained), ("theirs", shared_file)):
        out, drawn = tmp_path / f"{name}.png", tmp_path / f"{name} map.png"
        assert result(vae_here("decode", target, "--at=0.5,-1", "--out", out, "--json")) == {"out": str(out)}
        assert result(vae_here("map", target, "--out", drawn, "--json")) == {"out": str(drawn)}
        posteriors = result(vae_here("encode", target, image, "--json"))["posteriors"]
        shown[name] = (out.read_bytes(), drawn.read_bytes(), posteriors)
    assert shown["ours"] == shown["theirs"]


def test_a_walk_is_a_film_of_decodings(trained, shared_file, tmp_path, vae_here):
    for target in (trained, shared_file):
        out = tmp_path / f"{target.name}.gif"
        assert result(vae_here("walk", target, "--out", out, "--json")) == {"out": str(out)}
        with Image.open(out) as film:
            assert film.format == "GIF"
            assert film.n_frames > 10


@pytest.mark.parametrize("kind", ["straight", "smooth", "data"])
def test_walks_of_all_kinds_are_written_as_films_or_frames(trained, tmp_path, vae_here, kind):
    options = ["--kind", kind, "--open", "--stops=3", "--seconds=1", "--fps=10", "--json"]
    film, frames = tmp_path / "walk.webp", tmp_path / "frames"
    for out in (film, frames):
        assert result(vae_here("walk", trained, "--output", out, *options)) == {"out": str(out)}
    assert sorted(path.name for path in frames.iterdir()) == [f"frame-{n:04d}.png" for n in range(1, 12)]
    with Image.open(film) as shown, Image.open(frames / "frame-0001.png") as first:
        assert 1 < shown.n_frames <= 11  # those that are alike are one
        assert shown.size == first.size
    assert read_recipe(film).path.kind == kind
    assert len(read_recipe(frames / "frame-0001.png").stops) == 3


def test_a_training_begins_from_a_shared_model_at_its_picture_size(shared_file, tmp_path, vae_here):
    source = tmp_path / "other pictures"
    write_pictures(source, 20, 48, seed=5)
    found = result(vae_here("train", source, "--from", shared_file, "--epochs=1", "--json"))
    assert found["epochs"] == 1
    with Project.open(default_project_path(source), write=False) as project:
        assert project.image_format == read_vae(shared_file).about.image_format
        run = latest_run(project.runs_folder)
        assert str(run.path) == found["run"]
        assert run.begins_from_weights()


def test_a_training_from_a_shared_model_imports_a_project_again_where_its_pictures_do_not_fit(
    shared_file, make_project, vae_here
):
    project = make_project(24, 48, colour=False)
    project.close()
    result(vae_here("train", project.path, "--from", shared_file, "--epochs=1", "--json"))
    with Project.open(project.path, write=False) as now:
        assert now.image_format == read_vae(shared_file).about.image_format
        assert latest_run(now.runs_folder).begins_from_weights()


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["inspect", "{folder}/none.vae"], "No such file"),
        (["inspect", "{folder}/bad.vae"], "cut short"),
        (["decode", "{folder}/bad.vae", "--at=0,0", "--out=x.png"], "cut short"),
        (["map", "{folder}/bad.vae", "--out=x.png"], "cut short"),
        (["walk", "{folder}/bad.vae", "--out=x.gif"], "cut short"),
        (["walk", "{folder}/bad.vae", "--out=x.avi"], "written as GIF, WebP or MP4"),
        (["walk", "{folder}/bad.vae", "--out=x.gif", "--fps=60"], "up to 50 frames"),
        (["walk", "{folder}/bad.vae", "--out=x", "--kind=round"], "--kind"),
        (["encode", "{folder}/bad.vae", "x.png"], "cut short"),
        (["train", "{folder}", "--from={folder}/bad.vae"], "cut short"),
        (
            ["train", "{folder}", "--from={folder}/good.vae", "--size=64"],
            "--size cannot be given with --from",
        ),
        (
            ["train", "{folder}", "--from={folder}/good.vae", "--resume"],
            "--from cannot be given with --resume",
        ),
        (["save", "{folder}", "--out=model.zip"], "cannot be saved as model.zip"),
        (["save", "{folder}", "--out=model.vae"], "not a VAE Desktop project"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_used_is_told_before_tensorflow_is_imported(tmp_path, poisoned, arguments, word):
    write_vae(tmp_path / "good.vae", small_model())
    (tmp_path / "bad.vae").write_bytes((tmp_path / "good.vae").read_bytes()[:-5])
    done = vae(*(argument.format(folder=tmp_path) for argument in arguments), env=poisoned, cwd=tmp_path)
    assert word in problem(done).replace("\n", " ")
    assert {path.name for path in tmp_path.iterdir()} == {"good.vae", "bad.vae", "poison"}


def test_an_untrained_project_cannot_be_saved(make_project, tmp_path, poisoned):
    told = problem(vae("save", make_project(12).path, "--out", tmp_path / "x.vae", env=poisoned))
    assert "vae train" in told


def test_weights_that_do_not_make_the_network_are_refused(tmp_path, vae_here):
    (tmp_path / "strange.vae").write_bytes(with_tensors(small_members(tmp_path)))
    told = problem(vae_here("decode", tmp_path / "strange.vae", "--at=0,0", "--out", tmp_path / "x.png"))
    assert "do not fit" in told.replace("\n", " ")
    assert not (tmp_path / "x.png").exists()


def test_for_weights_that_do_not_make_the_network_nothing_is_imported_anew(tmp_path, make_project, vae_here):
    (tmp_path / "strange.vae").write_bytes(with_tensors(small_members(tmp_path)))
    project = make_project(24, 48, colour=False)
    project.close()
    told = problem(vae_here("train", project.path, "--from", tmp_path / "strange.vae"))
    assert "do not fit" in told.replace("\n", " ")
    with Project.open(project.path, write=False) as now:
        assert (now.image_format.size, now.image_format.channels) == (48, 1)
