"""Reading Persian aloud: what each kind of number, sign and foreign word is called.

Cleaned text in, words out. `rules` finds what needs a reading, the rooms beside it know how each
kind is read; `lipsync.text.reading` puts the result in its place. Standard library only.
"""
