"""Does nothing get lost, doubled or overspent while real parts are killed, stopped and filled up?

`python -m tests.faults` runs workers on three Kafka brokers and a Postgres under load, and hurts
them at random; at the end it counts what is there against what was sent.
"""
