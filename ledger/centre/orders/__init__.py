"""Residents' orders: the five-order loop 五单."""
