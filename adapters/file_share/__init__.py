"""Reads and writes files on a share; a written file is never overwritten unless asked."""
