"""Bodies across the border (Z6): each type is rebuilt from what it means."""
