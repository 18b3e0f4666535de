"""Which commands are there? One module for each thing that one does with a ledger."""
