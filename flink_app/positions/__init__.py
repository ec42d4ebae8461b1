"""Positions order the changes of a key; generations are the part of them that a reload raises.

Modules:
    position: the text by which changes are compared, and what it is made of.
    generations: which generation a record belongs to, by times that never change.
    floors: the floors of single tables, as a setting.
"""
