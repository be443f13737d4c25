"""The six steps of the lesson: what is told, what is to be done, and which short trainings they need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.language import mark, number
from training.places import projects_folder
from training.project import Project
from training.run import Run
from training.runs import fits, list_runs
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_scene import PlaneMode

SAMPLE = "fashion"
LENGTH: Mapping[str, Any] = {"epochs": 16}
"""Of each training. Not by the clock, so that a slow computer shows the same; half a minute on two cores."""

_ENOUGH = 0.8  # of its length is behind a training that can be shown


def lesson_project() -> Path:
    """The lesson's own project, so that nothing of the person's is touched."""
    return projects_folder() / "lesson"


@dataclass(frozen=True)
class LessonRun:
    """A short training.

    Attributes:
        name: what the training is called.
        settings: those of the model that are not the usual ones.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """Its weight of the KL, for a button."""
        return f"β = {number(self.settings.get('beta_mean', 1.0), 'g')}"

    def is_of(self, run: Run) -> bool:
        """Whether a training is this one, whatever it is called by now."""
        usual = {"objective": "vae", "beta_mean": 1.0, "beta_variance": 1.0, "latent_dim": 2}
        return all(getattr(run.model, name) == value for name, value in (usual | {**self.settings}).items())

    def found_in(self, project: Project) -> Run | None:
        """The newest training of the project that is this one, finished or not."""
        runs = (each.run for each in list_runs(project) if each.run is not None)
        return next(
            (run for run in runs if run.has_weights() and fits(run, project) and self.is_of(run)), None
        )


AUTOENCODER = LessonRun(mark("Lesson: autoencoder"), {"objective": "autoencoder"})
VAE = LessonRun(mark("Lesson: VAE"))
MEAN_TERM = LessonRun(mark("Lesson: mean term"), {"objective": "mean-term"})
VARIANCE_TERM = LessonRun(mark("Lesson: variance term"), {"objective": "variance-term"})
WEAK = LessonRun(mark("Lesson: VAE, weak KL"), {"beta_mean": 0.1, "beta_variance": 0.1})
STRONG = LessonRun(mark("Lesson: VAE, strong KL"), {"beta_mean": 8.0, "beta_variance": 8.0})


@dataclass(frozen=True)
class LessonStep:
    """One of them.

    Attributes:
        title: what it is about.
        words: two or three sentences.
        task: what is to be done.
        praise: what was to be seen, once that is done.
        runs: the trainings it needs; the first is shown at the beginning.
        mode, ellipses: how the plane looks then.
        shows_all: whether all pictures are in sight then; else the middle is.
    """

    title: str
    words: str
    task: str
    praise: str
    runs: tuple[LessonRun, ...]
    mode: PlaneMode = PlaneMode.PICTURES
    ellipses: EllipsesOf = EllipsesOf.POINTED_AT
    shows_all: bool = True


COMPRESS, ANYWHERE, DISTRIBUTIONS, MEAN, VARIANCE, TRADE_OFF = range(6)
STEPS = (
    LessonStep(
        mark("Compress"),
        mark(
            "An autoencoder has learnt to write each picture as two numbers, and to draw it again from these"
            " alone. Each dot is a picture at its two numbers; the map behind shows what is drawn from other"
            " pairs."
        ),
        mark("Click a dot, and compare it with the picture that is drawn from its numbers."),
        mark("Two numbers instead of 1,024 pixels: much is kept, the details are lost."),
        (AUTOENCODER,),
    ),
    LessonStep(
        mark("Decode anywhere? It fails"),
        mark(
            "The decoder was taught at the dots only. Nothing says what it draws between or beyond them, nor"
            " where dots are to be found."
        ),
        mark("Drag the handle to a place with no dot near."),
        mark("What is drawn there is a guess: an autoencoder is no model to draw new pictures from."),
        (AUTOENCODER,),
    ),
    LessonStep(
        mark("Distributions"),
        mark(
            "A VAE encodes a picture as a normal distribution: around μ, give or take σ. In training a random"
            " draw from it is decoded, so all of the ellipse must become nearly that picture."
        ),
        mark("Point at a dot and press S three times: each draws from its distribution."),
        mark(
            "Each draw is another place, and decodes to nearly the same: that is what makes the space smooth."
        ),
        (VAE,),
    ),
    LessonStep(
        mark("The mean term"),
        mark(
            "Of the KL divergence only ½μ² counts here: it draws all pictures to the middle, so place and"
            " scale are known. But nothing keeps σ from shrinking."
        ),
        mark("Show the ellipses of all pictures: Plane ▸ Ellipses ▸ Of all in sight."),
        mark("They have shrunk to almost nothing: in place, but with untaught gaps, nearly an autoencoder."),
        (MEAN_TERM,),
        mode=PlaneMode.POINTS,
    ),
    LessonStep(
        mark("The variance term"),
        mark(
            "Now only ½(σ² − ln σ² − 1) counts: no σ shrinks, each picture takes up ground, and neighbours"
            " blend. But nothing draws them to the middle, and they push each other away."
        ),
        mark("Bring all pictures into sight: press F on the plane, or Ctrl+9."),
        mark("Smooth, but spread beyond the rings: draws from the prior never reach much of it."),
        (VARIANCE_TERM,),
        mode=PlaneMode.POINTS,
        ellipses=EllipsesOf.ALL,
        shows_all=False,
    ),
    LessonStep(
        mark("The trade-off β"),
        mark(
            "A VAE has both terms, and β weights them against the reconstruction. With little weight"
            " pictures are sharper and the ellipses small, with much they are blurred into each other and"
            " fill the prior."
        ),
        mark("Show the other two weights with the buttons on the right, and compare."),
        mark("That is the trade-off: exact pictures on one side, a space to draw from on the other."),
        (VAE, WEAK, STRONG),
        ellipses=EllipsesOf.ALL,
    ),
)


def is_enough(run: Run) -> bool:
    """Whether a training came near its length; one that was stopped early may not have."""
    last = run.last_epoch()
    if last is None:
        return False
    return run.training.epochs is None or last.epoch >= _ENOUGH * run.training.epochs
