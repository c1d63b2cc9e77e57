"""Configuration as code: what files declare, beside what an account has, and the changes between."""
