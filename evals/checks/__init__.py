"""What judges an answer: pure functions from a completion and options to a verdict."""
