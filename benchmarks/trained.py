"""Makes a project with a trained model: `python -m benchmarks.trained FOLDER SIZE PICTURES`.

In a process of its own, because what is measured afterwards must not have TensorFlow loaded already.
"""

import sys
from pathlib import Path

from benchmarks.child import Child, Parent
from benchmarks.scratch import make_project
from training.config import TrainConfig
from training.project import Project


def make_trained_project(folder: Path, size: int, count: int) -> Path:
    """A project of ``count`` pictures with one epoch learnt and all posteriors kept. Returns its folder."""
    with Child("benchmarks.trained", str(folder), str(size), str(count)) as child:
        return Path(child.answer()["project"])


def _make(folder: Path, size: int, count: int) -> Path:
    from training.fit import train
    from training.latent import all_posteriors, load_model
    from training.runs import start_run

    path = make_project(folder, size, count)
    with Project.open(path, write=True) as project:
        run = start_run(project, TrainConfig(epochs=1))
        train(project, run)
        all_posteriors(run, load_model(run), project.pictures())
    return path


if __name__ == "__main__":
    answers = Parent()
    answers.answer(project=str(_make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
