"""Pure: what follows from events under a policy? No I/O, no clock, no randomness."""
