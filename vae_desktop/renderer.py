"""Longer work with a copy of the model that is shown: what is shown and dragged goes on meanwhile."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.config import ModelConfig
from training.errors import VaeError
from training.events import Control
from training.language import tr
from vae_desktop.lane import Lane

if TYPE_CHECKING:
    from training.latent import LatentModel

Values = Mapping[str, NDArray[np.float32]]
RenderJob = Callable[["LatentModel", Control], None]


class Renderer:
    """Does jobs one after the other, each with the weights of the moment in which it was submitted.

    Args:
        make_model: called on a thread of ours, for a model of another network than before.
        sentence: what to tell of something that a job raised.
    """

    def __init__(
        self,
        make_model: Callable[[ModelConfig, Values], "LatentModel"],
        sentence: Callable[[Exception], str],
    ) -> None:
        self._sentence = sentence
        self._shown: tuple[ModelConfig, Values] | None = None
        self._gated = False
        self._controls: list[Control] = []
        # Minutes of exporting must not hold up what a person waits for.
        self._short, self._long = _Worker("render", make_model), _Worker("export", make_model)

    def show(self, config: ModelConfig, values: Values) -> None:
        """These weights are shown from now on; may be called from any thread."""
        self._shown = config, values

    def forget(self) -> None:
        """Nothing is shown any more; jobs that were submitted go on."""
        self._shown = None

    def submit(self, job: RenderJob, failed: Callable[[str], None], *, is_long: bool = False) -> Control:
        """Do a job in the background.

        Args:
            job: gets a model that is its own until it returns, and ends soon once its control says so.
            failed: told in a sentence what it raised, on the job's thread.
            is_long: whether it takes more than seconds; it holds up none that does not.

        Returns:
            What stops the job.

        Raises:
            VaeError: no model is shown.
        """
        if self._shown is None:
            raise VaeError(tr("There is no model yet to draw with."), advice=tr("Train first."))
        config, values = self._shown
        control = Control()
        control.gate(self._gated)
        self._controls = [each for each in self._controls if not each.should_stop] + [control]
        worker = self._long if is_long else self._short

        def work() -> None:
            try:
                if not control.should_stop:
                    job(worker.model(config, values), control)
            finally:
                control.stop()  # so that it is forgotten

        worker.lane.submit(work, lambda error: failed(self._sentence(error)))
        return control

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag."""
        self._gated = closed
        for control in self._controls:
            control.gate(closed)

    def close(self) -> None:
        """Stop all jobs, wait for those that run, and end the threads."""
        for control in self._controls:
            control.stop()
        self._short.lane.close()
        self._long.lane.close()


class _Worker:
    """A thread with the model that it used last."""

    def __init__(self, name: str, make_model: Callable[[ModelConfig, Values], "LatentModel"]) -> None:
        self.lane = Lane(name, lambda _error: None)  # every job has a listener of its own
        self._make_model = make_model
        self._model: LatentModel | None = None

    def model(self, config: ModelConfig, values: Values) -> "LatentModel":
        """A model with these weights; to be called on the thread."""
        if self._model is None or self._model.config != config:
            self._model = self._make_model(config, values)
        self._model.set_weights(values)
        return self._model
