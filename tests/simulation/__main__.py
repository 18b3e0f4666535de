"""`python -m tests.simulation --seeds 1000`: many seeds and a summary; `--seed N`: one, traced."""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.run import Outcome, simulate, simulate_all


def main() -> int:
    args = _arguments()
    if args.seed is not None:
        outcome = simulate(args.seed, trace=True, replay=True)
        _tell(outcome)
        print("wrong" if outcome.wrong else "all is well", dict(outcome.counts))
        return 1 if outcome.wrong else 0
    began = time.monotonic()
    totals: Counter[str] = Counter()
    failed = []
    seeds = range(args.first, args.first + args.seeds)
    for outcome in simulate_all(seeds, args.jobs, True if args.replay else None):
        totals.update(outcome.counts)
        if outcome.wrong:
            failed.append(outcome.seed)
            _tell(outcome)
    took = time.monotonic() - began
    print(f"{args.seeds} seeds from {args.first} in {took:.0f} s ({args.seeds / took:.1f}/s)")
    print(", ".join(f"{number} {name}" for name, number in totals.items()))
    if failed:
        print(f"{len(failed)} failed: {sorted(failed)[:20]}; `--seed N` shows one")
    return 1 if failed else 0


def _tell(outcome: Outcome) -> None:
    for line in outcome.wrong[:10]:
        print(f"seed {outcome.seed}: {line}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--replay", action="store_true", help="replay the log of every seed")
    parser.add_argument("--seed", type=int, help="only this one, with a trace")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
