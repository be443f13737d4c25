"""Looks at the weights while they are trained: for who watches, and for the timeline."""

import logging
import time
from collections.abc import Callable

from training.checkpoint import Counters, copied
from training.errors import DiskFullError, VaeError
from training.events import Snapshot
from training.latent import posteriors_of
from training.learner import Learner
from training.pixel_store import PixelStore, evenly
from training.timeline import Frame, Timeline

SNAPSHOT_SECONDS = 1.0
WATCHED_SHARE = 0.05  # of the training time may go into snapshots that somebody watches
UNWATCHED_SHARE = 0.02
UNWATCHED_AFTER = 2.0  # seconds of training; shorter ones leave nothing to replay
TIMELINE_PICTURES = 1000
ENCODE_BATCH = 64

_log = logging.getLogger(__name__)


class Snapshots:
    """Takes snapshots now and then, in a bounded share of the time.

    Args:
        learner: whose averaged weights.
        pictures: of the project; a fixed sample of them is encoded.
        timeline: keeps some of the snapshots. That it cannot is logged, and costs no more than those.
        watched: how many pictures somebody wants to see in snapshots; 0 where nobody watches.
        show: told of every snapshot that is watched.
    """

    def __init__(
        self,
        learner: Learner,
        pictures: PixelStore,
        timeline: Timeline,
        watched: int,
        show: Callable[[Snapshot], None],
    ) -> None:
        self._learner = learner
        self._pictures = pictures
        self._timeline: Timeline | None = timeline
        self._is_watched = watched > 0
        self._show = show
        self._sample = evenly(len(pictures), watched or TIMELINE_PICTURES)
        self._next: float | None = None
        self._has_graph = False

    def take_if_due(self, at: Counters) -> None:
        """Take one, unless the last one is too recent for what it cost."""
        start = time.monotonic()
        if self._next is None:
            self._next = start + (0.0 if self._is_watched else UNWATCHED_AFTER)
        if start < self._next:
            return
        self._next = start + SNAPSHOT_SECONDS
        for_timeline = self._timeline is not None and self._timeline.is_due(at.step)
        if not (self._is_watched or for_timeline):
            return
        self._take(at, for_timeline=for_timeline)
        if self._has_graph:  # which the first one took its time to build
            share = WATCHED_SHARE if self._is_watched else UNWATCHED_SHARE
            self._next = start + max(SNAPSHOT_SECONDS, (time.monotonic() - start) / share)
        self._has_graph = True

    def take_last(self, at: Counters) -> None:
        """Keep for the timeline, if it was begun, how the training ended."""
        if self._timeline is not None and self._timeline.begins_before(at.step):
            self._take(at, for_timeline=True)

    def forget_after(self, step: int) -> None:
        """What was kept of later steps is void: they will be taken again."""
        if self._timeline is not None:
            self._timeline.forget_after(step)

    def _take(self, at: Counters, *, for_timeline: bool) -> None:
        sample = self._sample
        parts = (sample[start : start + ENCODE_BATCH] for start in range(0, len(sample), ENCODE_BATCH))
        pixels = (self._pictures.read(part) for part in parts)
        found = posteriors_of(pixels, self._learner.posterior, self._learner.vae.config.latent_dim)
        weights = copied(self._learner.average.named_weights())
        if self._is_watched:
            self._show(Snapshot(at.step, weights, sample, found))
        if self._timeline is not None and for_timeline:
            ids = self._pictures.ids[sample]
            try:
                self._timeline.add(Frame(at.step, at.seconds, ids, found), weights)
            except DiskFullError:  # the checkpoint tells; the next one finds space again
                _log.info("This moment is not kept for replaying: the disk is full")
            except VaeError as error:
                _log.warning("nothing more is kept for replaying this training: %s", error.what)
                self._timeline = None
