"""A run's history in the form that the program TensorBoard shows: RUN/tensorboard.

The log is made anew from the history whenever a training begins or goes on, so that epochs that a crash made
void are not in it, and so that it may be asked for late. Its records are those of TensorFlow's event files,
with training time in the place of the time of day. They are read by the package tensorboard, which writing
them does not take.
"""

import contextlib
import logging
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from training.backend import tf
from training.events import EpochRecord
from training.run import Run

TENSORBOARD_FOLDER = "tensorboard"
TRAIN, HELD_OUT = "train", "held-out"  # a folder each: TensorBoard then draws them into one chart

_log = logging.getLogger(__name__)


class TensorBoardLog:
    """Writes a run's log, where its settings ask for one.

    One that cannot be written is given up with a warning: it is no reason to end a training.
    """

    def __init__(self, run: Run) -> None:
        self._is_wanted = run.training.tensorboard
        self._folder = run.path / TENSORBOARD_FOLDER
        self._began = run.created.timestamp() if run.created else time.time()
        self._writers: dict[str, Any] = {}

    def begin(self, history: Iterable[EpochRecord]) -> None:
        """Write the log anew, with these epochs."""
        if not self._is_wanted:
            return
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        with self._giving_up():
            for curve in (TRAIN, HELD_OUT):
                self._writers[curve] = self._open(self._folder / curve)
        self.add(*history)

    def add(self, *records: EpochRecord) -> None:
        """Append epochs, and let whoever reads the log see them."""
        with self._giving_up():
            for record in records:
                for curve, scalars in _scalars(record).items():
                    if curve in self._writers:
                        self._writers[curve].write(self._event(record, scalars).SerializeToString())
            for writer in self._writers.values():
                writer.flush()

    def close(self) -> None:
        """End the log."""
        with self._giving_up():
            for writer in self._writers.values():
                writer.close()
        self._writers = {}

    def _open(self, folder: Path) -> Any:
        folder.mkdir(parents=True)
        # A name of its own each time: a TensorBoard that is running then notices that the file is another.
        writer = tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{time.time_ns()}"))
        event = tf.compat.v1.Event(wall_time=self._began, file_version="brain.Event:2")
        writer.write(event.SerializeToString())
        return writer

    def _event(self, record: EpochRecord, scalars: Mapping[str, float]) -> Any:
        values = [tf.compat.v1.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        return tf.compat.v1.Event(
            wall_time=self._began + record.seconds,
            step=record.step,
            summary=tf.compat.v1.Summary(value=values),
        )

    @contextlib.contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except (OSError, tf.errors.OpError):
            _log.warning("The TensorBoard log cannot be written.", exc_info=True)
            self._writers = {}


def _scalars(record: EpochRecord) -> dict[str, dict[str, float]]:
    """The figures of an epoch by curve and tag."""
    pace = {"learning_rate": record.learning_rate, "images_per_second": record.images_per_second}
    train = record.train.as_json() | {name: value for name, value in pace.items() if value is not None}
    return {TRAIN: train} | ({HELD_OUT: record.held_out.as_json()} if record.held_out else {})
