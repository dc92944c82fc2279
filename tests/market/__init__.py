"""Market flow: files, frames, schedules, faults, synthetic sessions."""
