"""Scheduled reports: what they say, computed from tables; as HTML with pictures, as text, and when they are sent."""
