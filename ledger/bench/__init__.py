"""How fast is the ledger here, how far from what bare tools can do, and are its goals reached?

One file a question; `run.py` asks those that can be asked of what is there.
"""
