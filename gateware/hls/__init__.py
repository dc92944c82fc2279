"""Python functions over integers, compiled to exact pipelines."""
