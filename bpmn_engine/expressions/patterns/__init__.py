"""Regular expressions that match in time linear in the text, whatever the pattern is."""
