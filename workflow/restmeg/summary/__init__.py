"""The study on one page: scores, figures with captions and numbers, and what was set."""
