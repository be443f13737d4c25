"""Taking a trained model elsewhere: in one of the formats, checked, all of it or nothing."""

from collections.abc import Mapping
from pathlib import Path

from training.export_formats import ExportFormat
from training.files import write_atomically
from training.portable import Expected, write_litert, write_onnx, write_saved_model
from training.sharing import open_shared
from training.vae_file import About, SharedModel
from training.web_page import web_page

_WRITERS = {"onnx": write_onnx, "savedmodel": write_saved_model, "litert": write_litert}


def export(
    shared: SharedModel, to: ExportFormat, path: Path, *, replace: bool = False, with_points: bool = True
) -> float:
    """Write a model in another format.

    Args:
        to: the format.
        path: the file or, of a format that is one, the folder.
        replace: whether what is at ``path`` may be replaced.
        with_points: whether a web page shows where the pictures lie.

    Returns:
        By how much it differs from what the program itself computes: of a picture in 0 to 1, at most.

    Raises:
        VaeError: when it cannot be written, is not allowed to be, a package is missing, or it computes
            something else than the program. What was at ``path`` is then as it was.
    """
    to.check_target(path, replace=replace)
    model = open_shared(shared)
    if to.name == "html":
        page, difference = web_page(shared, model, with_points=with_points)
        write_atomically(path, page)
        return difference
    return _WRITERS[to.name](path, model, Expected.of(model, shared.posteriors.means), _words(shared.about))


def _words(about: About) -> Mapping[str, str]:
    """What an export tells of itself."""
    model = about.model
    return {
        "title": about.title,
        "made with": f"VAE Desktop ({about.program})",
        "picture": f"float32 [n, {model.size}, {model.size}, {model.channels}], from 0 to 1, "
        + ("grey" if model.channels == 1 else "sRGB"),
        "latent": f"float32 [n, {model.latent_dim}]; the prior is the standard normal distribution",
        "decode": "latent → picture",
        "encode": "picture → mean, log_variance: of the posterior, float32 [n, latent]",
        "size": str(model.size),
        "channels": str(model.channels),
        "latent_dim": str(model.latent_dim),
        "trained on": f"{about.pictures} pictures",
    }
