"""Threads, queues and sync: what the screen and the command line call."""
