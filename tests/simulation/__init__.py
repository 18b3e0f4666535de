"""Does the ledger hold in a world where everything goes wrong, and which number shows it again?

One thread, a virtual clock, a Kafka and a disk that are a few lists, and the real core, store,
claims, ingest lane and relay. `python -m tests.simulation` says how to run it.
"""
