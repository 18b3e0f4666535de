"""Does bad input ever do more than be refused? Random and mutated input for every entrance.

`HYPOTHESIS_PROFILE=long pytest tests/fuzz` tries fifty times as much.
"""
