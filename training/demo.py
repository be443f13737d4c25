"""What a training came to, as files to look at, for machines without a display."""

from pathlib import Path

import numpy as np

from training.errors import VaeError
from training.events import RunResult
from training.files import write_json
from training.latent import all_posteriors, load_model
from training.project import Project
from training.run import Run
from training.sheets import latent_map, reconstruction_sheet
from training.stills import save_image
from training.walk import Walk, write_walk

SHOWN = 64  # pictures on the reconstruction sheet


def write_results(project: Project, result: RunResult, out: Path) -> list[Path]:
    """Write a latent map, a reconstruction sheet, a walk as GIF and the held-out figures to ``out``.

    Returns:
        The files written.

    Raises:
        VaeError: when ``out`` cannot be written to.
    """
    out = out.resolve()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VaeError(f"{out} cannot be made: {error.strerror or error}.") from error
    run = Run.open(result.run)
    model, pictures = load_model(run), project.pictures()
    posteriors = all_posteriors(run, model, pictures)
    if posteriors is None:  # only a control can stop it, and there is none
        raise VaeError("The pictures were not encoded.")
    held_out = np.flatnonzero(pictures.held_out)
    shown = held_out[:: max(len(held_out) // SHOWN, 1)][:SHOWN]
    files = [out / name for name in ("latent-map.png", "reconstructions.png", "walk.gif", "held-out.json")]
    save_image(latent_map(model, posteriors, pictures.held_out), files[0])
    save_image(reconstruction_sheet(model, pictures.read(shown)), files[1])
    write_walk(model, posteriors.means, files[2], Walk())
    figures = None if result.held_out is None else result.held_out.as_json()
    write_json(files[3], {"run": str(result.run), "epochs": result.epochs, "held_out": figures})
    return files
