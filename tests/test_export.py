"""Taking models elsewhere: what the formats' own runtimes compute, and what cannot be written."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from command_line import problem, result, vae
from exported_models import lively_model

from training.config import TrainConfig
from training.errors import VaeError
from training.export_formats import EXPORT_FORMATS, export_format
from training.exporting import export
from training.fit import train
from training.portable import TOLERANCE, Expected
from training.project import Project
from training.runs import start_run
from training.sharing import open_shared
from training.vae_file import write_vae

NETWORKS = [
    (32, 1, 2),
    (32, 3, 1),
    (80, 3, 3),
    (128, 1, 4),
]  # dense, of one number, odd feature maps, deepest
FORMATS = list(EXPORT_FORMATS)
NETWORK_FORMATS = [name for name in FORMATS if name != "html"]


def path_for(folder, name):
    return folder / f"cats{EXPORT_FORMATS[name].ending}"


def everything_in(path):
    """What lies at a path, by name."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}


def runner(name, path):
    """decode(points) and encode(pictures), as somebody else would call them."""
    if name == "onnx":
        import onnxruntime

        decoder, encoder = (
            onnxruntime.InferenceSession(path / f"{part}.onnx", providers=["CPUExecutionProvider"])
            for part in ("decoder", "encoder")
        )
        return (
            lambda points: decoder.run(["picture"], {"latent": points})[0],
            lambda pictures: encoder.run(["mean", "log_variance"], {"picture": pictures}),
        )
    from training.backend import tf

    if name == "savedmodel":
        loaded = tf.saved_model.load(str(path))
        return (
            lambda points: loaded.decode(tf.constant(points))["picture"].numpy(),
            lambda pictures: [
                loaded.encode(tf.constant(pictures))[key].numpy() for key in ("mean", "log_variance")
            ],
        )
    with pytest.warns(UserWarning, match="LiteRT"):
        interpreter = tf.lite.Interpreter(str(path))
    decode, encode = interpreter.get_signature_runner("decode"), interpreter.get_signature_runner("encode")
    return (
        lambda points: decode(latent=points)["picture"],
        lambda pictures: [encode(picture=pictures)[key] for key in ("mean", "log_variance")],
    )


@pytest.fixture(scope="module")
def trained(imported, tmp_path_factory):
    """A project of 24 pictures at 32 pixels with a short training; do not change it."""
    path = tmp_path_factory.mktemp("models") / "project"
    shutil.copytree(imported(24, 32, True), path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=2, batch_size=8)))
    return path


# ---------------------------------------------------------------------- what it computes


@pytest.mark.parametrize("network", NETWORKS, ids=str)
@pytest.mark.parametrize("name", NETWORK_FORMATS)
def test_another_runtime_computes_what_the_program_does(tmp_path, name, network):
    shared = lively_model(*network)
    path = path_for(tmp_path, name)
    told = export(shared, export_format(name), path)
    assert told <= TOLERANCE
    model = open_shared(shared)
    points = np.random.default_rng(3).normal(size=(5, network[2])).astype(np.float32)
    decode, encode = runner(name, path)
    drawn = decode(points)
    assert np.round(drawn * 255).astype(int) == pytest.approx(model.decode(points).astype(int), abs=1)
    pixels = np.random.default_rng(4).integers(0, 256, (3, *shared.about.model.shape), np.uint8)
    posteriors = model.encode(pixels)
    mean, log_variance = encode(pixels.astype(np.float32) / 255)
    assert mean == pytest.approx(posteriors.means, abs=1e-4)
    assert np.exp(0.5 * log_variance) == pytest.approx(posteriors.sigmas, rel=1e-4)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("objective", ["autoencoder", "constant-variance", "full-covariance"])
@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_posteriors_of_other_objectives_are_exported_as_they_are(tmp_path, name, objective):
    shared = lively_model(32, 1, 3, objective=objective)
    path = path_for(tmp_path, name)
    assert export(shared, export_format(name), path) <= TOLERANCE
    pixels = np.random.default_rng(4).integers(0, 256, (3, *shared.about.model.shape), np.uint8)
    posteriors = open_shared(shared).encode(pixels)
    mean, log_variance = runner(name, path)[1](pixels.astype(np.float32) / 255)
    assert mean == pytest.approx(posteriors.means, abs=1e-4)
    assert np.exp(0.5 * log_variance) == pytest.approx(posteriors.sigmas, rel=1e-4, abs=0)


@pytest.mark.parametrize("name", NETWORK_FORMATS)
def test_an_export_tells_what_it_is(tmp_path, name):
    path = path_for(tmp_path, name)
    export(lively_model(32, 3, 2, title="Cats & dogs"), export_format(name), path)
    if name == "onnx":
        import onnx

        model = onnx.load(path / "decoder.onnx")
        about = {entry.key: entry.value for entry in model.metadata_props}
        assert (model.graph.input[0].name, model.graph.output[0].name) == ("latent", "picture")
    elif name == "savedmodel":
        about = json.loads((path / "assets.extra" / "about.json").read_text())
    else:
        about = json.loads(zipfile.ZipFile(path).read("about.json"))
    assert about["title"] == "Cats & dogs"
    assert about["made with"].startswith("VAE Desktop")
    assert (about["size"], about["channels"], about["latent_dim"]) == ("32", "3", "2")


def test_what_computes_something_else_is_not_kept():
    shared = lively_model(32, 1, 2)
    model = open_shared(shared)
    expected = Expected.of(model, shared.posteriors.means)

    def decode(points):
        return expected.drawn[: len(points)]

    def encode(pictures):
        return expected.means[: len(pictures)], expected.log_variances[: len(pictures)]

    assert expected.largest_difference(decode, encode) == 0
    wrong = [
        (lambda points: decode(points) + 2 * TOLERANCE, encode),
        (lambda points: decode(points) * np.nan, encode),
        (lambda _points: expected.drawn[:1], encode),  # the number of pictures was written down
        (decode, lambda pictures: encode(pictures)[::-1]),
    ]
    for wrong_decode, wrong_encode in wrong:
        with pytest.raises(VaeError, match="does not compute what the program does"):
            expected.largest_difference(wrong_decode, wrong_encode)


# ---------------------------------------------------------------------- what cannot be done


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_there_is_replaced_only_when_that_is_wished(tmp_path, name):
    path, shared, to = path_for(tmp_path, name), lively_model(32, 1, 2), export_format(name)
    export(shared, to, path)
    before = everything_in(path)
    other = lively_model(32, 1, 2, title="Dogs")
    with pytest.raises(VaeError, match="exists already") as caught:
        export(other, to, path)
    assert "--force" in caught.value.advice
    assert everything_in(path) == before
    export(other, to, path, replace=True)
    assert everything_in(path).keys() == before.keys()
    assert everything_in(path) != before
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", FORMATS)
def test_something_else_is_never_replaced(tmp_path, name):
    path, to = path_for(tmp_path, name), export_format(name)
    (path if to.is_folder else path / "sub").mkdir(parents=True)
    (path / "diary.txt").write_text("dear diary")
    with pytest.raises(VaeError, match="is something else"):
        export(lively_model(32, 1, 2), to, path, replace=True)
    assert (path / "diary.txt").read_text() == "dear diary"


FULL_DISK = """
import resource, sys
from pathlib import Path
from training.errors import VaeError
from training.export_formats import EXPORT_FORMATS
from training.exporting import export
from training.vae_file import read_vae

shared, out = read_vae(Path(sys.argv[1])), Path(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
for to in EXPORT_FORMATS.values():
    try:
        export(shared, to, out / f"cats{to.ending}")
    except VaeError as error:
        print(to.name, error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
def test_a_disk_that_becomes_full_is_told_and_leaves_nothing(tmp_path):
    write_vae(tmp_path / "cats.vae", lively_model(32, 1, 2))
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "cats.vae", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path / "out")},
    )
    told = done.stdout.splitlines()
    assert [line.split(" ")[0] for line in told] == FORMATS, done.stderr
    for line in told:
        assert "could not be written" in line
        assert "too large" in line
        assert "Free some space" in line
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["html", "savedmodel"])
def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, name):
    # /proc takes no files from anybody, not even from root.
    with pytest.raises(VaeError, match="could not be written") as caught:
        export(lively_model(32, 1, 2), export_format(name), path_for(Path("/proc"), name))
    assert caught.value.advice


def test_a_plane_needs_two_numbers(tmp_path):
    with pytest.raises(VaeError, match="at least two latent numbers"):
        export(lively_model(32, 1, 1), export_format("html"), tmp_path / "cats.html")
    assert list(tmp_path.iterdir()) == []


def test_weights_too_large_for_half_precision_are_told(tmp_path):
    shared = lively_model(32, 1, 2)
    shared.weights["decoder/draw/bias"][0] = 1e6
    with pytest.raises(VaeError, match="too large for a web page"):
        export(shared, export_format("html"), tmp_path / "cats.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Cats & dogs", "Cats-dogs.html"),
        ("../etc/passwd", "etc-passwd.html"),
        ("…", "model.html"),
        ("äé", "äé.html"),
    ],
)
def test_a_title_makes_a_file_name_for_any_system(title, name):
    assert export_format("html").file_name(title) == name


# ---------------------------------------------------------------------- the command


@pytest.mark.parametrize("name", FORMATS)
def test_a_project_is_exported_by_the_command(trained, tmp_path, vae_here, name):
    path = path_for(tmp_path, name)
    found = result(vae_here("export", trained, "--to", name, "--output", path, "--json"))
    assert (found["out"], found["to"]) == (str(path), name)
    assert found["largest_difference"] <= (TOLERANCE if name != "html" else 2 / 255)
    assert path.exists()
    told = problem(vae_here("export", trained, "--to", name, "--output", path))
    assert "exists already" in told.replace("\n", " ")
    assert vae_here("export", trained, "--to", name, "--output", path, "--force").returncode == 0


def test_a_shared_model_is_exported_here_under_its_title(tmp_path, vae_here, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_vae(tmp_path / "m.vae", lively_model(32, 1, 2, title="My cats"))
    done = vae_here("export", "m.vae", "--to", "html", "--no-points")
    assert done.returncode == 0
    assert "Wrote My-cats.html" in done.stdout
    page = (tmp_path / "My-cats.html").read_text("utf-8")
    assert "<h1>My cats</h1>" in page
    assert '"learned":[]' in page
    vae_here("export", "m.vae", "--to", "html", "--title", "Dogs <3")
    assert "<h1>Dogs &lt;3</h1>" in (tmp_path / "Dogs-3.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["{folder}/good.vae", "--to=pdf"], "There is no format 'pdf'"),
        (["{folder}/good.vae", "--to=html", "--output={folder}/cats.pdf"], "cannot be written as cats.pdf"),
        (["{folder}/good.vae", "--to=html", "--output={folder}/none/cats.html"], "There is no folder"),
        (["{folder}/good.vae", "--to=html", "--output={folder}/old.html"], "exists already"),
        (["{folder}/bad.vae", "--to=onnx"], "cut short"),
        (["{folder}/none.vae", "--to=litert"], "No such file"),
        (["{folder}", "--to=savedmodel"], "not a VAE Desktop project"),
        (["{untrained}", "--to=html"], "has not been trained yet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_exported_is_told_before_tensorflow_is_imported(
    tmp_path, poisoned, make_project, arguments, word
):
    from shared_models import small_model

    write_vae(tmp_path / "good.vae", small_model())
    (tmp_path / "bad.vae").write_bytes((tmp_path / "good.vae").read_bytes()[:-5])
    (tmp_path / "old.html").write_text("old")
    untrained = make_project(12).path
    before = sorted(tmp_path.iterdir())
    filled = [argument.format(folder=tmp_path, untrained=untrained) for argument in arguments]
    done = vae("export", *filled, env=poisoned)
    assert word in problem(done).replace("\n", " ")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "old.html").read_text() == "old"


def test_how_to_install_what_onnx_needs_is_told(tmp_path, vae_here, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    write_vae(tmp_path / "m.vae", lively_model(32, 1, 2))
    told = problem(vae_here("export", tmp_path / "m.vae", "--to", "onnx", "--output", tmp_path / "x-onnx"))
    assert 'pip install "vae-desktop[onnx]"' in told.replace("\n", " ")
    assert not (tmp_path / "x-onnx").exists()
