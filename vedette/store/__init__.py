"""The store: PostgreSQL, behind one module per table group."""

from vedette.store.pool import Store, open_store

__all__ = ["Store", "open_store"]
