"""Stage 6, the use cases: load, step, save, for one instance or hundreds in one transaction."""
