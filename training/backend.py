"""TensorFlow and Keras, imported here and nowhere else, without the notes that they write while they load."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from training.places import cache_folder

__all__ = ["keras", "layers", "tf"]

_NOTE = re.compile(rb"[IW]\d{4} \d\d:\d\d:\d\d|WARNING: All log messages before absl::InitializeLog")


@contextmanager
def _without_notes() -> Iterator[None]:
    """Hold back what is written to stderr, and then pass on everything but TensorFlow's notes.

    Its libraries log while they are loaded, before any setting can tell them not to, and to the file
    descriptor itself. Other threads may write there at the same time, and a failing import tells why; what
    an abort of the whole process while they load had said is lost.
    """
    try:
        held_back = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        terminal = os.dup(2)
    except OSError:  # nowhere to write to, or a windowed program, which has no stderr
        yield
        return
    os.dup2(held_back.fileno(), 2)
    keep_notes = True
    try:
        yield
        keep_notes = False
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        with held_back:
            held_back.seek(0)
            for line in held_back:
                if keep_notes or not _NOTE.match(line):
                    os.write(2, line)


# Keras makes a folder for its settings when it is imported, in one's home unless told otherwise.
os.environ.setdefault("KERAS_HOME", str(cache_folder() / "keras"))

with _without_notes():
    import keras
    import tensorflow as tf
    from keras import layers

# It warns of every graph after some; each training and each model has its own few.
tf.get_logger().setLevel("ERROR")
