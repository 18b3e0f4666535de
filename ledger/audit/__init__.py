"""Was anything changed afterwards, by whomever? Seals over batches, signed checkpoints, proofs.

canonical: rows as texts · tree: Merkle trees · sealing: seals · checkpoints: signed roots ·
checking: the ledger against both · proofs, proving: what a volunteer can check without the ledger.
"""
