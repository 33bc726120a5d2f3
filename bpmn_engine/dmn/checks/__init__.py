"""What can go wrong with a decision, found before it is evaluated."""
