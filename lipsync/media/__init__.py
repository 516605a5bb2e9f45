"""Frames and sound in, segments, files and captions out."""
