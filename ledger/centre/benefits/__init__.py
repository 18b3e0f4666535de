"""Benefits 礼遇: claimed, used, and what has no cover."""
