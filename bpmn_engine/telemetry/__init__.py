"""What operators measure with: metrics, traces, logs, health. The engine runs without them."""
