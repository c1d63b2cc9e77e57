"""State file: a small file that is always replaced as a whole."""

from __future__ import annotations

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Give `path` a new content; a reader, or a start after kill -9, finds the old or the new, never a half.

    Blocks for the disk. After a power cut it may be the old content. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)
