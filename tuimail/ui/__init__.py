"""The screen; the only package that imports Textual."""

import os

# Textual draws on a grid of 60 frames a second, so a key that comes just after a frame
# waits 17 ms for the next. The painter sends none before the terminal has taken the last.
os.environ.setdefault("TEXTUAL_FPS", "250")
