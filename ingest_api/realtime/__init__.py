"""Realtime: sessions in which hosts show themselves second by second, to any number of viewers."""
