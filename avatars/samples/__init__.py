"""The sample presenters: a drawing (`{id}.svg`, 1024x1024) and its face points (`{id}.points.json`).

Both are written by `scripts/draw_presenters.py` from the same numbers; change them there.
"""
