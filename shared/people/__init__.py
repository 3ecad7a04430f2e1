"""People in the loop: what is asked of them, and what they decide."""
