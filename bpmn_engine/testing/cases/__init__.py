"""Process tests that process owners write: cases in YAML, read, checked and run."""
