"""Every byte that crosses a boundary, as tables and NumPy dtypes."""
