"""What is pointed at on the plane: a picture, a handle or an empty place, and what there is to tell of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from training.config import ModelConfig
from training.language import number, tr
from training.posteriors import Posteriors
from vae_desktop.explain_bars import picture_parts
from vae_desktop.explain_figures import KlCosts, is_point
from vae_desktop.explain_panel import Shown
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line
from vae_desktop.plane_session import Latent, PlaneSession
from vae_desktop.plane_view import signed

_MOST_NUMBERS = 6


@dataclass(frozen=True, eq=False)
class Subject:
    """Something that is pointed at.

    Attributes:
        latent: what is decoded for it.
        shown: what is told; ``decoded`` is the place of its decoding among the pictures.
        picture: which of the person's it is; −1 for none.
        posterior: of that picture, one row.
    """

    latent: Latent
    shown: Shown
    decoded: int
    picture: int = -1
    posterior: Posteriors | None = None


def about_picture(session: PlaneSession, picture: int, model: ModelConfig | None) -> Subject | None:
    """Of one of the person's pictures; None where it is not known where it lies."""
    where = session.where
    row = where.row_of(picture)
    if row is None:
        return None
    posterior = where.posteriors[row : row + 1]
    points = is_point(posterior)
    weights = (1.0, 1.0) if model is None else model.kl_weights
    own, drawn = _own(session, picture), (tr("reconstruction"), None)
    pictures = (drawn,) if own is None else ((tr("yours"), own), drawn)
    if points:
        words = tr("The encoder gives this picture a point μ, and no σ: it is an autoencoder's.")
    elif model is not None and model.parts.encoding == "constant":
        words = tr("The encoder gives this picture a μ of its own; σ is the same for all pictures here.")
    else:
        words = tr(
            "The encoder gives this picture a distribution of its own: around μ, give or take σ. Its ellipse"
            " on the plane shows 1 σ and 2 σ."
        )
    shown = Shown(
        _name(session, picture),
        (words,),
        _numbers(posterior, has_sigma=not points),
        pictures,
        tuple(picture_parts(KlCosts.of(posterior), weights, is_point=points)),
        has_dice=not points,
    )
    mean: Latent = tuple(posterior.means[0].astype(np.float64).tolist())
    return Subject(mean, shown, len(pictures) - 1, picture, posterior)


def about_place(session: PlaneSession, place: tuple[float, float]) -> Subject | None:
    """Of a place of the plane; None where no picture is known."""
    latent = session.where.slice.latent(np.array(place))
    if not len(session.where.numbers):
        return None
    lines, pictures, decoded = _surroundings(session, latent)
    title = tr("An empty place: {place}", place=tr(", ").join(signed(value, 2) for value in place))
    return Subject(tuple(latent.tolist()), Shown(title, lines, pictures=pictures), decoded)


def about_handle(session: PlaneSession, handle: int) -> Subject | None:
    """Of a handle."""
    if handle not in session.window.plane.handles:
        return None
    latent = session.where.latent(handle)
    words = tr(
        "A handle holds {count} numbers z, and the decoder turns them into a picture: that is decoding. It is"
        " none of yours, but what the model has learnt to draw hereabouts.",
        count=len(latent),
    )
    found = session.where.picture_at(session.where.place(handle))
    if found is not None:
        lines: tuple[str, ...] = (words, tr("It lies exactly on {name}.", name=_name(session, found)))
        pictures: tuple[tuple[str, QImage | None], ...] = ((tr("decoded"), None),)
        decoded = 0
    elif len(session.where.numbers):
        around, pictures, decoded = _surroundings(session, np.array(latent))
        lines = (words, *around)
    else:
        lines, pictures, decoded = (words,), ((tr("decoded"), None),), 0
    return Subject(
        latent, Shown(session.window.plane.handle_title(handle), lines, pictures=pictures), decoded
    )


def _surroundings(
    session: PlaneSession, latent: NDArray[np.float64]
) -> tuple[tuple[str, ...], tuple[tuple[str, QImage | None], ...], int]:
    """Which pictures a point lies between, in words; they and the decoding, and where that stands."""
    where = session.where
    found = where.surroundings.nearest(latent)
    if found is None:
        return (), ((tr("decoded"), None),), 0
    row, distance = found
    first = int(where.numbers[row])
    other = _opposite(where.means, latent, row)
    far = number(distance, ".2f")
    if where.surroundings.is_empty_at(latent):
        line = tr(
            "No picture is near: the nearest, {name}, is {distance} away. Nothing was taught here, so what is"
            " drawn is a guess.",
            name=_name(session, first),
            distance=far,
        )
    elif other is None:
        line = tr("At the edge, {distance} from {name}.", distance=far, name=_name(session, first))
    else:
        line = tr(
            "Between {name}, {distance} away, and {other}, {beyond} away.",
            name=_name(session, first),
            distance=far,
            other=_name(session, int(where.numbers[other[0]])),
            beyond=number(other[1], ".2f"),
        )
    pictures: list[tuple[str, QImage | None]] = [(tr("decoded"), None)]
    if (own := _own(session, first)) is not None:
        pictures.insert(0, (tr("nearest"), own))
    if other is not None and (own := _own(session, int(where.numbers[other[0]]))) is not None:
        pictures.append((tr("opposite"), own))
    return (line,), tuple(pictures), [caption for caption, _image in pictures].index(tr("decoded"))


def _opposite(
    means: NDArray[np.float32], latent: NDArray[np.float64], nearest: int
) -> tuple[int, float] | None:
    """The nearest mean on the other side of a point than the one nearest to it, and how far it is."""
    off = means - latent.astype(np.float32)
    distances = np.where(off @ off[nearest] < 0, np.linalg.norm(off, axis=1), np.inf)
    row = int(distances.argmin())
    return (row, float(distances[row])) if np.isfinite(distances[row]) else None


def _numbers(posterior: Posteriors, *, has_sigma: bool) -> tuple[str, ...]:
    mean, sigma = posterior.means[0].tolist(), posterior.sigmas[0].tolist()
    # Those that tell most of this picture.
    order = sorted(np.argsort(-np.abs(posterior.means[0]))[:_MOST_NUMBERS].tolist())
    lines = []
    for axis in order:
        line = f"z{axis + 1}   μ = {signed(mean[axis], 2)}"
        lines.append(f"{line}   σ = {number(sigma[axis], '.3g')}" if has_sigma else line)
    if len(mean) > len(order):
        lines.append(tr("… and {count} more", count=len(mean) - len(order)))
    if posterior.correlations is not None and len(mean) == 2:
        lines.append(tr("tilt: correlation {value}", value=signed(float(posterior.correlations[0, 0]), 2)))
    return tuple(lines)


def _own(session: PlaneSession, picture: int) -> QImage | None:
    pictures = session.pictures
    return to_qimage(pictures.pixels(picture)) if pictures.store is not None else None


def _name(session: PlaneSession, picture: int) -> str:
    return one_line(session.pictures.name(picture)) or tr("picture {number}", number=picture + 1)
