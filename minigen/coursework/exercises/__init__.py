"""The exercises, one file each: the text, the exercise with its solution, the tests, and typical wrong answers."""
