"""The commands that use a trained model: of a project, of a folder of pictures, or from a `.vae` file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from training.console import (
    AsJson,
    ProgressBars,
    print_json,
    print_table,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.errors import VaeError
from training.export_formats import EXPORT_FORMATS, export_format
from training.files import is_shared_model
from training.film import check_film
from training.images import read_picture
from training.mp4 import require_ffmpeg
from training.paths import PathKind, PathSettings
from training.project import Project
from training.run import Run, latest_run
from training.runs import find_run, fits
from training.skipping import SkippedPicture
from training.targets import known_project
from training.vae_file import SharedModel, check_name, read_vae, title_from

if TYPE_CHECKING:
    from training.latent import LatentModel
    from training.posteriors import Posteriors

Trained = Annotated[
    str,
    typer.Argument(
        metavar="DIR|FILE.vae",
        help="A project, the folder of pictures that it was made from, or a model that was saved to share.",
    ),
]
WantedRun = Annotated[
    str | None,
    typer.Option("--run", metavar="NAME", help="Which training: its name or number; by default the newest."),
]
OutPicture = Annotated[Path, typer.Option("--out", help="The picture to write (.png).")]


def meant_run(project: Project, wanted: str | None) -> Run:
    """The training that is meant, by default the newest; raises :class:`VaeError` when there is none."""
    if wanted is not None:
        return find_run(project, wanted)
    run = latest_run(project.runs_folder)
    if run is None:
        raise VaeError("This project has not been trained yet.", advice="Run vae train first.")
    return run


def usable_run(project: Project, wanted: str | None) -> Run:
    """The training that is meant, see :func:`meant_run`, which is to be as large as the pictures are now."""
    run = meant_run(project, wanted)
    if not fits(run, project):
        raise VaeError(
            "The pictures were imported at another size or framed otherwise since this training.",
            advice="Choose another training with --run, or train again.",
        )
    return run


def _is_shared_model(target: str, wanted_run: str | None) -> bool:
    is_shared = is_shared_model(Path(target))
    if is_shared and wanted_run is not None:
        raise VaeError("A shared model is one training, so --run cannot be given with it.")
    return is_shared


def _load(target: str, wanted_run: str | None) -> "tuple[str, LatentModel]":
    """A trained model, and where it was found. TensorFlow is loaded once there is something to load."""
    if _is_shared_model(target, wanted_run):
        shared = read_vae(Path(target))
        from training.sharing import open_shared

        return target, open_shared(shared)
    with Project.open(known_project(target), write=False) as project:
        run = meant_run(project, wanted_run)
    from training.latent import load_model

    return str(run.path), load_model(run)


def _load_with_posteriors(
    target: str, wanted_run: str | None, quiet: bool
) -> "tuple[LatentModel, Posteriors, NDArray[np.bool_]]":
    """A trained model, where its pictures lie, and which of these were held out."""
    if _is_shared_model(target, wanted_run):
        shared = read_vae(Path(target))
        from training.sharing import open_shared

        return open_shared(shared), shared.posteriors, shared.held_out
    with Project.open(known_project(target), write=False) as project:
        run = usable_run(project, wanted_run)
        pictures = project.pictures()
        from training.latent import all_posteriors, load_model

        model = load_model(run)
        with ProgressBars(quiet) as bars, stopping_on_interrupt() as control:
            posteriors = all_posteriors(run, model, pictures, control, bars.show_encoding)
    if posteriors is None:
        raise VaeError("Stopped before the pictures were encoded.")
    return model, posteriors, pictures.held_out


@telling_problems
def encode_command(
    target: Trained,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures to encode.")],
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Encode pictures: the mean and the standard deviation of each one's posterior."""
    found_at, model = _load(target, run)
    rows = []
    for path in images:
        try:
            pixels = read_picture(path, model.config.image_format)
        except SkippedPicture as error:
            raise VaeError(f"{path} cannot be encoded: {error.reason}.") from None
        posterior = model.encode(pixels[None])
        mean, sigma = posterior.means[0].tolist(), posterior.sigmas[0].tolist()
        rows.append({"image": str(path), "mean": mean, "standard_deviation": sigma})
    if json_output:
        print_json({"run": found_at, "posteriors": rows})
        return
    for row, path in zip(rows, images, strict=True):
        pairs = zip(row["mean"], row["standard_deviation"], strict=True)
        text = "   ".join(f"{float(mean):+.3f} ± {float(sigma):.3f}" for mean, sigma in pairs)
        print_text(f"{path}:  {text}")


@telling_problems
def decode_command(
    target: Trained,
    at: Annotated[str, typer.Option(help="The point: numbers with commas between, such as 0.5,-1.")],
    out: OutPicture,
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Decode a point of the latent space to a picture."""
    point = _point(at)
    _, model = _load(target, run)
    if len(point) != model.config.latent_dim:
        raise VaeError(f"A point of this model has {model.config.latent_dim} numbers, not {len(point)}.")
    from training.stills import save_image, to_image

    save_image(to_image(model.decode(np.array([point]))[0]), out)
    _print_written(out, json_output)


def _point(text: str) -> list[float]:
    try:
        point = [float(part) for part in text.split(",")]
    except ValueError:
        point = [float("nan")]
    if not all(abs(number) < 1e6 for number in point):
        raise VaeError(f"{text!r} is not a point.", advice="Write numbers with commas between: --at 0.5,-1")
    return point


@telling_problems
def map_command(target: Trained, out: OutPicture, run: WantedRun = None, json_output: AsJson = False) -> None:
    """Draw the latent map: decodings over the prior's quantiles, and where every picture lies."""
    model, posteriors, held_out = _load_with_posteriors(target, run, json_output)
    from training.sheets import latent_map
    from training.stills import save_image

    save_image(latent_map(model, posteriors, held_out), out)
    _print_written(out, json_output)


@telling_problems
def walk_command(
    target: Trained,
    out: Annotated[
        Path,
        typer.Option("--out", "--output", help="The film to write: .gif, .webp, .mp4; or a new folder."),
    ],
    kind: Annotated[
        PathKind, typer.Option(help="Straight, smooth, or where the pictures change least (data).")
    ] = PathKind.SMOOTH,
    closed: Annotated[bool, typer.Option("--closed/--open", help="Whether it ends where it began.")] = True,
    stops: Annotated[
        int, typer.Option(min=2, max=100, help="How many of your pictures it goes through.")
    ] = 8,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long it is.")] = 8.0,
    fps: Annotated[float, typer.Option(min=1, max=60, help="Frames a second.")] = 25.0,
    seed: Annotated[int, typer.Option(min=0, help="Another number chooses other pictures.")] = 0,
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Film a walk through random ones of your pictures and what lies between them."""
    if out.suffix:
        check_film(out.suffix.lower(), fps, round(seconds * fps))
    if out.suffix.lower() == ".mp4":
        require_ffmpeg()
    model, posteriors, _ = _load_with_posteriors(target, run, json_output)
    from training.walk import Walk, write_walk

    walk = Walk(PathSettings(kind, closed, seconds=seconds), stops, seed, fps)
    with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
        if not write_walk(model, posteriors.means, out, walk, control=control, on_progress=bars.show_frames):
            raise VaeError("Stopped before the film was whole.", kept="Nothing was written.")
    _print_written(out, json_output)


@telling_problems
def replay_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "--output", help="The film to write: .gif, .webp, .mp4; or a new folder."),
    ],
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Film how the latent map came about, step by step, as the training kept it."""
    if out.suffix:
        check_film(out.suffix.lower(), fps=1, count=1)
    if out.suffix.lower() == ".mp4":
        require_ffmpeg()
    with Project.open(known_project(target), write=False) as project:
        meant, pictures = meant_run(project, run), project.pictures()
    from training.replay_maps import write_replay

    with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
        if not write_replay(meant, pictures, out, control=control, on_progress=bars.show_frames):
            raise VaeError("Stopped before the film was whole.", kept="Nothing was written.")
    _print_written(out, json_output)


@telling_problems
def save_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write (.vae).")],
    title: Annotated[str, typer.Option(help="Its title; by default the name of the source folder.")] = "",
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Save a trained model to one file to share: with where the pictures lie, without the pictures."""
    check_name(out)
    with Project.open(known_project(target), write=False) as project:
        meant = meant_run(project, run)
        from training.sharing import share

        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            shared = share(project, out, title, control, bars.show_encoding, run=meant)
    if json_output:
        print_json({"out": str(out), "title": shared.about.title, "posteriors": len(shared.posteriors)})
        return
    print_text(f"Wrote {out}")
    print_text("It contains the model and where the pictures lie, not the pictures.")


@telling_problems
def export_command(
    target: Trained,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help=f"{', '.join(EXPORT_FORMATS)}.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "--out",
            help="The file or folder to write; by default here, named after the pictures.",
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Its title; by default the name of the source folder.")] = "",
    points: Annotated[
        bool, typer.Option(help="Show on a web page where the pictures lie, as dots without names.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there already.")] = False,
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Take a trained model elsewhere: as a web page to explore it, or as a network for other programs.

    html is one page that draws pictures live in any browser.
    onnx, savedmodel and litert hold the decoder (latent to picture, 0 to 1)
    and the encoder (picture to mean and log_variance).
    """
    meant = export_format(to)
    if out is not None:
        meant.check_target(out, replace=force)
    shared = _to_hand_on(target, run, title, json_output)
    path = out or Path(meant.file_name(shared.about.title))
    from training.exporting import export

    difference = export(shared, meant, path, replace=force, with_points=points)
    if json_output:
        print_json({"out": str(path), "to": meant.name, "largest_difference": difference})
        return
    print_text(f"Wrote {path}")
    print_text(f"Checked: it computes what the program does, to within {difference:.1g}.")


def _to_hand_on(target: str, wanted_run: str | None, title: str, quiet: bool) -> SharedModel:
    """A trained model with where its pictures lie."""
    if _is_shared_model(target, wanted_run):
        shared = read_vae(Path(target))
        named = replace(shared.about, title=title_from(title)) if title else shared.about
        return replace(shared, about=named)
    with Project.open(known_project(target), write=False) as project:
        meant = meant_run(project, wanted_run)
        from training.sharing import model_of

        with ProgressBars(quiet) as bars, stopping_on_interrupt() as control:
            return model_of(project, title, control, bars.show_encoding, run=meant)


@telling_problems
def inspect_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.vae", help="A model that was saved to share.")],
    json_output: AsJson = False,
) -> None:
    """Check a file with a shared model, and tell what it says of itself."""
    shared = read_vae(file)
    about, model = shared.about, shared.about.model
    height, width, _ = shared.preview.shape
    found: dict[str, Any] = {
        "title": about.title,
        "created": about.created.isoformat(),
        "program": about.program,
        "size": model.size,
        "channels": model.channels,
        "latent_dim": model.latent_dim,
        "likelihood": model.likelihood,
        "parameters": shared.parameters,
        "pictures": about.pictures,
        "posteriors": len(shared.posteriors),
        "epochs": about.epochs,
        "preview": [width, height],
        "digest_matches": True,  # else it would not have been read
        "held_out": None if about.figures is None else about.figures.as_json(),
    }
    if json_output:
        print_json(found)
        return
    held_out = found.pop("held_out")
    print_table(found | {"preview": f"{width}×{height}"})
    print_table(held_out or {}, "Held-out pictures, nats each (lower is better):")


def _print_written(out: Path, json_output: bool) -> None:
    if json_output:
        print_json({"out": str(out)})
    else:
        print_text(f"Wrote {out}")


MODEL_COMMANDS: dict[str, Callable[..., None]] = {
    "encode": encode_command,
    "decode": decode_command,
    "map": map_command,
    "walk": walk_command,
    "replay": replay_command,
    "save": save_command,
    "export": export_command,
    "inspect": inspect_command,
}
