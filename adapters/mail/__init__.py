"""Sends mail through an SMTP server."""
