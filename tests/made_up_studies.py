"""Made-up figures of studies, with known answers."""

from training.estimate import Estimate
from training.objectives import OBJECTIVE_NAMES
from training.study_figures import Findings
from training.study_plan import Plan, Wish


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
