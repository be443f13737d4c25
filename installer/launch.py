"""What both frozen programs start; the name by which it was called says which of them is meant."""

import sys
from pathlib import Path

if Path(sys.argv[0]).stem == "vae":
    from training.__main__ import main
else:
    from vae_desktop.__main__ import main

sys.exit(main())
