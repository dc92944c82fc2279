"""What runs on the CPU: driver, transports, command line."""
