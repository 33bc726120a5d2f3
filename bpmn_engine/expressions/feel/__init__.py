"""FEEL: text, tokens, tree, closures, value (DMN 1.5, chapter 10)."""
