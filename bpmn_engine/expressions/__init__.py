"""Expressions: compiled once, evaluated pure and bounded; a failure is a value with a position.

`language` compiles FEEL and JUEL, `timers` reads the texts of timer events and retry cycles.
"""
