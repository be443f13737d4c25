"""The thread that writes films, one after the other, so that nothing else waits for them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.events import Control
from training.run import Run
from training.timeline import Timeline, take_first
from vae_desktop.lane import Lane
from vae_desktop.replay_film import FPS, Decode, ReplayFilm, replay_frames


class FilmLane(QObject):
    """Writes films with a network of its own: what is shown and trained goes on.

    Args:
        sentence: what to tell of an error.
    """

    progress = Signal(int)  # frames that are done
    ended = Signal(object, bool, str)  # the path, whether it is written, why not if it failed

    def __init__(self, sentence: Callable[[Exception], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sentence = sentence
        self._control = Control()
        self._is_gated = False
        self._lane = Lane("film", lambda _error: None)

    def save(self, run: Run, film: ReplayFilm, path: Path) -> None:
        """Write the film of a run's replay; a path without an ending is a new folder for its frames."""
        control = self._control = Control()
        control.gate(self._is_gated)

        def tell(error: Exception) -> None:
            self.ended.emit(path, False, self._sentence(error))

        self._lane.submit(lambda: self._save(run, film, path, control), tell)

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag: the film waits before its next frame."""
        self._is_gated = closed
        self._control.gate(closed)

    def stop(self) -> None:
        """Give up the film that is being written; nothing of it is kept."""
        self._control.stop()

    def close(self) -> None:
        """Give up the film, and end the thread."""
        self.stop()
        self._lane.close()

    def _save(self, run: Run, film: ReplayFilm, path: Path, control: Control) -> None:
        from training.film import write_frames

        frames, count = _gently(replay_frames(film, _kept_decoders(run)), control), len(film.shares)
        written = write_frames(path, frames, FPS, self.progress.emit, control, count=count)
        self.ended.emit(path, written, "")


def _kept_decoders(run: Run) -> Callable[[Sequence[int]], Decode | None]:
    """What decodes with weights that a run kept, see :func:`vae_desktop.replay_film.replay_frames`."""
    from training.latent import LatentModel

    model, timeline = LatentModel(run.model), Timeline(run.path)

    def decode_with(steps: Sequence[int]) -> Decode | None:
        return model.decode if take_first(timeline.readable_weights(steps), model.set_weights) else None

    return decode_with


def _gently(frames: Iterator[NDArray[np.uint8]], control: Control) -> Iterator[NDArray[np.uint8]]:
    for frame in frames:
        yield frame
        control.wait_while_held()
