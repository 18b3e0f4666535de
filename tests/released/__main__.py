"""`python -m tests.released [FOLDER]`: write down a small ledger as this version leaves it."""

import sys
from importlib.metadata import version
from pathlib import Path

from tests.released.small import leave

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    home = folder / version("volunteer-ledger")
    home.mkdir(parents=True)
    leave(home)
    print(f"wrote {home}")
