"""Runs the command line: `python -m ledger` is `vledger`."""

from ledger.cli import main

if __name__ == "__main__":
    main()
