"""What does `vledger bench` measure, on a Postgres and a Kafka that this starts and ends?

    python -m tests.benchmarks.everything [options of `vledger bench`]

The Postgres has fsync on, as one that is relied on has. Its data lie in the temporary folder:
TMPDIR names another disk.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services import kafka_cluster, postgres_server


def main() -> int:
    """Run it; the command's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with (
            postgres_server(base / "postgres", {"fsync": "on"}) as postgres,
            kafka_cluster(base / "kafka") as kafka,
        ):
            where = ["--postgres", postgres.url, "--kafka", kafka.bootstrap]
            command = [sys.executable, "-m", "ledger", "bench", *where, *sys.argv[1:]]
            return _run(command)


def _run(command: list[str]) -> int:
    """Run it; stopped from outside, it ends its workers first, and only then the servers end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
