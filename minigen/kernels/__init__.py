"""The few places where speed needs more than a formula: raw arrays in, raw arrays out, each equal to a plain twin in
tests/."""
