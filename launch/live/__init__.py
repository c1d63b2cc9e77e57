"""Realtime sessions in a terminal."""
