"""Test cases in the format of the DMN test kit: what they say, run and counted."""
