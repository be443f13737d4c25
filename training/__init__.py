"""The variational autoencoder, usable without a window. This package never imports Qt.

Importing it is light: TensorFlow comes in with :mod:`training.backend` and what stands on it, never with
this file.
"""

import os

__version__ = "0.1.0"

# Before TensorFlow is imported, and in this one place. oneDNN doubles the speed of convolutions on CPUs
# without AVX-512, where TensorFlow leaves it off; the log level hides start-up chatter, not errors.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
