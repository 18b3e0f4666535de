"""The practice centre 新时代文明实践中心: what it does beside keeping hours and points.

Pure folds: all events of one subject (an order, a volunteer's memberships, a project) in, the rows
that follow out. `ledger.store.dossiers` runs them.
"""
