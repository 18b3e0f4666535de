"""Where do events and entries stay? One schema on SQLite and Postgres, through SQLAlchemy."""
