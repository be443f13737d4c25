"""Training on several computers: each is a worker, and the chief among them keeps what is learnt."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from training import __version__
from training.backend import tf
from training.cluster import Cluster
from training.config import TrainConfig
from training.errors import VaeError
from training.events import Control, RunResult
from training.fit import OnTraining, train
from training.project import Project
from training.run import Run
from training.workers import Team, gather, join


def train_as_chief(
    project: Project,
    run: Run,
    team: Team,
    on_progress: OnTraining,
    control: Control,
    *,
    length: TrainConfig | None = None,
    on_wait: Callable[[int], None] = lambda _missing: None,
) -> RunResult:
    """Train a run together with other workers, and keep it; see :func:`training.fit.train`.

    Args:
        on_wait: told how many workers have yet to come.

    Raises:
        VaeError: also when the others do not come, or one of them is lost.
    """
    notes = {"length": None if length is None else length.to_json()}
    gather(team, _alike(project), run.path, notes, control=control, on_wait=on_wait)
    cluster = Cluster.of_team(team)
    return train(project, run, on_progress, control, length=length, cluster=cluster)


def train_as_worker(project: Project, team: Team, on_progress: OnTraining, control: Control) -> RunResult:
    """Train along with the chief, by its settings; nothing is kept here, and the project is only read.

    Raises:
        VaeError: also when the chief does not come, has other pictures, or a worker is lost.
    """
    with TemporaryDirectory(prefix="vae-worker-") as folder:
        path, notes = join(team, _alike(project), Path(folder), control)
        length = None if notes.get("length") is None else TrainConfig.from_json(notes["length"])
        cluster = Cluster.of_team(team)
        return train(project, Run.open(path), on_progress, control, length=length, cluster=cluster)


def _alike(project: Project) -> Mapping[str, str]:
    """What has to be the same on all workers."""
    return {
        "version of VAE Desktop": __version__,
        "pictures": _pictures_digest(project),
        "number of graphics cards": str(len(tf.config.list_physical_devices("GPU"))),
    }


def _pictures_digest(project: Project) -> str:
    with project.index() as index:
        rows = index.execute(
            "SELECT id, sha256, held_out FROM pictures WHERE status = 'used' ORDER BY id"
        ).fetchall()
    if not rows:
        raise VaeError("This project has no pictures yet.", advice="Import a folder first.")
    return hashlib.sha256(repr((project.image_format, rows)).encode()).hexdigest()
