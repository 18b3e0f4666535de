"""How do events become part of the ledger, once, and what follows from them later?"""
