"""The exchange's other participants: random crowds, and recorded markets."""
