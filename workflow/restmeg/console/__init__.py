"""What a run shows: lines or a live view of what it does, and in the end what came out."""
