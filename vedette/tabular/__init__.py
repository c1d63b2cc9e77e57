"""Tables as files: CSV, Parquet and Arrow streams into columns; beside the archive the only room that knows pyarrow."""

from vedette.tabular.packing import Packed, Stream
from vedette.tabular.reading import MEDIA_TYPES, read_table

__all__ = ["MEDIA_TYPES", "Packed", "Stream", "read_table"]
