"""Made-up figures of studies, with known answers."""

import dataclasses
import os
import threading

import numpy as np
from PIL import Image

from training.errors import VaeError
from training.estimate import Estimate
from training.events import StudyProgress
from training.files import write_json
from training.objectives import OBJECTIVE_NAMES
from training.plane_map import PlaneMap, packed
from training.project import Project
from training.study_figures import Findings
from training.study_pictures import png_of
from training.study_plan import MAPS_FILE, PLANE_FILE, RESULT_FILE, Plan, Wish, begin, new_folder
from training.study_table import BY_NAME


def findings(figures, failures=None):
    """Of {arm: {name: values by seed}}; a value may be an Estimate."""
    arms = tuple(arm for arm in OBJECTIVE_NAMES if arm in figures or arm in {a for a, _ in failures or ()})
    seeds = max(len(values) for named in figures.values() for values in named.values())
    by_seed = {
        (arm, name): {
            seed: value if isinstance(value, Estimate) else Estimate(value)
            for seed, value in enumerate(values)
        }
        for arm, named in figures.items()
        for name, values in named.items()
    }
    return Findings(arms, seeds, by_seed, failures or {})


def plan(arms=("autoencoder", "vae"), seeds=2, command="vae study pictures"):
    return Plan(
        wish=Wish(tuple(arms), seeds, None, 3, 2, "0" * 64),
        epochs=3,
        steps=30,
        batch_size=16,
        precision="float32",
        xla=False,
        cell_seconds=10.0,
        learnt=160,
        held_out=20,
        created="2026-01-02T03:04:05+00:00",
        command=command,
        machine="Linux x86_64, 2 cores",
        versions={"python": "3.11"},
    )


def result(arm, seed, figures, failure=""):
    """What is kept of a training, see training.study_plan; figures are values by name."""
    kept = [
        {"name": name, **Estimate(value).to_json(), "count": 1, "note": ""} for name, value in figures.items()
    ]
    return {
        "arm": arm,
        "seed": seed,
        "failure": failure,
        "epochs": 3,
        "training_seconds": 4.0,
        "seconds": 5.0,
        "figures": kept,
    }


def finish(cell, failure=""):
    """Leave what a training leaves; figures are 1 of all arms but the VAE, whose are 2."""
    figures = {} if failure else dict.fromkeys(BY_NAME, 1.0 + (cell.arm == "vae"))
    cell.path.mkdir(exist_ok=True)
    if cell.seed == 0:
        ratio = PlaneMap("log_ratio", np.zeros((4, 4), np.float32), np.zeros(2), 1.0)
        (cell.path / MAPS_FILE).write_bytes(packed([ratio]))
        (cell.path / PLANE_FILE).write_bytes(png_of(Image.new("RGB", (8, 8), "red")))
    write_json(cell.path / RESULT_FILE, result(cell.arm, cell.seed, figures, failure))


def begun(order):
    """The study of an order, planned without a probe."""
    if order.study is not None:
        return order.study
    with Project.open(order.project, write=False) as project:
        made_up = dataclasses.replace(plan(), wish=order.wish, command=order.command)
        return begin(new_folder(project), made_up)


# In the place of study_job.do_some, in a process of its own.


def half_at_first(tell, control, order):
    """Does one training of a new study and waits to be stopped amid the next; the second time, all."""
    study = begun(order)
    tell(study)
    cells = list(study.cells)
    for number, cell in enumerate(cells):
        if cell.result is not None:
            continue
        tell(StudyProgress(number, len(cells), cell.arm, cell.seed, "made up", 60.0))
        if order.study is None and number == 1:
            control.gate(True)
            control.wait_while_held()
            return False
        finish(cell)
    return True


def never_ending(tell, _control, order):
    """Tells its process's number in the place of an objective's name, and does not listen."""
    study = begun(order)
    tell(study)
    finish(next(iter(study.cells)))
    tell(StudyProgress(1, len(list(study.cells)), str(os.getpid()), 0, "made up", None))
    threading.Event().wait()


def full_disk(_tell, _control, _order):
    raise VaeError("The disk is full.", kept="What was done is kept.", advice="Free some space.")
