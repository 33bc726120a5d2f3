"""Runs one of the commands an operator has allowed, bounded, on the worker's own machine."""
