"""A model from training to an alert: who visits a doctor within a year. See README.md in this folder."""
