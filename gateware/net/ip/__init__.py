"""The board as a station of its own on the network: answers to those who ask for it."""
