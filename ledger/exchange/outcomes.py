"""What can become of a row that comes in, and how can two sides differ?"""

from typing import Literal

Outcome = Literal["new", "changed", "unchanged", "wrong"]

Where = Literal["only here", "only there", "different"]
