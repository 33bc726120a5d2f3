"""Decisions: DMN files read, checked, compiled to closures over FEEL, and evaluated (DMN 1.5)."""
