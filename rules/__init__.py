"""Trading rules as plain Python functions over wire records."""
