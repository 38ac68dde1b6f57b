"""What people look at: one view of a comparison, rendered as a page or in a terminal."""
