"""From the bytes of a DMN file to the model; the only part that knows XML."""
