"""Fuzzing of every decoder; `python -m tests.fuzz` says how."""
