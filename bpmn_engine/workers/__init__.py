"""Workers: whoever does the jobs, fires the timers and finishes what a dead process left."""
