"""How is the ledger asked by HTTP?"""
