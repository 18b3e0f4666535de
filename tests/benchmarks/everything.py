"""Everything that `vledger bench` measures, on a Postgres and a Kafka that this starts and ends.

    python -m tests.benchmarks.everything [any option of `vledger bench` but --postgres and --kafka]

The Postgres has fsync on, as one that is relied on has; its other settings are its own.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services import kafka_cluster, postgres_server

FOLDER = "VLEDGER_BENCH_DIR"
"""Names a folder on the disk that is to be measured, instead of the temporary one."""


def main() -> int:
    """Run it; the command's exit code."""
    with tempfile.TemporaryDirectory(dir=os.environ.get(FOLDER)) as folder:
        base = Path(folder)
        with (
            postgres_server(base / "postgres", {"fsync": "on"}) as postgres,
            kafka_cluster(base / "kafka") as kafka,
        ):
            where = ["--postgres", postgres.url, "--kafka", kafka.bootstrap]
            command = [sys.executable, "-m", "ledger", "bench", *where, *sys.argv[1:]]
            return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
