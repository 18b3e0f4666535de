"""How do events get from Kafka to the ledger, and entries back out? No rule lives here."""
