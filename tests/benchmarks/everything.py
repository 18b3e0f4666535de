"""What does `vledger bench` measure, on a Postgres and a Kafka that this starts and ends?

    python -m tests.benchmarks.everything [options of `vledger bench`]

The Postgres has fsync on and the settings of deploy/postgres.conf, as one that is relied on has;
with `--as-it-comes` only fsync. Its data lie in the temporary folder: TMPDIR
names another disk.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services import kafka_cluster, postgres_server

AS_IT_COMES = "--as-it-comes"
SETTINGS = Path(__file__).parents[2] / "deploy" / "postgres.conf"


def main() -> int:
    """Run it; the command's exit code."""
    options = sys.argv[1:]
    config = SETTINGS if AS_IT_COMES not in options else None
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with (
            postgres_server(base / "postgres", {"fsync": "on"}, config) as postgres,
            kafka_cluster(base / "kafka") as kafka,
        ):
            where = ["--postgres", postgres.url, "--kafka", kafka.bootstrap]
            what = [one for one in options if one != AS_IT_COMES]
            return _run([sys.executable, "-m", "ledger", "bench", *where, *what])


def _run(command: list[str]) -> int:
    """Run it; stopped from outside, it ends its workers first, and only then the servers end."""
    # In the background a shell has it ignore SIGINT, and whatever it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
