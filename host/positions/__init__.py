"""What the accounts hold, and what it has earned: folded from executions, reconciled with what others say."""
