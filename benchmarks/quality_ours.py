"""Our process in `quality`: `python -m benchmarks.quality_ours FOLDER SECONDS EVERY SEED`.

The program's own `train` on the project, as long as SECONDS. Its clock pays for all that it does by itself:
judging every epoch, averaging weights, snapshots, checkpoints. It is judged by what it shows: its averaged
weights while it trains, and at the end by the weights that it keeps.
"""

import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.child import Parent
from benchmarks.quality_judge import Floats, Judge, Stopwatch
from benchmarks.quality_pictures import Pictures
from training.backend import tf
from training.config import ModelConfig, TrainConfig
from training.events import Control, EpochRecord, Snapshot, TrainProgress
from training.fit import train
from training.latent import assign_weights
from training.model import VAE
from training.project import Project
from training.run import load_weights
from training.runs import start_run
from training.tensors import Tensors


class Ours:
    """Our network with given weights."""

    def __init__(self, config: ModelConfig) -> None:
        self._vae = VAE(config)
        self.posterior = tf.function(self._posterior, autograph=False, reduce_retracing=True)
        self._draw = tf.function(
            lambda points: tf.sigmoid(self._vae.decoder(points)), autograph=False, reduce_retracing=True
        )

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(int(np.prod(weight.shape)) for weight in self._vae.trainable_variables)

    def take(self, weights: Tensors) -> None:
        """Have these weights from now on."""
        assign_weights(self._vae, weights)

    def decode(self, points: Floats) -> Floats:
        """What is drawn at points."""
        return self._draw(points).numpy()

    def _posterior(self, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = self._vae.posterior(pixels)
        return found.mean, found.log_variance()


class Judged(Control):
    """Judges what a training shows whenever it is time to, and holds it meanwhile.

    By the training's own clock, which stands still while it is held, and which itself ends the training.

    Args:
        every: seconds of training from one judgement to the next.
        judge: told how many seconds were trained, and which weights are shown.
    """

    def __init__(self, every: float, judge: Callable[[float, Tensors], None]) -> None:
        super().__init__()
        self._seconds = 0.0
        self._shown: Tensors = {}
        self._stopwatch = Stopwatch(
            math.inf, every, lambda spent: judge(spent, self._shown), now=lambda: self._seconds
        )

    def listen(self, event: TrainProgress | EpochRecord | Snapshot) -> None:
        """What the training tells."""
        if isinstance(event, TrainProgress):
            self._seconds = event.seconds
        elif isinstance(event, Snapshot):
            self._shown = event.weights

    def wait_while_held(self) -> bool:
        """The training asks between two steps."""
        return self._stopwatch.judge_if_due()


def main() -> None:
    """Train; answer with figures every so often, and with the kept weights' at the end."""
    folder, seconds, every, seed = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    parent = Parent()
    pictures = Pictures.load(folder)
    judge = Judge(pictures)
    with Project.open(folder / "project", write=True) as project:
        run = start_run(project, TrainConfig(minutes=seconds / 60.0, seed=seed))
        ours = Ours(run.model)

        def tell(spent: float, weights: Tensors) -> None:
            ours.take(weights)
            parent.answer(seconds=spent, **judge.figures(ours).as_json())

        judged = Judged(every, tell)
        result = train(project, run, judged.listen, judged, snapshot_pictures=1)
        ours.take(load_weights(run))
    facts = {
        "dead_share": judge.dead_share(ours),
        "parameters": ours.parameters,
        "images_per_second": result.images_per_second,
    }
    if pictures.margin:
        facts["elbo_with_margin"] = Judge(pictures, whole=True).figures(ours).elbo
    parent.answer(seconds=result.seconds, **judge.figures(ours).as_json(), facts=facts)


if __name__ == "__main__":
    main()
