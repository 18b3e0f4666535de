"""How does an area stand? Counts and sums over many volunteers."""
