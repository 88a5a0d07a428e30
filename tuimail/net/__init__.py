"""Blocking protocol sessions, one per thread; knows neither store nor threads."""
