"""A replay as the frames of a film: the plane drawn off screen, with the step below it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from training.language import tr
from training.plane_basis import PlaneBasis, PlaneSlice
from training.replay import Moment, Replay
from vae_desktop.plain_words import exact_duration, one_line
from vae_desktop.plane_furniture import RULER_BOTTOM, RULER_LEFT
from vae_desktop.plane_layers import area_of
from vae_desktop.plane_points import PointCloud, cloud
from vae_desktop.plane_scene import PlaneScene
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import mix
from vae_desktop.tile_grid import blocks_over, fine_level

FPS = 20
REST_SECONDS = 1.0  # at the end, before a film begins again
_SIDE = 540  # of a frame in the pixels that sizes of text and dots are told in
_CAPTION = 34  # of them below the plane

Decode = Callable[[NDArray[np.floating]], NDArray[np.uint8]]  # points [n, d] to pictures [n, S, S, C]
DecodeWith = Callable[[Sequence[int]], Decode | None]


@dataclass(frozen=True)
class ReplayFilm:
    """What a film of a replay shows.

    Attributes:
        title: of the training.
        side: of a frame, pixels; even.
        seconds: how long the training takes in it.
        view: which part of the plane is looked at.
        scene: how it looks; one's own pictures are shown as points, whatever its mode.
        basis, plane: the plane that is seen, and the slice of the latent space that is decoded.
        held_out: bool [pictures of the project].
    """

    replay: Replay
    title: str
    side: int
    seconds: float
    view: PlaneView
    scene: PlaneScene
    basis: PlaneBasis
    plane: PlaneSlice
    held_out: NDArray[np.bool_]

    @property
    def shares(self) -> list[float]:
        """Of the way from the first kept step to the last one, one a frame."""
        moving = max(round(self.seconds * FPS), 2)
        return [number / (moving - 1) for number in range(moving)] + [1.0] * round(REST_SECONDS * FPS)


def replay_frames(film: ReplayFilm, decode_with: DecodeWith) -> Iterator[NDArray[np.uint8]]:
    """The frames, uint8 [side, side, 3]; to be drawn on any one thread.

    Args:
        decode_with: what decodes with kept weights, told the steps of which they are, the best ones first;
            None where none of them can be read.
    """
    view = film.view.placed(RULER_LEFT, 0, _SIDE - RULER_LEFT, _SIDE - RULER_BOTTOM - _CAPTION)
    scene = film.scene.emptied()
    drawn_with: int | None = None
    for share in film.shares:
        at = film.replay.at_share(share)
        steps = film.replay.weights_near(at)
        if scene.has_backdrop and steps and steps[0] != drawn_with:
            drawn_with = steps[0]
            decode = decode_with(steps)
            if decode is not None:
                _draw_tiles(scene, view, film.plane, decode)
        moment = film.replay.moment(at)
        scene.cloud = _cloud(film, moment)
        yield _painted(film, scene, view, moment, share)


def _draw_tiles(scene: PlaneScene, view: PlaneView, plane: PlaneSlice, decode: Decode) -> None:
    """Have all tiles of the view, which take the places of those before."""
    pyramid = scene.pyramid
    side = pyramid.side or decode(plane.latent(np.zeros((1, 2)))).shape[1]
    for block in blocks_over(view.extent, fine_level(view, side)):
        pictures = decode(plane.latent(block.centres.reshape(-1, 2)))
        pyramid.put(block, pictures.reshape(*block.centres.shape[:2], *pictures.shape[1:]), 1)


def _cloud(film: ReplayFilm, moment: Moment) -> PointCloud:
    sigmas, angles = film.basis.ellipses(moment.posteriors)
    means, numbers = film.basis.on_plane(moment.posteriors.means), moment.numbers
    return cloud(means, sigmas, film.held_out[numbers], numbers, angles)


def _painted(
    film: ReplayFilm, scene: PlaneScene, view: PlaneView, moment: Moment, share: float
) -> NDArray[np.uint8]:
    image = QImage(film.side, film.side, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(film.side / _SIDE)
    image.fill(scene.colours.ground)
    with QPainter(image) as painter:
        painter.setClipRect(area_of(view))
        scene.draw_tiles(painter, view)
        scene.draw_marks(painter, view)
        painter.setClipping(False)
        scene.draw_furniture(painter, view)
        _draw_caption(painter, film, scene, moment, share)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(film.side, film.side, 4)
    return np.ascontiguousarray(pixels[..., 2::-1])  # Qt has blue first


def _draw_caption(
    painter: QPainter, film: ReplayFilm, scene: PlaneScene, moment: Moment, share: float
) -> None:
    """Draw the step and the title, below a line that tells how far it is."""
    top, margin = _SIDE - _CAPTION, 10.0
    line = QRectF(margin, top + 4, _SIDE - 2 * margin, 0)
    rest = mix(scene.colours.text, scene.colours.ground, 0.82)
    for end, colour, width in ((1.0, rest, 1.5), (share, scene.colours.accent, 2.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(line.topLeft(), QPointF(line.left() + end * line.width(), line.top()))
    place = QRectF(margin, top + 6, line.width(), _CAPTION - 8)
    painter.setFont(scene.font)
    painter.setPen(scene.colours.text)
    middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    words = tr("step {step:,} · {time}", step=moment.step, time=exact_duration(moment.seconds))
    painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, words)
    room = int(place.width() - painter.fontMetrics().horizontalAdvance(words) - 2 * margin)
    title = painter.fontMetrics().elidedText(one_line(film.title), Qt.TextElideMode.ElideRight, room)
    painter.setPen(scene.colours.quiet)
    painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, title)
