"""A study: the same training with one part of the objective after the other, and how it is kept.

    PROJECT/studies/study-001/plan.json        what is trained, for how long, how it is computed, by what
    PROJECT/studies/study-001/vae-0/           a cell: an objective (an *arm* of the study) with a seed
                              …/result.json    what it came to; a cell that has one is done
                              …/maps.npz       maps of the plane, see :mod:`training.plane_map`
                              …/plane.png      drawings all over the prior, of the first seed
                              …/run-001/       the training; of later seeds without weights, once it is done
    PROJECT/studies/study-001/report.html …    table and report

A study's trainings are not among the project's: dozens of them would bury those that somebody made to use.
"""

import datetime
import hashlib
import itertools
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.files import read_json, write_json
from training.measures import SETTINGS
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES, ObjectiveName
from training.pixel_store import PixelStore
from training.project import Project
from training.run import program_versions
from training.setting_help import Precision

STUDIES_FOLDER, PLAN_FILE, RESULT_FILE = "studies", "plan.json", "result.json"
MAPS_FILE, PLANE_FILE = "maps.npz", "plane.png"
MOST_SEEDS = 100
FIRST_SEED = 0
_FORMAT = 1
_ANY_SIZE = 32


@dataclass(frozen=True)
class Wish:
    """What a study is asked for; another one with the same wish goes on with it.

    Attributes:
        arms: objectives, in the order of :data:`OBJECTIVES`.
        seeds: how many trainings of each, with seeds 0, 1, …
        minutes: for all together, measuring included, or None.
        epochs: of each training, or None; one of both is given.
        latent_dim: numbers that a picture is encoded in.
        pictures: a digest of which pictures the project has and which are held out.
    """

    arms: tuple[ObjectiveName, ...]
    seeds: int
    minutes: float | None
    epochs: int | None
    latent_dim: int
    pictures: str

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise VaeError(f"A study takes 1 to {MOST_SEEDS} seeds, not {self.seeds}.")
        if (self.minutes is None) == (self.epochs is None):
            raise VaeError("Give a number of epochs or of minutes, not both.")
        TrainConfig(epochs=self.epochs, minutes=self.minutes)  # says which there can be
        for arm in self.arms:  # likewise
            ModelConfig(_ANY_SIZE, 1, self.latent_dim, objective=arm)

    def command(self, name: str) -> str:
        """What makes the same study of a project or folder in a terminal."""
        length = f"--epochs {self.epochs}" if self.epochs is not None else f"--minutes {self.minutes:g}"
        more = "" if self.arms == OBJECTIVE_NAMES else f" --arms {','.join(self.arms)}"
        more += "" if self.latent_dim == 2 else f" --latent-dim {self.latent_dim}"
        return f"vae study {name} --seeds {self.seeds} {length}{more}"

    def to_json(self) -> dict[str, Any]:
        """By name, with how it is measured, which must not change within a study either."""
        return {**asdict(self), "arms": list(self.arms), "measuring": dict(SETTINGS)}


def arms_of(names: str | None) -> tuple[ObjectiveName, ...]:
    """Objectives by their names with commas in between, all for None; raises :class:`VaeError` for others."""
    if names is None:
        return OBJECTIVE_NAMES
    wanted = {name.strip() for name in names.split(",")} - {""}
    if unknown := sorted(wanted - set(OBJECTIVES)):
        raise VaeError(
            f"There is no objective called {unknown[0]!r}.",
            advice=f"The objectives are: {', '.join(OBJECTIVES)}.",
        )
    if not wanted:
        raise VaeError("A study needs an objective at least.")
    return tuple(name for name in OBJECTIVE_NAMES if name in wanted)


def digest_of(pictures: PixelStore) -> str:
    """Stands for which pictures there are and which of them are held out."""
    shape = ",".join(map(str, pictures.shape)).encode()
    return hashlib.sha256(shape + pictures.ids.tobytes() + pictures.held_out.tobytes()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """What is done, decided once and for all cells alike.

    Attributes:
        wish: what was asked for.
        epochs: of each training.
        steps: of each training.
        batch_size: pictures a step.
        precision, xla: how it is computed, see :class:`training.compute.Compute`.
        cell_seconds: how long training and measuring one takes, as estimated.
        learnt, held_out: how many pictures.
        created: when, with time zone.
        command: what was typed.
        machine: what it was made on.
        versions: of the programs that made it.
    """

    wish: Wish
    epochs: int
    steps: int
    batch_size: int
    precision: Precision
    xla: bool
    cell_seconds: float
    learnt: int
    held_out: int
    created: str
    command: str
    machine: str
    versions: Mapping[str, str]

    @property
    def seconds(self) -> float:
        """How long all takes, as estimated."""
        return self.cell_seconds * len(self.wish.arms) * self.wish.seeds

    def settings(self, seed: int) -> TrainConfig:
        """Of the trainings with a seed, the same for all arms."""
        return TrainConfig(
            epochs=self.epochs,
            seed=seed,
            batch_size=self.batch_size,
            precision=self.precision,
            xla=self.xla,
        )

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return {**asdict(self), "format": _FORMAT, "wish": self.wish.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`; raises KeyError or TypeError for anything else."""
        values = {name: value for name, value in data.items() if name != "format"}
        wish = {name: value for name, value in values.pop("wish").items() if name != "measuring"}
        return cls(Wish(**{**wish, "arms": tuple(wish["arms"])}), **values)


@dataclass(frozen=True)
class Cell:
    """One training of a study.

    Attributes:
        path: its folder.
        arm: its objective.
        seed: of weights, order of pictures and noise.
    """

    path: Path
    arm: ObjectiveName
    seed: int

    @property
    def result(self) -> dict[str, Any] | None:
        """What it came to; None until it is done."""
        try:
            found = read_json(self.path / RESULT_FILE)
        except VaeError:
            return None
        return found if isinstance(found, dict) and isinstance(found.get("figures"), list) else None


@dataclass(frozen=True)
class Study:
    """A study's folder and its plan."""

    path: Path
    plan: Plan

    @property
    def cells(self) -> Iterator[Cell]:
        """All trainings in order: every arm once, then again with the next seed."""
        for seed, arm in itertools.product(range(self.plan.wish.seeds), self.plan.wish.arms):
            yield Cell(self.path / f"{arm}-{seed}", arm, seed)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.path.name


def studies_of(project: Project) -> list[Study]:
    """A project's studies that can be read, the newest first."""
    found = []
    for path in sorted((project.path / STUDIES_FOLDER).glob("study-*"), reverse=True):
        try:
            found.append(Study(path, Plan.from_json(read_json(path / PLAN_FILE))))
        except (VaeError, KeyError, TypeError, AttributeError):
            continue
    return found


def study_for(project: Project, wish: Wish) -> Study | None:
    """The newest study with this wish, measured in the way of this version; None where there is none."""
    for study in studies_of(project):
        if read_json(study.path / PLAN_FILE)["wish"] == wish.to_json():
            return study
    return None


def new_folder(project: Project) -> Path:
    """The folder of the next study, empty: study-001, study-002, … One that has no plan yet is used again."""
    for number in itertools.count(1):
        path = project.path / STUDIES_FOLDER / f"study-{number:03d}"
        if not (path / PLAN_FILE).exists():
            break
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise VaeError(f"{path} cannot be made: {error.strerror or error}.") from error
    return path


def begin(path: Path, plan: Plan) -> Study:
    """Keep the plan of a new study in its folder."""
    write_json(path / PLAN_FILE, plan.to_json())
    return Study(path, plan)


def made_now(command: str) -> dict[str, Any]:
    """When and by what a plan is made: the attributes of :class:`Plan` that tell it."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return {"created": now.isoformat(), "command": command, "machine": system, "versions": program_versions()}
