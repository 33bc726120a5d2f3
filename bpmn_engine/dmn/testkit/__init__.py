"""Test cases in the format of the DMN test kit: read, run and counted."""
