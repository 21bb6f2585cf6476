"""Section 9.2.5: several tasks that share one encoder."""
