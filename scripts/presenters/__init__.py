"""The two sample presenters, drawn from numbers: the face points are the drawing's own."""
