"""Path coverage: which elements and sequence flows the cases passed, drawn on the diagram."""
