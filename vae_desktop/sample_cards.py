"""The samples as the first page offers them."""

import logging

from PySide6.QtGui import QPixmap

from training.errors import VaeError
from training.language import tr
from training.samples import Sample, samples
from vae_desktop.mosaic import sample_mosaic
from vae_desktop.welcome import SampleCard

_log = logging.getLogger(__name__)


def sample_cards() -> list[SampleCard]:
    """All of them; one whose pictures cannot be read goes without a preview."""
    return [SampleCard(each.name, tr(each.title), tr(each.description), _preview(each)) for each in samples()]


def _preview(sample: Sample) -> QPixmap | None:
    try:
        return sample_mosaic(sample)
    except (OSError, ValueError, VaeError):
        _log.exception("The preview of the sample %s cannot be shown", sample.name)
        return None
