"""What every setting of a model and of its training is called, what it means and what it may be.

The checks of :mod:`training.config`, the options of the command `vae` and the window's form come from here.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from training.language import mark
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES
from training.setting import Setting

Likelihood = Literal["bernoulli", "gaussian", "logistic"]
LIKELIHOODS: tuple[Likelihood, ...] = get_args(Likelihood)
Precision = Literal["auto", "float32", "bfloat16"]
Framing = Literal["crop", "fit", "stretch"]
Background = Literal["white", "black"]
SMALLEST_SIZE, LARGEST_SIZE, SIZE_STEP = 32, 256, 16

MODEL_SETTINGS: Mapping[str, Setting] = {
    "size": Setting(
        mark("picture size"),
        mark("Width and height to which every picture is brought. Larger ones show more and take longer."),
        "whole",
        low=SMALLEST_SIZE,
        high=LARGEST_SIZE,
        multiple=SIZE_STEP,
        unit=mark("pixels"),
        lifelong=True,
    ),
    "channels": Setting(
        mark("number of channels"), mark("1 for grey, 3 for colour."), "whole", choices=(1, 3), lifelong=True
    ),
    "framing": Setting(
        mark("framing"),
        mark(
            "How a picture becomes square: crop takes the square in its middle, fit shows all of it with a"
            " border, stretch distorts it."
        ),
        "choice",
        choices=get_args(Framing),
        words={"crop": mark("the square in the middle"), "fit": mark("whole"), "stretch": mark("stretched")},
        lifelong=True,
    ),
    "background": Setting(
        mark("background"),
        mark("What stands behind the transparent parts of pictures."),
        "choice",
        choices=get_args(Background),
        words={"white": mark("white"), "black": mark("black")},
        lifelong=True,
    ),
    "latent_dim": Setting(
        mark("latent dimension"),
        mark(
            "How many numbers stand for a picture. Two make a plane; with more, pictures are drawn more"
            " exactly, and the plane shows two directions of them."
        ),
        "whole",
        low=1,
        high=128,
        unit=mark("numbers"),
        lifelong=True,
        simple=True,
    ),
    "likelihood": Setting(
        mark("likelihood"),
        mark(
            "How a drawn pixel is compared with the real one: bernoulli suits grey pictures, gaussian colour;"
            " logistic (discretised) counts each level of brightness and forgives single pixels far off."
        ),
        "choice",
        choices=LIKELIHOODS,
        lifelong=True,
    ),
    "objective": Setting(
        mark("objective"),
        mark(
            "What is learnt, from a plain autoencoder to the VAE: each leaves out a part of what makes a VAE,"
            " to see what that part is good for."
        ),
        "choice",
        choices=OBJECTIVE_NAMES,
        words={name: objective.label for name, objective in OBJECTIVES.items()},
        meanings={name: objective.meaning for name, objective in OBJECTIVES.items()},
        lifelong=True,
    ),
    "beta_mean": Setting(
        mark("weight of the KL mean term"),
        mark(
            "How strongly pictures are drawn to the middle of the plane, β of ½μ². With less they spread,"
            " with more they crowd."
        ),
        "number",
        low=0.0,
        high=100.0,
        slider=(0.0, 4.0),
        lifelong=True,
    ),
    "beta_variance": Setting(
        mark("weight of the KL variance term"),
        mark(
            "How strongly distributions are kept from shrinking, β of ½(σ² − ln σ² − 1). With less, pictures"
            " are sharper with gaps between them, with more they are blurred into each other."
        ),
        "number",
        low=0.0,
        high=100.0,
        slider=(0.0, 4.0),
        lifelong=True,
    ),
    "constant_sigma": Setting(
        mark("constant σ"),
        mark("How wide all distributions are with the objective of a constant variance."),
        "number",
        low=1e-4,
        high=1.0,
        unit=mark("latent units"),
        lifelong=True,
    ),
}

TRAIN_SETTINGS: Mapping[str, Setting] = {
    "epochs": Setting(
        mark("number of epochs"),
        mark("How often every picture is gone through."),
        "whole",
        low=1,
        high=1_000_000,
        unit=mark("epochs"),
        optional=True,
        simple=True,
    ),
    "minutes": Setting(
        mark("training time in minutes"),
        mark("How long to train; pauses do not count."),
        "number",
        low=1e-4,
        high=1e6,
        unit=mark("minutes"),
        optional=True,
        simple=True,
    ),
    "stop_when_good": Setting(
        mark("stopping when good enough"),
        mark("End the training as soon as going on would hardly make the pictures better."),
        "switch",
        simple=True,
    ),
    "mirror": Setting(
        mark("mirroring"),
        mark(
            "Learn from mirror images, too: twice the pictures. Good for photos, wrong for letters and"
            " digits."
        ),
        "switch",
        lifelong=True,
        simple=True,
    ),
    "seed": Setting(
        mark("seed"),
        mark(
            "Where chance begins: the same seed and settings, the batch size among them, give the same"
            " training again on the same computer."
        ),
        "whole",
        low=0,
        high=2**31 - 1,
        lifelong=True,
    ),
    "batch_size": Setting(
        mark("batch size"),
        mark("How many pictures are looked at before each small step. Larger batches need more memory."),
        "whole",
        low=1,
        high=1_000_000,
        unit=mark("pictures"),
        optional=True,
    ),
    "learning_rate": Setting(
        mark("learning rate"),
        mark(
            "How large the steps are at most. With too large ones the training jumps about; with too"
            " small ones it crawls."
        ),
        "number",
        low=1e-6,
        high=100.0,
        lifelong=True,
    ),
    "precision": Setting(
        mark("precision"),
        mark(
            "How exactly the network calculates: bfloat16 is faster on newer graphics cards and some"
            " processors, float32 is exact."
        ),
        "choice",
        choices=get_args(Precision),
    ),
    "xla": Setting(
        mark("XLA compilation"),
        mark("Have TensorFlow compile each step as a whole: faster on some devices, slower on others."),
        "switch",
        optional=True,
    ),
    "tensorboard": Setting(
        mark("TensorBoard log"),
        mark("Also write the curves in the form that the program TensorBoard shows."),
        "switch",
    ),
}

PICTURE_SETTINGS = ("size", "channels", "framing", "background")
"""Those of a model that tell what pictures are turned into."""

RUN_SETTINGS: Mapping[str, Setting] = {
    **TRAIN_SETTINGS,
    **{name: setting for name, setting in MODEL_SETTINGS.items() if name not in PICTURE_SETTINGS},
}
"""What is chosen for a run; the others of a model are those of the project's pictures."""

WEIGHING_SETTINGS = ("beta_mean", "beta_variance", "constant_sigma")
"""Those of a model that do not shape its network: what was learnt with others can be gone on with."""


def by_owner(chosen: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of a run, by name, divided into those of its model and those of its training."""
    of_model = {name: value for name, value in chosen.items() if name in MODEL_SETTINGS}
    return of_model, {name: value for name, value in chosen.items() if name not in of_model}
