"""`python -m tests.faults --minutes 10` or `--kills 2000`: faults at random, and a summary.

After Ctrl-C no more faults follow, and what was done is judged; after another one it ends at once.

Exit codes: 0 all is well, 1 not all is well, 3 a service is not installed.
"""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path
from threading import Event

from tests.faults.run import run
from tests.faults.site import Site
from tests.services import MISSING, ServiceMissing


def main() -> int:
    args = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says a lot about dead brokers

    interrupted = Event()

    def go_on(seconds: float, kills: int) -> bool:
        enough = kills >= args.kills if args.kills is not None else seconds >= args.minutes * 60
        return not (enough or interrupted.is_set())

    def interrupt(*_: object) -> None:
        print("no more faults; to be judged", flush=True)
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, interrupt)
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="vledger-faults-") as folder,
        Site(Path(folder), args.workers, args.roomier, args.patience) as site,
    ):
        summary = asyncio.run(
            run(site, args.seed, go_on, lambda text: print(text, flush=True), args.each_once)
        )
    print("\n".join(summary.lines()))
    return 0 if summary.verdict.is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--minutes", type=float, default=10)
    how_long.add_argument("--kills", type=int, help="until so many kill -9 instead")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of faults and the load")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--roomier", type=int, default=1, help="disks so many times as large")
    parser.add_argument("--patience", type=float, default=600, help="seconds to recover in")
    parser.add_argument("--each-once", action="store_true", help="each fault once, in one order")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServiceMissing as missing:
        print(missing, file=sys.stderr)
        sys.exit(MISSING)
