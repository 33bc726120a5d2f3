"""One module for each revision, in order; `pre` or `post` says when it may run."""
