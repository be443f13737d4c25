"""Reading the event files of TensorBoard, as TensorFlow frames them."""

from pathlib import Path

from training.backend import tf


def events_in(folder: Path):
    """The events of the one file in a folder, in their order."""
    (path,) = folder.iterdir()
    return [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]


def scalars_in(folder: Path, tag: str) -> list[tuple[int, float]]:
    """(step, value) of each event with this tag."""
    return [
        (event.step, value.simple_value)
        for event in events_in(folder)
        for value in event.summary.value
        if value.tag == tag
    ]
