"""The archive: every raw event in Parquet, on object storage or in a folder."""
