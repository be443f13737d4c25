"""The window. TensorFlow is imported only by :mod:`vae_desktop.engine`, off the GUI thread."""
