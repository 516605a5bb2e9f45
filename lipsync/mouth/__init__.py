"""Phonemes in, one row of mouth controls per frame out."""
