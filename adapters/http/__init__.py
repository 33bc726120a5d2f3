"""Calls a web service over HTTP."""
