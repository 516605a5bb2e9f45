"""Engines: a face and a mouth track in, frames out, behind one small contract."""
