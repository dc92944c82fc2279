"""What the process shows of itself while it trades: metrics, latencies, a log of events."""
