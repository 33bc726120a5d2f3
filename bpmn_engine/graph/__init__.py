"""Stage 3, the compiled process: integer-indexed, immutable, every look-up precomputed."""
