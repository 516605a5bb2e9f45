"""Blink, breath and head sway: what keeps a photo alive."""
