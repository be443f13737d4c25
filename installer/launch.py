"""What both frozen programs start; the name by which it was called says which of them is meant."""

import os
import sys
from pathlib import Path

# PyInstaller points these at our libraries; Qt finds its plug-ins without. A file manager that the program
# opens must not load them in the place of its own.
for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
    os.environ.pop(name, None)
if sys.platform.startswith("linux"):
    os.environ.pop("LD_LIBRARY_PATH", None)
    if "LD_LIBRARY_PATH_ORIG" in os.environ:
        os.environ["LD_LIBRARY_PATH"] = os.environ.pop("LD_LIBRARY_PATH_ORIG")

if Path(sys.argv[0]).stem.lower() == "vae":  # Windows finds VAE, too
    from training.__main__ import main
else:
    from vae_desktop.__main__ import main

sys.exit(main())
