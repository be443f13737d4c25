"""The trainings of a project: beginning one, going on with one."""

from training.config import Likelihood, ModelConfig, TrainConfig, automatic_likelihood
from training.errors import VaeError
from training.project import Project
from training.run import Run, latest_run


def start_run(
    project: Project,
    training: TrainConfig,
    *,
    latent_dim: int = 2,
    likelihood: Likelihood | None = None,
) -> Run:
    """Make a new run for the project's pictures."""
    image_format = project.image_format
    if image_format is None:
        raise VaeError("This project has no pictures yet.", advice="Import a folder first.")
    likelihood = likelihood or automatic_likelihood(image_format.channels)
    model = ModelConfig(image_format.size, image_format.channels, latent_dim, likelihood)
    return Run.create(project.runs_folder, model, training)


def resume_run(project: Project) -> Run:
    """The project's newest run, to go on with.

    Raises:
        VaeError: when there is none, or the pictures were imported at another size since.
    """
    run = latest_run(project.runs_folder)
    if run is None:
        raise VaeError("There is no training to resume.", advice="Start a new one.")
    if not fits(run, project):
        raise VaeError(
            "The pictures were imported at another size since this training.",
            kept="The training is kept.",
            advice="Start a new training.",
        )
    return run


def fits(run: Run, project: Project) -> bool:
    """Whether the project's pictures are as large and as colourful as the run's."""
    image_format = project.image_format
    return image_format is not None and image_format.shape == run.model.shape
