"""Foreign mail with foreign expectations, compared with what we read."""
